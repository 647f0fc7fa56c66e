// Package netprogs holds the commands of the lab's shell that send and receive
// packets: ping, tcpdump and their kin. Each prints what the real one prints:
// iputils 20221126, tcpdump 4.99.3 with libpcap 1.10.3.
//
//	tools.go    the list
//	ping.go     ping; trace.go traceroute and tracepath; ncat.go: by sim/sock
//	nc.go       nc, which is OpenBSD's as in Debian and nicolaka/netshoot
//	socat.go    socat; socataddr.go its addresses, socatchan.go open ones
//	feed.go     standard input for an event loop
//	tcpdump.go  tcpdump: its options, and the order in which it does things
//	live.go     live captures: the packet socket's ring of libpcap
//	devices.go  what libpcap lists and opens
//	cooked.go   the Linux cooked header of -i any
//	print.go    lines: time stamps, hex dumps
//	savefile.go files: -r and -w
//	getopt.go   getopt_long(3)
package netprogs
