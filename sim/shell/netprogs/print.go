package netprogs

import (
	"bufio"

	"hoplab/packet/pcap"
	"hoplab/packet/tcpdump"
)

// printer prints packets with all that stands around their text: number, time
// and bytes.
type printer struct {
	lines         tcpdump.Printer
	times         int // how many -t
	nano          bool
	numbers       bool
	hex, hexASCII int // how many -x, -X
	ascii         int // -A
	device        func(index int32) string
	buf           []byte
}

// print prints one packet.
func (p *printer) print(w *bufio.Writer, linkType int, pk pcap.Packet) {
	o := &p.lines.Options
	o.LinkType, o.Interface = linkType, p.device
	o.Times, o.Nano, o.Number = p.times, p.nano, p.numbers
	o.Hex, o.HexASCII, o.ASCII = p.hex, p.hexASCII, p.ascii
	p.buf = p.lines.Append(p.buf[:0], pk)
	_, _ = w.Write(p.buf)
}
