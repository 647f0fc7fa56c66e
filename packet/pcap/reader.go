package pcap

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Reader reads the packets of a pcap or pcapng file one after the other. Errors
// about damaged files use libpcap's words, as tcpdump prints them.
type Reader struct {
	src        *bufio.Reader
	order      binary.ByteOrder
	next       func() (Packet, error)
	interfaces []Interface
	units      []timeUnit // of each interface
	section    int        // first interface of the current pcapng section
	uniform    bool
	classic    classicFormat
	data       []byte // the current record, if it is a large one; reused
	err        error  // sticky
}

// NewReader reads the head of a capture file from src, up to its first interface,
// and recognises its format.
func NewReader(src io.Reader) (*Reader, error) {
	r := &Reader{src: bufio.NewReaderSize(src, bufferSize)}
	head, err := r.src.Peek(4)
	if err != nil {
		return nil, truncated(err, "dump file", 4, "file header bytes", len(head))
	}
	start := r.startNG
	if binary.LittleEndian.Uint32(head) != blockSectionHeader { // the same in both byte orders
		start = r.startClassic
	}
	if err := start(); err != nil {
		return nil, err
	}
	return r, nil
}

// RequireUniform makes the reader as strict as libpcap, whose programs know one
// link type: in a pcapng file, an interface of another link type or snapshot
// length than the first, and a section in another byte order, end the reading with
// an error. Without it such files are read like any other.
func (r *Reader) RequireUniform() { r.uniform = true }

// BigEndian tells that the file, or its current section, is from a big-endian
// machine.
func (r *Reader) BigEndian() bool { return r.order == binary.BigEndian }

// Interfaces returns what is known of the interfaces so far. A classic file has
// exactly one; a pcapng file may add some between its packets. The slice is
// the reader's own.
func (r *Reader) Interfaces() []Interface { return r.interfaces }

// Next returns the next packet, or io.EOF behind the last one. The packet's
// Data and Comment are valid until the next call.
func (r *Reader) Next() (Packet, error) {
	if r.err != nil {
		return Packet{}, r.err
	}
	p, err := r.next()
	r.err = err
	return p, err
}

// classicFormat says how the records of a classic file look.
type classicFormat struct {
	nano    bool
	patched bool // records have eight bytes more: Kuznetzov's patch of 1998
	swapped bool // the two lengths are swapped: before version 2.3
	perhaps bool // they are swapped if they look so: version 2.3
}

func (r *Reader) startClassic() error {
	head, err := r.src.Peek(4)
	if err != nil {
		return err
	}
	known := false
	for _, order := range [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(head) {
		case magicMicro, magicNano, magicPatched:
			r.order, known = order, true
		}
	}
	if !known {
		return errors.New("unknown file format")
	}
	h := make([]byte, fileHeaderLen)
	n, err := io.ReadFull(r.src, h)
	if err != nil {
		return truncated(err, "dump file", fileHeaderLen, "file header bytes", n-4) // libpcap does not count the magic
	}
	magic, major, minor := r.order.Uint32(h), r.order.Uint16(h[4:]), r.order.Uint16(h[6:])
	switch {
	case major < 2:
		return errors.New("archaic pcap savefile format")
	case (major != 2 || minor > 4) && (major != 543 || minor != 0):
		return fmt.Errorf("unsupported pcap savefile version %d.%d", major, minor)
	}
	r.classic = classicFormat{nano: magic == magicNano, patched: magic == magicPatched,
		swapped: major == 543 || minor < 3, perhaps: major == 2 && minor == 3}
	link := int(r.order.Uint32(h[20:]) & linkTypeMask)
	snap := snapLen(r.order.Uint32(h[16:]))
	if r.classic.patched && link == LinkEthernet {
		snap = min(snap+14, math.MaxInt32) // the patch did not count the link header
	}
	r.interfaces = []Interface{{LinkType: link, LinkExtra: int(r.order.Uint32(h[20:]) &^ linkTypeMask), SnapLen: snap}}
	r.next = r.nextClassic
	return nil
}

// snapLen is the snapshot length that a file tells, or one for those that make
// no sense.
func snapLen(told uint32) int {
	if told == 0 || told > math.MaxInt32 {
		return MaxSnapLen
	}
	return int(told)
}

func (r *Reader) nextClassic() (Packet, error) {
	if _, err := r.src.Peek(1); err != nil {
		return Packet{}, err // io.EOF between records is the regular end
	}
	head := recordHeaderLen
	if r.classic.patched {
		head += 8
	}
	h, err := r.read(head, "dump file", "header bytes")
	if err != nil {
		return Packet{}, err
	}
	// libpcap reads them as signed only in files of its own byte order.
	sec, frac := int64(r.order.Uint32(h)), int64(r.order.Uint32(h[4:]))
	if !r.BigEndian() {
		sec, frac = int64(int32(sec)), int64(int32(frac))
	}
	length, orig := r.order.Uint32(h[8:]), r.order.Uint32(h[12:])
	if r.classic.swapped || r.classic.perhaps && length > orig {
		length, orig = orig, length
	}
	snap := r.interfaces[0].SnapLen
	switch {
	case length > MaxSnapLen && int64(length) > int64(snap):
		return Packet{}, fmt.Errorf("invalid packet capture length %d, bigger than snaplen of %d", length, snap)
	case length > MaxSnapLen:
		return Packet{}, fmt.Errorf("invalid packet capture length %d, bigger than maximum of %d", length, MaxSnapLen)
	}
	data, err := r.read(min(int(length), snap), "dump file", "captured bytes")
	if err != nil {
		return Packet{}, err
	}
	if more := int(length) - snap; more > 0 {
		if n, err := r.src.Discard(more); err != nil {
			return Packet{}, truncated(err, "dump file", int(length), "captured bytes", snap+n)
		}
	}
	if !r.classic.nano {
		frac *= 1000
	}
	overflow := frac / 1e9
	if frac%1e9 < 0 {
		overflow--
	}
	return Packet{Time: sec*1e9 + frac, Overflow: overflow, Data: data, OrigLen: int(orig)}, nil
}

// readAhead is how much memory is set aside for bytes that a file announces
// before they are there.
const readAhead = 1 << 16

// read returns the next n bytes, valid until the next call. file and what name
// them in the error about a file that ends early.
func (r *Reader) read(n int, file, what string) ([]byte, error) {
	if n <= bufferSize {
		b, err := r.src.Peek(n)
		if err != nil {
			return nil, truncated(err, file, n, what, len(b))
		}
		_, err = r.src.Discard(n)
		return b, err
	}
	for got := 0; ; {
		room := max(min(n, 2*got), min(n, readAhead))
		if cap(r.data) < room {
			r.data = append(make([]byte, 0, max(room, 2048)), r.data[:got]...)
		}
		r.data = r.data[:min(n, cap(r.data))]
		more, err := io.ReadFull(r.src, r.data[got:])
		if got += more; err != nil {
			return nil, truncated(err, file, n, what, got)
		}
		if got == n {
			return r.data, nil
		}
	}
}

// truncated words the error of a read of n bytes that ended after got bytes.
func truncated(err error, file string, n int, what string, got int) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("truncated %s; tried to read %d %s, only got %d", file, n, what, got)
	}
	return err
}
