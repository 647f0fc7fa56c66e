package tcpdump

import "hoplab/packet/pcap"

// Options are those of tcpdump's flags that change the text of a packet. The
// zero value is -nn -t.
type Options struct {
	Verbose     int  // -v, -vv, ...
	Link        bool // -e: print the link-level header
	Quiet       bool // -q
	AbsoluteSeq bool // -S: no relative TCP sequence numbers
	NoChecksums bool // -K: do not judge checksums of IP, UDP and TCP
	ASDot       bool // -b: AS numbers of BGP as 1.10

	// As is -T: what the data of UDP or TCP is, whatever the ports say, as one
	// of the names that the tool knows (vxlan, domain, ...).
	As string
}

// AppendLine appends what tcpdump prints for one whole frame, without a time
// stamp and without the final newline. TCP sequence numbers are absolute, as in
// the first packet of a capture.
func AppendLine(dst []byte, linkType int, frame []byte, opt Options) []byte {
	l := line{out: dst, frame: frame, end: len(frame), opt: opt}
	l.packet(linkType, len(frame))
	return l.out
}

// Printer prints the packets of one capture in order. The zero value prints
// with -nn -t.
type Printer struct {
	Options Options
	conns   connections
	stopped bool
}

// AppendLine appends what tcpdump prints for the next packet of the capture, of
// which frame is what was captured and origLen the length on the wire in bytes.
func (p *Printer) AppendLine(dst []byte, linkType int, frame []byte, origLen int) []byte {
	if p.conns == nil {
		p.conns = make(connections)
	}
	l := line{out: dst, frame: frame, end: len(frame), opt: p.Options, conns: p.conns}
	l.packet(linkType, origLen)
	p.stopped = l.stopped
	return l.out
}

// Stopped tells whether the last line ended where the captured bytes did: then
// -x and -X print the whole frame, as the link header's length is not known.
func (p *Printer) Stopped() bool { return p.stopped }

// AppendAny appends what stands before the line of a packet captured with
// -i any: the interface's name and the packet's direction (In, Out, B, M or P),
// as on a Linux cooked v2 link.
func AppendAny(dst []byte, dev, dir string) []byte {
	dst = appendPadRight(dst, dev, 5)
	dst = append(dst, ' ')
	dst = appendPadRight(dst, dir, 3)
	return append(dst, ' ')
}

func appendPadRight(dst []byte, s string, width int) []byte {
	dst = append(dst, s...)
	for n := len(s); n < width; n++ {
		dst = append(dst, ' ')
	}
	return dst
}

// packet prints a packet of length bytes on the wire from its link header on.
func (l *line) packet(linkType, length int) {
	if l.end == 0 {
		l.str("[Invalid header: caplen==0")
		if length == 0 {
			l.str(", len==0")
		}
		l.str("]")
		return
	}
	switch linkType {
	case pcap.LinkEthernet:
		l.ethernet(0, length)
	case pcap.LinkRaw:
		if l.opt.Link {
			l.str("ip: ")
		}
		l.rawIP(0, length)
	default:
		l.str("[not modelled: link type ")
		l.num(linkType)
		l.str("]")
	}
}

// rawIP prints an IP packet that no ethertype announced.
func (l *line) rawIP(at, length int) {
	switch version := l.u8(at) >> 4; version {
	case 4:
		l.ipv4(at, length)
	case 6:
		l.notModelled("IPv6")
	default:
		l.str("unknown ip ")
		l.num(version)
	}
}
