package pcap

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
	data       []byte     // the current record; reused
	err        error      // sticky
}

// NewReader reads the head of a capture file from src and recognises its format.
func NewReader(src io.Reader) (*Reader, error) {
	r := &Reader{src: bufio.NewReaderSize(src, bufferSize)}
	magic, err := r.src.Peek(4)
	if err != nil {
		return nil, truncated(err, 4, "file header bytes", len(magic))
	}
	little, big := binary.LittleEndian.Uint32(magic), binary.BigEndian.Uint32(magic)
	switch {
	case little == blockSectionHeader: // the same in both byte orders
		err = r.startNG()
	case little == magicMicro || little == magicNano:
		r.order = binary.LittleEndian
		err = r.startClassic(little == magicNano)
	case big == magicMicro || big == magicNano:
		r.order = binary.BigEndian
		err = r.startClassic(big == magicNano)
	default:
		err = errors.New("unknown file format")
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

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

func (r *Reader) startClassic(nano bool) error {
	h := make([]byte, fileHeaderLen)
	n, err := io.ReadFull(r.src, h)
	if err != nil {
		return truncated(err, fileHeaderLen, "file header bytes", n-4) // libpcap does not count the magic
	}
	major, minor := r.order.Uint16(h[4:]), r.order.Uint16(h[6:])
	if major != 2 || minor != 4 {
		return fmt.Errorf("unsupported pcap savefile version %d.%d", major, minor)
	}
	snap := int64(r.order.Uint32(h[16:]))
	if snap == 0 || snap > MaxSnapLen {
		snap = MaxSnapLen
	}
	// The upper bits tell the length of a frame check sequence; we show it as data.
	link := int(r.order.Uint32(h[20:]) & 0xffff)
	unit := timeUnit{base: 10, exp: 6}
	if nano {
		unit.exp = 9
	}
	r.interfaces = []Interface{{LinkType: link, SnapLen: int(snap)}}
	r.units = []timeUnit{unit}
	r.next = r.nextClassic
	return nil
}

func (r *Reader) nextClassic() (Packet, error) {
	if _, err := r.src.Peek(1); err != nil {
		return Packet{}, err // io.EOF between records is the regular end
	}
	h, err := r.read(recordHeaderLen, "header bytes")
	if err != nil {
		return Packet{}, err
	}
	sec, frac := int64(r.order.Uint32(h)), int64(r.order.Uint32(h[4:]))
	length, orig := r.order.Uint32(h[8:]), int(r.order.Uint32(h[12:]))
	if length > MaxSnapLen {
		return Packet{}, fmt.Errorf("invalid packet capture length %d, bigger than snaplen of %d", length, r.interfaces[0].SnapLen)
	}
	data, err := r.read(int(length), "captured bytes")
	if err != nil {
		return Packet{}, err
	}
	if r.units[0].exp == 6 {
		frac *= 1000
	}
	data = data[:min(len(data), r.interfaces[0].SnapLen)]
	return Packet{Time: sec*1e9 + frac, Data: data, OrigLen: orig}, nil
}

// read returns the next n bytes, valid until the next call; n is at most a few
// hundred kilobytes. what names them in the error about a file that ends early.
func (r *Reader) read(n int, what string) ([]byte, error) {
	if cap(r.data) < n {
		r.data = make([]byte, max(n, 2048))
	}
	got, err := io.ReadFull(r.src, r.data[:n])
	if err != nil {
		return nil, truncated(err, n, what, got)
	}
	return r.data[:n], nil
}

// truncated words the error of a read of n bytes that ended after got bytes.
func truncated(err error, n int, what string, got int) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("truncated dump file; tried to read %d %s, only got %d", n, what, got)
	}
	return err
}
