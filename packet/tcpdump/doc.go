// Package tcpdump writes packets the way tcpdump 4.99.3 prints them: the lines
// that students see in every article and on every node.
//
//	p := tcpdump.New(tcpdump.Options{LinkType: pcap.LinkEthernet, Times: 1})
//	line = p.Append(line[:0], packet)
//
// A [Printer] remembers the TCP connections it has seen and prints relative
// sequence numbers from then on, and the times of packets, as tcpdump does.
// [AppendLine] prints one packet by itself.
//
// Where to read on:
//
//	tcpdump.go           options, printer; time.go, dump.go what stands around a text
//	line.go, text.go     the text in the making
//	names.go             addresses and numbers, with names or without
//	link.go              Ethernet, raw IP, loopback; cooked.go, llc.go, stp.go, wan.go
//	ip.go, ipv6.go       then what they carry: icmp.go, icmp6.go, tcp.go, udp.go, ...
//	application.go       what ports announce; dns.go, dhcp.go, bgp.go, ... a file for each
//
// Where tcpdump would decode something that this package does not, the text
// says "[not modelled: NAME]" instead of pretending.
//
// Like tcpdump, a printer that meets the end of the captured bytes stops there
// and marks the layer: " [|icmp]". See line for how that works without
// exceptions.
package tcpdump
