// Package ipfrag takes IPv4 datagrams apart into fragments and puts them
// together again, as net/ipv4/ip_output.c, ip_fragment.c and inet_fragment.c
// of Linux 6.1 do. A Reassembler serves one namespace; Fragment keeps no
// state. Start reading at Reassembler.Add.
//
// Not modelled: the fast path of ip_do_fragment, which sends a reassembled
// datagram on in the very pieces it came in when these fit (here it is cut
// anew, no larger than its largest piece was: the same for all senders that
// cut evenly); VRF (the key's vif is always 0); ipfrag_low_thresh, which Linux
// keeps but does not read.
package ipfrag
