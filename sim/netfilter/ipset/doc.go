// Package ipset models the IP sets of one network namespace: hash:ip,
// hash:net, hash:ip,port, hash:net,port, hash:ip,port,ip and list:set, IPv4
// only, as net/netfilter/ipset does, and the ipset command (7.17) with its
// texts.
//
// Start reading at Sets for the data, at Match for what a rule asks, and at
// Parse for the command.
//
// Not modelled, refused with an error: other set types, family inet6, timeout,
// counters, skbinfo, netmask, forceadd. The sizes in memory and the initval
// that `ipset list` prints are made up from the set's contents and name, since
// the kernel's are volatile.
package ipset
