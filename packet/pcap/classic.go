package pcap

import (
	"encoding/binary"
	"io"
	"math"
)

// Magic numbers of a classic pcap file, as a reader of the same byte order sees
// them (draft-ietf-opsawg-pcap section 4).
const (
	magicMicro = 0xa1b2c3d4
	magicNano  = 0xa1b23c4d

	magicPatched = 0xa1b2cd34 // some Linux systems of 1998 to 2000
)

// linkTypeMask are the bits of a file's link type that are one. Those above tell
// the length of a frame check sequence.
const linkTypeMask = 0x03ffffff

const (
	fileHeaderLen   = 24
	recordHeaderLen = 16
)

// ClassicWriter writes a classic pcap file with one link type and microsecond
// times, as tcpdump -w does. It buffers; call Flush at the end. Once its
// destination has failed, every method returns that error.
type ClassicWriter struct {
	out  output
	snap int
	unit int64 // of the fraction of a second, ns
}

// NewClassicWriter starts a pcap file on dst. linkType may have the bits of
// Interface.LinkExtra. snapLen is the most bytes kept of a packet; 0 means
// MaxSnapLen.
func NewClassicWriter(dst io.Writer, linkType, snapLen int) *ClassicWriter {
	if snapLen <= 0 || snapLen > math.MaxInt32 {
		snapLen = MaxSnapLen
	}
	w := &ClassicWriter{out: newOutput(dst), snap: snapLen, unit: 1e3}
	b := w.out.buf
	b = binary.LittleEndian.AppendUint32(b, magicMicro)
	b = binary.LittleEndian.AppendUint16(b, 2) // major version
	b = binary.LittleEndian.AppendUint16(b, 4) // minor version
	b = binary.LittleEndian.AppendUint64(b, 0) // reserved: time zone, accuracy
	b = binary.LittleEndian.AppendUint32(b, uint32(snapLen))
	w.out.buf = binary.LittleEndian.AppendUint32(b, uint32(linkType))
	return w
}

// Nanoseconds makes it a file with nanosecond times. It is called before the
// first packet.
func (w *ClassicWriter) Nanoseconds() {
	w.unit = 1
	binary.LittleEndian.PutUint32(w.out.buf, magicNano)
}

// WritePacket adds a packet, its time cut to whole microseconds, unless the file
// has nanoseconds, and to 32 bits of seconds. Data is copied, at most the snapshot
// length of it. What makes no sense is written as it is, so that a file can be
// copied.
func (w *ClassicWriter) WritePacket(p Packet) error {
	if p.OrigLen < 0 || int64(p.OrigLen) > math.MaxUint32 {
		return badPacket(0, len(p.Data), p.OrigLen)
	}
	data := p.Data[:min(len(p.Data), w.snap)]
	sec, frac := p.Stamp()
	w.out.reserve(recordHeaderLen + len(data))
	b := w.out.buf
	b = binary.LittleEndian.AppendUint32(b, uint32(sec))
	b = binary.LittleEndian.AppendUint32(b, uint32(frac/w.unit))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(p.OrigLen))
	w.out.buf = append(b, data...)
	return w.out.err
}

// Flush hands everything written so far to the destination.
func (w *ClassicWriter) Flush() error { return w.out.flush() }
