// Package filter compiles pcap-filter(7) expressions, the language of
// "tcpdump EXPRESSION", and decides whether a frame matches.
//
// An expression becomes a small tree of tests (compile.go) that is walked for
// each frame (match.go). The language is read as libpcap 1.10.3 reads it: "and" and
// "or" have the same precedence and group to the left, an identifier without
// qualifiers takes those of the one before it ("tcp port 80 or 443"), and only
// the outermost headers count, so "icmp" does not match ICMP inside IPIP.
// A test that reads behind the captured bytes rejects the frame, whatever
// stands around it.
//
// libpcap's optimizer is not imitated: it can leave out such a read when the
// result does not depend on it, and it refuses contradictions such as "ip and
// arp", which here match nothing. Everything else equals tcpdump -O.
//
// Left out, with an error: vlan, mpls and other primitives that shift offsets,
// protochain, "ip broadcast", inbound and outbound, LLC and names of hosts.
package filter
