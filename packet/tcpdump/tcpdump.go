package tcpdump

import (
	"strconv"

	"hoplab/packet/pcap"
)

// Options are those of tcpdump's flags that change the text of a packet. The
// zero value is -nn with the time of day.
type Options struct {
	// LinkType of the capture, as pcap numbers them: of those that Append
	// prints. 0 is a BSD loopback device.
	LinkType int

	Verbose     int  // -v, -vv, ...
	Link        bool // -e: print the link-level header
	Quiet       bool // -q
	VeryQuiet   bool // -qq: of later fragments not even the addresses
	AbsoluteSeq bool // -S: no relative TCP sequence numbers
	NoChecksums bool // -K: do not judge checksums of IP, UDP and TCP
	ASDot       bool // -b: AS numbers of BGP as 1.10

	// As is -T: what the data of UDP or TCP is, whatever the ports say, as one
	// of the names that the tool knows (vxlan, domain, ...).
	As string

	Names *Names // nil is -n

	Times     int                      // how many -t: see appendTime
	Nano      bool                     // nanoseconds instead of microseconds
	Number    bool                     // -#
	Hex       int                      // how many -x
	HexASCII  int                      // how many -X
	ASCII     int                      // how many -A
	Interface func(index int32) string // names the interfaces of a Linux cooked v2 capture, "" when unknown; without it only lo has its name
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

	conns   *connections
	conns6  connections6
	scratch line
	header  int // length of the last packet's link header; 0 when the line ended early

	printed   int
	reference stamp // -ttt, -ttttt: what times are counted from
}

// New makes a printer.
func New(opt Options) *Printer { return &Printer{Options: opt} }

// AppendLine appends the text of the next packet of the capture, of which frame
// is what was captured and origLen the length on the wire in bytes. There is no
// number, no time, no dump and no newline.
func (p *Printer) AppendLine(dst []byte, linkType int, frame []byte, origLen int) []byte {
	if p.conns == nil {
		p.conns, p.conns6 = &connections{starts: make(map[connection]sequence)}, make(connections6)
	}
	l := &p.scratch
	l.out, l.frame, l.end, l.opt = dst, frame, len(frame), p.Options
	l.proto, l.stopped, l.header, l.conns, l.conns6 = "", false, 0, p.conns, p.conns6
	l.packet(linkType, origLen)
	p.header = l.header
	if l.stopped {
		p.header = 0
	}
	dst = l.out
	l.out, l.frame = nil, nil
	return dst
}

// Append appends all that tcpdump prints for the next packet of the capture:
// number, time, text and dump as the options ask for, and the newline.
func (p *Printer) Append(dst []byte, pk pcap.Packet) []byte {
	p.printed++
	if p.Options.Number {
		dst = appendPadLeft(dst, p.printed, 5)
		dst = append(dst, ' ', ' ')
	}
	if n := len(pk.Data); n == 0 || pk.OrigLen < n || pk.OrigLen > pcap.MaxSnapLen {
		return append(appendInvalid(dst, pk), '\n')
	}
	dst = p.appendTime(dst, &pk)
	dst = p.AppendLine(dst, p.Options.LinkType, pk.Data, pk.OrigLen)
	dst = p.appendDump(dst, pk.Data, p.header)
	return append(dst, '\n')
}

// appendInvalid appends what no packet can be, as a damaged file may have it.
func appendInvalid(dst []byte, pk pcap.Packet) []byte {
	captured, length := len(pk.Data), pk.OrigLen
	sep := "[Invalid header: "
	fault := func(s string) { dst, sep = append(append(dst, sep...), s...), ", " }
	number := func(n int) { dst = strconv.AppendInt(dst, int64(n), 10) }
	tooLong := func(what string, n int) {
		if n > pcap.MaxSnapLen {
			fault(what)
			number(n)
			dst = append(dst, ") > "...)
			number(pcap.MaxSnapLen)
		}
	}
	if captured == 0 {
		fault("caplen==0")
	}
	switch {
	case length == 0:
		fault("len==0")
	case length < captured:
		fault("len(")
		number(length)
		dst = append(dst, ") < caplen("...)
		number(captured)
		dst = append(dst, ')')
	}
	tooLong("caplen(", captured)
	tooLong("len(", length)
	return append(dst, ']')
}

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

func appendPadLeft(dst []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			for range width - 1 {
				dst = append(dst, ' ')
			}
			break
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
