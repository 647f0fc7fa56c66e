package netprogs

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"hoplab/packet"
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

	reference int64 // of -ttt and -ttttt, ns; 0 none yet
	buf       []byte
}

// print prints one packet: pretty_print_packet of print.c.
func (p *printer) print(w *bufio.Writer, linkType int, pk pcap.Packet, n int) {
	b := p.buf[:0]
	if p.numbers {
		b = fmt.Appendf(b, "%5d  ", n)
	}
	if bad := invalidHeader(pk); bad != "" {
		b = append(b, bad...)
	} else {
		b = p.time(b, pk.Time)
		var header int
		b, header = p.line(b, linkType, pk)
		if p.lines.Stopped() {
			header = 0
		}
		b = p.bytes(b, pk.Data, header)
	}
	b = append(b, '\n')
	_, _ = w.Write(b)
	p.buf = b
}

// invalidHeader says what no packet can be, as a damaged file may have it.
func invalidHeader(pk pcap.Packet) string {
	var faults []string
	if len(pk.Data) == 0 {
		faults = append(faults, "caplen==0")
	}
	switch {
	case pk.OrigLen == 0:
		faults = append(faults, "len==0")
	case pk.OrigLen < len(pk.Data):
		faults = append(faults, fmt.Sprintf("len(%d) < caplen(%d)", pk.OrigLen, len(pk.Data)))
	}
	if pk.OrigLen > pcap.MaxSnapLen {
		faults = append(faults, fmt.Sprintf("len(%d) > %d", pk.OrigLen, pcap.MaxSnapLen))
	}
	if faults == nil {
		return ""
	}
	return "[Invalid header: " + strings.Join(faults, ", ") + "]"
}

// time prints the time stamp: ts_print of util-print.c. The lab's time zone is
// UTC.
func (p *printer) time(b []byte, ns int64) []byte {
	if !p.nano {
		ns -= ns % 1000
	}
	switch p.times {
	case 0:
		b = p.clock(b, "15:04:05", ns)
	case 1:
		return b
	case 2:
		b = p.fraction(fmt.Appendf(b, "%d", ns/1e9), ns)
	case 4:
		b = p.clock(b, "2006-01-02 15:04:05", ns)
	default: // since the packet before, or since the first
		if p.reference == 0 {
			p.reference = ns
		}
		delta, sign := ns-p.reference, byte(' ')
		if delta < 0 {
			delta, sign = -delta, '-'
		}
		b = p.clock(append(b, sign), "15:04:05", delta)
		if p.times == 3 {
			p.reference = ns
		}
	}
	return append(b, ' ')
}

func (p *printer) clock(b []byte, layout string, ns int64) []byte {
	return p.fraction(time.Unix(0, ns).UTC().AppendFormat(b, layout), ns)
}

func (p *printer) fraction(b []byte, ns int64) []byte {
	if p.nano {
		return fmt.Appendf(b, ".%09d", ns%1e9)
	}
	return fmt.Appendf(b, ".%06d", ns%1e9/1000)
}

// line prints the packet itself and says how long its link header is.
func (p *printer) line(b []byte, linkType int, pk pcap.Packet) ([]byte, int) {
	switch linkType {
	case pcap.LinkLinuxSLL, pcap.LinkLinuxSLL2:
		return p.cooked(b, linkType, pk)
	case pcap.LinkEthernet:
		header := packet.EthernetLen
		for at := header; at+4 <= len(pk.Data) && pk.Data[at-2] == 0x81 && pk.Data[at-1] == 0; at += 4 {
			header += 4
		}
		return p.lines.AppendLine(b, linkType, pk.Data, pk.OrigLen), header
	}
	return p.lines.AppendLine(b, linkType, pk.Data, pk.OrigLen), 0
}

// cooked prints a packet with a Linux cooked header: print-sll.c. What is
// inside is printed as if it came in an Ethernet frame.
func (p *printer) cooked(b []byte, linkType int, pk pcap.Packet) ([]byte, int) {
	h, ok := parseCooked(linkType, pk.Data)
	if !ok {
		if linkType == pcap.LinkLinuxSLL {
			return append(b, " [|sll]"...), 0
		}
		return append(b, " [|sll2]"...), 0
	}
	opt := p.lines.Options
	if linkType == pcap.LinkLinuxSLL2 {
		name := "?"
		if p.device != nil {
			name = p.device(h.index)
		}
		b = tcpdump.AppendAny(b, name, h.direction())
	}
	if opt.Link {
		switch linkType {
		case pcap.LinkLinuxSLL2:
			b = fmt.Appendf(b, "ifindex %d ", h.index)
		default:
			b = fmt.Appendf(b, "%3s ", h.direction())
		}
		if h.address != nil {
			b = fmt.Appendf(b, "%s ", packet.MAC(h.address))
		}
		if !opt.Quiet {
			b = fmt.Appendf(b, "ethertype %s (0x%04x), length %d: ", etherName(h.proto), h.proto, pk.OrigLen)
		}
	}
	frame := make([]byte, packet.EthernetLen, packet.EthernetLen+len(pk.Data))
	frame[12], frame[13] = byte(h.proto>>8), byte(h.proto)
	frame = append(frame, pk.Data[h.length:]...)
	length := pk.OrigLen - h.length + packet.EthernetLen
	start := len(b)
	b = p.lines.AppendLine(b, pcap.LinkEthernet, frame, length)
	if opt.Link { // that was told above
		end := fmt.Sprintf("length %d: ", length)
		if i := strings.Index(string(b[start:]), end); i >= 0 {
			b = append(b[:start], b[start+i+len(end):]...)
		}
	}
	return b, h.length
}

func etherName(t uint16) string {
	switch t {
	case 0x0800:
		return "IPv4"
	case 0x0806:
		return "ARP"
	case 0x8100:
		return "802.1Q"
	case 0x86dd:
		return "IPv6"
	}
	return "Unknown"
}

// bytes prints the bytes of a packet behind its link header, as -x, -X and -A
// ask for.
func (p *printer) bytes(b, data []byte, header int) []byte {
	times := 0
	switch {
	case p.hexASCII > 0:
		times = p.hexASCII
	case p.hex > 0:
		times = p.hex
	case p.ascii > 0:
		times = p.ascii
	default:
		return b
	}
	if times == 1 {
		if len(data) <= header {
			return b
		}
		data = data[header:]
	}
	if p.hexASCII == 0 && p.hex == 0 {
		return appendASCII(b, data)
	}
	for row := 0; row < len(data); row += 16 {
		b = appendRow(b, row, data[row:min(row+16, len(data))], p.hexASCII > 0)
	}
	return b
}

// appendRow prints up to 16 bytes: hex_print and hex_and_ascii_print.
func appendRow(b []byte, at int, row []byte, ascii bool) []byte {
	b = fmt.Appendf(b, "\n\t0x%04x: ", at)
	width := 0
	for i := 0; i < len(row); i += 2 {
		b = append(b, ' ')
		b = hex.AppendEncode(b, row[i:min(i+2, len(row))])
		width += 1 + 2*min(2, len(row)-i)
	}
	if !ascii {
		return b
	}
	for ; width < 40; width++ {
		b = append(b, ' ')
	}
	b = append(b, "  "...)
	for _, c := range row {
		if c <= ' ' || c > '~' {
			c = '.'
		}
		b = append(b, c)
	}
	return b
}

// appendASCII is -A: ascii_print of print-ascii.c.
func appendASCII(b, data []byte) []byte {
	b = append(b, '\n')
	for i, c := range data {
		switch {
		case c == '\r':
			if len(data)-i-1 > 1 && data[i+1] != '\n' {
				b = append(b, '.')
			}
		case c > ' ' && c <= '~', c == '\t', c == ' ', c == '\n':
			b = append(b, c)
		default:
			b = append(b, '.')
		}
	}
	return b
}
