package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
)

// maxBlock is the longest block in bytes that is read, and maxSectionHeader the
// longest first one: libpcap's limits.
const (
	maxBlock         = 16 << 20
	maxSectionHeader = 1 << 20
)

// maxInterfaces bounds what a hostile file can make us remember.
const maxInterfaces = 1 << 16

// startNG reads up to the first interface description.
func (r *Reader) startNG() error {
	r.next = r.nextNG
	head, _ := r.src.Peek(12)
	if len(head) < 12 {
		return errors.New("unknown file format")
	}
	switch {
	case binary.LittleEndian.Uint32(head[8:]) == byteOrderMagic:
		r.order = binary.LittleEndian
	case binary.BigEndian.Uint32(head[8:]) == byteOrderMagic:
		r.order = binary.BigEndian
	default:
		return errors.New("unknown file format")
	}
	total := r.order.Uint32(head[4:])
	if total < sectionHeaderLen+blockFraming || total > maxSectionHeader {
		return fmt.Errorf("Section Header Block in pcapng dump file has invalid length %d < _%d_ < %d (BT_SHB_INSANE_MAX)", //nolint:staticcheck // libpcap's own words
			sectionHeaderLen+blockFraming, total, maxSectionHeader)
	}
	if _, err := r.src.Discard(12); err != nil {
		return err
	}
	rest, err := r.read(int(total)-12, "pcapng dump file", "bytes")
	if err != nil {
		return err
	}
	if major, minor := r.order.Uint16(rest), r.order.Uint16(rest[2:]); major != 1 || minor != 0 && minor != 2 {
		return fmt.Errorf("unsupported pcapng savefile version %d.%d", major, minor)
	}
	for len(r.interfaces) == 0 {
		kind, body, err := r.block()
		switch {
		case err == io.EOF: //nolint:errorlint // the reader's own, not wrapped
			return errors.New("the capture file has no Interface Description Blocks")
		case err != nil:
			return err
		}
		switch kind {
		case blockInterface:
			if err := r.interfaceDescription(body); err != nil {
				return err
			}
		case blockEnhancedPacket, blockSimplePacket, blockPacketObsolete:
			return errors.New("the capture file has a packet block before any Interface Description Blocks")
		}
	}
	return nil
}

func (r *Reader) nextNG() (Packet, error) {
	for {
		kind, body, err := r.block()
		if err != nil {
			return Packet{}, err
		}
		switch kind {
		case blockSectionHeader:
			err = r.sectionHeader(body)
		case blockInterface:
			err = r.interfaceDescription(body)
		case blockSimplePacket:
			return r.simplePacket(body)
		case blockEnhancedPacket:
			return r.enhancedPacket(body)
		case blockPacketObsolete:
			return r.obsoletePacket(body)
		}
		if err != nil {
			return Packet{}, err
		}
	}
}

// block reads a block and returns what lies between its two lengths. It gives
// io.EOF at the end of the file.
func (r *Reader) block() (kind uint32, body []byte, err error) {
	const file = "pcapng dump file"
	if _, err := r.src.Peek(1); err != nil {
		return 0, nil, err
	}
	if head, _ := r.src.Peek(12); !r.uniform && len(head) == 12 && binary.LittleEndian.Uint32(head) == blockSectionHeader {
		switch { // the section may have another byte order
		case binary.LittleEndian.Uint32(head[8:]) == byteOrderMagic:
			r.order = binary.LittleEndian
		case binary.BigEndian.Uint32(head[8:]) == byteOrderMagic:
			r.order = binary.BigEndian
		}
	}
	head, err := r.read(8, file, "bytes")
	if err != nil {
		return 0, nil, err
	}
	kind, total := r.order.Uint32(head), r.order.Uint32(head[4:])
	switch {
	case total < blockFraming:
		return 0, nil, fmt.Errorf("block in pcapng dump file has a length of %d < %d", total, blockFraming)
	case total%4 != 0:
		return 0, nil, fmt.Errorf("block in pcapng dump file has a length of %d that is not a multiple of 4", total)
	case total > maxBlock:
		return 0, nil, fmt.Errorf("pcapng block size %d > maximum %d", total, maxBlock)
	}
	rest, err := r.read(int(total)-8, file, "bytes")
	if err != nil {
		return 0, nil, err
	}
	trailer := len(rest) - 4
	if r.order.Uint32(rest[trailer:]) != total {
		return 0, nil, errors.New("block total length in header and trailer don't match")
	}
	return kind, rest[:trailer], nil
}

// tooShort is the error of a block that ends before what its type says.
func tooShort(kind uint32) error {
	return fmt.Errorf("block of type %d in pcapng dump file is too short", kind)
}

// sectionHeader starts a section. Interface numbers start anew in each; those we
// hand out go on.
func (r *Reader) sectionHeader(body []byte) error {
	if len(body) < sectionHeaderLen {
		return tooShort(blockSectionHeader)
	}
	switch magic := r.order.Uint32(body); magic {
	case byteOrderMagic:
	case bits.ReverseBytes32(byteOrderMagic):
		return errors.New("the file has sections with different byte orders")
	default:
		return errors.New("the file has a section with a bad byte order magic field")
	}
	if major := r.order.Uint16(body[4:]); major != 1 {
		return fmt.Errorf("unknown pcapng savefile major version number %d", major)
	}
	r.section = len(r.interfaces)
	return nil
}

func (r *Reader) interfaceDescription(body []byte) error {
	if len(body) < 8 {
		return tooShort(blockInterface)
	}
	link, told := int(r.order.Uint16(body)), r.order.Uint32(body[4:])
	i := Interface{LinkType: link, SnapLen: snapLen(told)}
	if r.uniform && len(r.interfaces) > 0 {
		if link != r.interfaces[0].LinkType {
			return fmt.Errorf("an interface has a type %d different from the type of the first interface", link)
		}
		if i.SnapLen != r.interfaces[0].SnapLen {
			return fmt.Errorf("an interface has a snapshot length %d different from the snapshot length of the first interface", told)
		}
	}
	if len(r.interfaces) == maxInterfaces {
		return fmt.Errorf("more than %d interfaces in the file", maxInterfaces)
	}
	unit, err := r.interfaceOptions(&i, body[8:])
	if err != nil {
		return err
	}
	r.interfaces = append(r.interfaces, i)
	r.units = append(r.units, unit)
	return nil
}

// interfaceOptions reads the options of an interface description.
func (r *Reader) interfaceOptions(i *Interface, b []byte) (timeUnit, error) {
	unit := timeUnit{base: 10, exp: 6}
	fault := func(format string, args ...any) (timeUnit, error) {
		return unit, fmt.Errorf("Interface Description Block "+format, args...) //nolint:staticcheck // libpcap's own words
	}
	hasResolution, hasOffset := false, false
	for len(b) > 0 {
		if len(b) < optionHead {
			return unit, tooShort(blockInterface)
		}
		code, n := r.order.Uint16(b), int(r.order.Uint16(b[2:]))
		if b = b[optionHead:]; len(b) < padded(n) {
			return unit, tooShort(blockInterface)
		}
		value := b[:n]
		b = b[padded(n):]
		switch code {
		case optEnd:
			if n != 0 {
				return fault("has opt_endofopt option with length %d != 0", n)
			}
			return unit, nil
		case optIfName:
			i.Name = string(value)
		case optIfDescription:
			i.Description = string(value)
		case optIfTsResolution:
			switch {
			case n != 1:
				return fault("has if_tsresol option with length %d != 1", n)
			case hasResolution:
				return fault("has more than one if_tsresol option")
			}
			hasResolution = true
			unit.base, unit.exp = 10, int(value[0])
			if value[0]&0x80 != 0 {
				unit.base, unit.exp = 2, int(value[0]&0x7f)
			}
			if unit.base == 10 && unit.exp > 19 || unit.exp > 63 {
				return fault("if_tsresol option resolution %d^-%d is too high", unit.base, unit.exp)
			}
		case optIfTsOffset:
			switch {
			case n != 8:
				return fault("has if_tsoffset option with length %d != 8", n)
			case hasOffset:
				return fault("has more than one if_tsoffset option")
			}
			hasOffset = true
			unit.offset = int64(r.order.Uint64(value))
		}
	}
	return unit, nil
}

func (r *Reader) simplePacket(body []byte) (Packet, error) {
	if len(body) < 4 {
		return Packet{}, tooShort(blockSimplePacket)
	}
	orig := r.order.Uint32(body)
	length := orig
	if r.section < len(r.interfaces) {
		length = min(orig, uint32(r.interfaces[r.section].SnapLen))
	}
	p, _, err := r.packet(blockSimplePacket, 0, 0, length, orig, body[4:]) // without a time
	return p, err
}

func (r *Reader) enhancedPacket(body []byte) (Packet, error) {
	if len(body) < packetHead {
		return Packet{}, tooShort(blockEnhancedPacket)
	}
	p, rest, err := r.packet(blockEnhancedPacket, r.order.Uint32(body), r.stamp(body[4:]), r.order.Uint32(body[12:]), r.order.Uint32(body[16:]),
		body[packetHead:])
	if err != nil {
		return Packet{}, err
	}
	rest = rest[min(padded(len(p.Data))-len(p.Data), len(rest)):]
	for o := (options{r.order, rest}); o.more(); {
		if code, value := o.next(); code == optComment && p.Comment == nil {
			p.Comment = value
		}
	}
	return p, nil
}

func (r *Reader) obsoletePacket(body []byte) (Packet, error) {
	if len(body) < packetHead {
		return Packet{}, tooShort(blockPacketObsolete)
	}
	p, _, err := r.packet(blockPacketObsolete, uint32(r.order.Uint16(body)), r.stamp(body[4:]), r.order.Uint32(body[12:]), r.order.Uint32(body[16:]),
		body[packetHead:])
	return p, err
}

// stamp reads a time stamp, whose upper half comes first in either byte order.
func (r *Reader) stamp(b []byte) uint64 {
	return uint64(r.order.Uint32(b))<<32 | uint64(r.order.Uint32(b[4:]))
}

// packet makes a packet of what a block tells and returns what follows its data.
func (r *Reader) packet(kind, number uint32, stamp uint64, length, orig uint32, data []byte) (p Packet, rest []byte, err error) {
	if int64(number) >= int64(len(r.interfaces)-r.section) {
		return p, nil, fmt.Errorf("a packet arrived on interface %d, but there's no Interface Description Block for that interface", number)
	}
	id := r.section + int(number)
	most := MaxSnapLen
	if snap := r.interfaces[id].SnapLen; r.uniform || snap > most {
		most = snap
	}
	if int64(length) > int64(most) {
		return p, nil, fmt.Errorf("invalid packet capture length %d, bigger than snaplen of %d", length, most)
	}
	if int(length) > len(data) {
		return p, nil, tooShort(kind)
	}
	return Packet{Interface: id, Time: r.units[id].nanoseconds(stamp), Data: data[:length:length], OrigLen: int(orig)}, data[length:], nil
}

// options walks over the options at the end of a packet block. A broken one ends the walk.
type options struct {
	order binary.ByteOrder
	rest  []byte
}

func (o *options) more() bool {
	if len(o.rest) < 4 || o.order.Uint16(o.rest) == optEnd {
		return false
	}
	return 4+int(o.order.Uint16(o.rest[2:])) <= len(o.rest)
}

func (o *options) next() (code uint16, value []byte) {
	code = o.order.Uint16(o.rest)
	n := int(o.order.Uint16(o.rest[2:]))
	value = o.rest[4 : 4+n]
	o.rest = o.rest[min(4+padded(n), len(o.rest)):]
	return code, value
}

// timeUnit says what an interface's time stamps count: base^-exp seconds since
// offset seconds after 1970.
type timeUnit struct {
	base, exp int
	offset    int64 // seconds
}

// nanoseconds gives a time in nanoseconds since 1970. One that is so far away that
// 64 bits cannot tell it is cut to 32 bits of seconds, as in a classic file.
func (u timeUnit) nanoseconds(stamp uint64) int64 {
	perSecond := uint64(1) << (u.exp & 63)
	if u.base == 10 {
		perSecond = 1
		for range u.exp {
			perSecond *= 10
		}
	}
	hi, lo := bits.Mul64(stamp%perSecond, 1e9)
	nanos, _ := bits.Div64(hi, lo, perSecond) // cannot overflow: the remainder is below perSecond
	seconds := int64(stamp/perSecond + uint64(u.offset))
	const most = math.MaxInt64/1_000_000_000 - 1
	if seconds > most || seconds < -most {
		seconds = int64(int32(seconds))
	}
	return seconds*1e9 + int64(nanos)
}
