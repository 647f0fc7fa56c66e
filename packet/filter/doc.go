// Package filter compiles pcap-filter(7) expressions, the language of
// "tcpdump EXPRESSION", and decides whether a frame matches.
//
// It does what libpcap 1.10.3 does: the parser (lex.go, parse.go, ident.go) generates a graph
// of tests (gen.go, link.go, arith.go), the optimizer (optimize.go) shortens it, and
// what comes out is a program of classic BPF (graph.go, program.go), the same,
// instruction for instruction, that "tcpdump -d EXPRESSION" prints. A small
// machine runs it (machine.go) and allocates nothing. So a verdict, and a fault
// in an expression, is libpcap's own, oddities included: "and" and "or" have the
// same precedence and group to the left, an identifier without qualifiers takes
// those of the one before it ("tcp port 80 or 443"), only the outermost headers
// count, so that "icmp" does not match ICMP inside IPIP, and a test that reads
// behind the captured bytes rejects the frame, whatever stands around it.
//
// What the code generator asks and in which order, and what the optimizer does and
// leaves, follow libpcap (the Tcpdump Group, BSD licence), which was read for that;
// nothing of it is copied.
//
// Filters exist for Ethernet, raw IP, Linux cooked captures, the BSD loopbacks,
// PPP, Cisco HDLC and frame relay; those for other link types may look at bytes
// ("link[4] = 7") and at the length only, and are errors otherwise. Graphs of more
// than 2048 tests are not optimized, and those of more than 16384 are errors.
//
// Start reading at Options.Compile.
package filter
