// Package tcpdump writes packets the way tcpdump 4.99.3 prints them with -nn
// and -t: the line that students see in every article and on every node.
//
// [AppendLine] prints one packet by itself. A [Printer] remembers the TCP
// connections it has seen and prints relative sequence numbers from then on, as
// tcpdump does. There is no time stamp, no packet number and no newline at the
// end: those belong to the caller.
//
// Decoded are Ethernet with VLAN tags, raw IP, the Linux cooked header v2, ARP,
// IPv4 with IPIP nesting, ICMP, UDP with VXLAN, and TCP with the first line of
// HTTP. Where tcpdump would decode something that this package does not, the
// text says "[not modelled: NAME]" instead of pretending.
//
// Like tcpdump, a printer that meets the end of the captured bytes stops there
// and marks the layer: " [|icmp]". See line for how that works without
// exceptions.
package tcpdump
