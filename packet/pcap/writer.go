package pcap

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// pcapng block types and options (draft-ietf-opsawg-pcapng sections 3.5 and 4).
const (
	blockSectionHeader  = 0x0a0d0d0a
	blockInterface      = 1
	blockPacketObsolete = 2
	blockSimplePacket   = 3
	blockEnhancedPacket = 6

	byteOrderMagic = 0x1a2b3c4d

	optEnd            = 0
	optComment        = 1
	optHardware       = 2  // in a section header
	optOS             = 3  // in a section header
	optApplication    = 4  // in a section header
	optIfName         = 2  // in an interface description
	optIfDescription  = 3  // in an interface description
	optIfTsResolution = 9  // in an interface description
	optIfTsOffset     = 14 // in an interface description
)

// Lengths in bytes.
const (
	blockFraming = 12 // the type and the two lengths around every block's body
	packetHead   = 20 // what precedes the data in an enhanced packet block

	sectionHeaderLen = 16 // what precedes the options in a section header block
	optionHead       = 4  // code and length of an option
)

// maxOption is the longest value in bytes that the 16-bit length of an option can tell.
const maxOption = math.MaxUint16

// Writer writes one pcapng file with nanosecond times. It buffers; call Flush
// at the end. Once its destination has failed, every method returns that error.
//
//	 0               1               2               3
//	+---------------------------------------------------------------+
//	|                    Block Type = 0x00000006                    |
//	|                      Block Total Length                       |
//	|                         Interface ID                          |
//	|                       Timestamp (High)                        |
//	|                       Timestamp (Low)                         |
//	|                    Captured Packet Length                     |
//	|                    Original Packet Length                     |
//	|              Packet Data, padded to 32 bits ...               |
//	|                         Options ...                           |
//	|                      Block Total Length                       |
//	+---------------------------------------------------------------+
type Writer struct {
	out   output
	snaps []int // snapshot length of each interface in bytes
}

// NewWriter starts a pcapng file on dst.
func NewWriter(dst io.Writer) *Writer {
	w := &Writer{out: newOutput(dst)}
	w.sectionHeader()
	return w
}

func (w *Writer) sectionHeader() {
	var body []byte
	body = binary.LittleEndian.AppendUint32(body, byteOrderMagic)
	body = binary.LittleEndian.AppendUint16(body, 1)              // major version
	body = binary.LittleEndian.AppendUint16(body, 0)              // minor version
	body = binary.LittleEndian.AppendUint64(body, math.MaxUint64) // section length: unknown
	body = appendOption(body, optHardware, "hoplab")
	body = appendOption(body, optOS, "hoplab")
	body = appendOption(body, optApplication, "hoplab")
	body = appendOption(body, optEnd, "")
	w.block(blockSectionHeader, body)
}

// AddInterface adds an interface description and returns its number for
// WritePacket. Interfaces may be added between packets.
func (w *Writer) AddInterface(i Interface) int {
	snap := i.SnapLen
	if snap <= 0 || snap > MaxSnapLen {
		snap = MaxSnapLen
	}
	var body []byte
	body = binary.LittleEndian.AppendUint16(body, uint16(i.LinkType))
	body = binary.LittleEndian.AppendUint16(body, 0) // reserved
	body = binary.LittleEndian.AppendUint32(body, uint32(snap))
	if i.Name != "" {
		body = appendOption(body, optIfName, i.Name)
	}
	if i.Description != "" {
		body = appendOption(body, optIfDescription, i.Description)
	}
	body = appendOption(body, optIfTsResolution, "\x09") // 10^-9 seconds
	body = appendOption(body, optEnd, "")
	w.block(blockInterface, body)
	w.snaps = append(w.snaps, snap)
	return len(w.snaps) - 1
}

// WritePacket adds a packet seen at interface id, t nanoseconds after
// 1970-01-01 UTC. data is copied, at most the interface's snapshot length of
// it; origLen is the packet's length on the wire. An empty comment adds none.
func (w *Writer) WritePacket(id int, t int64, data []byte, origLen int, comment string) error {
	if uint(id) >= uint(len(w.snaps)) {
		return fmt.Errorf("interface %d was not added to the capture file, it has %d", id, len(w.snaps))
	}
	if len(comment) > maxOption {
		return fmt.Errorf("comment of %d bytes does not fit into a pcapng option of at most %d", len(comment), maxOption)
	}
	if t < 0 || origLen < len(data) || int64(origLen) > math.MaxUint32 {
		return badPacket(t, len(data), origLen)
	}
	data = data[:min(len(data), w.snaps[id])]
	total := blockFraming + packetHead + padded(len(data))
	if comment != "" {
		total += optionHead + padded(len(comment)) + optionHead
	}

	// This runs for each packet at each tap, so the small fields go in pairs and
	// the end first: data then overwrites what of it is not padding.
	b := w.out.extend(total)
	binary.LittleEndian.PutUint64(b[total-8:], uint64(total)<<32)
	h := b[:8+packetHead]
	binary.LittleEndian.PutUint64(h[0:], uint64(total)<<32|blockEnhancedPacket)
	binary.LittleEndian.PutUint64(h[8:], uint64(t)&^math.MaxUint32|uint64(id))
	binary.LittleEndian.PutUint64(h[16:], uint64(len(data))<<32|uint64(t)&math.MaxUint32)
	binary.LittleEndian.PutUint32(h[24:], uint32(origLen))
	body := b[len(h):]
	if comment != "" {
		clear(body[:padded(len(data))])
		options := appendOption(body[:padded(len(data))], optComment, comment)
		appendOption(options, optEnd, "")
	}
	copy(body, data)
	return w.out.err
}

// Flush hands everything written so far to the destination.
func (w *Writer) Flush() error { return w.out.flush() }

// block adds a whole block around body, whose length is a multiple of four.
func (w *Writer) block(kind uint32, body []byte) {
	total := uint32(blockFraming + len(body))
	w.out.reserve(int(total))
	b := w.out.buf
	b = binary.LittleEndian.AppendUint32(b, kind)
	b = binary.LittleEndian.AppendUint32(b, total)
	b = append(b, body...)
	w.out.buf = binary.LittleEndian.AppendUint32(b, total)
}

// badPacket says which of a packet's numbers neither file format can hold.
func badPacket(t int64, length, origLen int) error {
	if t < 0 {
		return fmt.Errorf("packet time of %d ns lies before 1970, which a capture file cannot say", t)
	}
	return fmt.Errorf("packet of %d bytes cannot have been %d bytes on the wire", length, origLen)
}

// appendOption adds an option and its padding; values beyond the 64 KiB that
// an option can hold are cut.
func appendOption(b []byte, code uint16, value string) []byte {
	value = value[:min(len(value), maxOption)]
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	return appendPadded(b, value)
}

// appendPadded adds data and zeros up to the next multiple of four bytes.
func appendPadded(b []byte, data string) []byte {
	b = append(b, data...)
	const zeros = "\x00\x00\x00"
	return append(b, zeros[:padded(len(data))-len(data)]...)
}

// padded rounds n up to the next multiple of four.
func padded(n int) int { return (n + 3) &^ 3 }
