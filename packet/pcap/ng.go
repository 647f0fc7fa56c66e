package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// maxBlock is the longest pcapng block in bytes whose content we look at: a
// packet of MaxSnapLen bytes and generous options. Longer ones of unknown types
// are still skipped.
const maxBlock = MaxSnapLen + 4*maxOption

// maxInterfaces bounds what a hostile file can make us remember.
const maxInterfaces = 1 << 16

func (r *Reader) startNG() error {
	r.next = r.nextNG
	h, err := r.read(8, "section header bytes")
	if err != nil {
		return err
	}
	return r.sectionHeader([8]byte(h))
}

func (r *Reader) nextNG() (Packet, error) {
	for {
		if _, err := r.src.Peek(1); err != nil {
			return Packet{}, err // io.EOF between blocks is the regular end
		}
		h, err := r.read(8, "block header bytes")
		if err != nil {
			return Packet{}, err
		}
		p, isPacket, err := r.block([8]byte(h))
		if err != nil || isPacket {
			return p, err
		}
	}
}

// block reads the rest of the block that starts with head. isPacket tells
// whether it was a packet.
func (r *Reader) block(head [8]byte) (p Packet, isPacket bool, err error) {
	kind := r.order.Uint32(head[:])
	switch kind {
	case blockSectionHeader:
		return p, false, r.sectionHeader(head)
	case blockPacketObsolete:
		return p, false, errors.New("not modelled: obsolete pcapng packet block")
	case blockInterface, blockSimplePacket, blockEnhancedPacket:
	default:
		return p, false, r.skip(head)
	}
	body, err := r.body(head)
	if err != nil {
		return p, false, err
	}
	switch kind {
	case blockInterface:
		return p, false, r.interfaceDescription(body)
	case blockSimplePacket:
		p, err = r.simplePacket(body)
	default:
		p, err = r.enhancedPacket(body)
	}
	return p, err == nil, err
}

// sectionHeader reads the rest of a section header block, which tells the byte
// order of everything up to the next one. Interface numbers start anew in each
// section; those we hand out go on.
func (r *Reader) sectionHeader(head [8]byte) error {
	magic, err := r.src.Peek(4)
	if err != nil {
		return truncated(err, 4, "byte-order magic bytes", len(magic))
	}
	switch {
	case binary.LittleEndian.Uint32(magic) == byteOrderMagic:
		r.order = binary.LittleEndian
	case binary.BigEndian.Uint32(magic) == byteOrderMagic:
		r.order = binary.BigEndian
	default:
		return fmt.Errorf("unknown byte-order magic % x in pcapng section header", magic)
	}
	body, err := r.body(head)
	if err != nil {
		return err
	}
	if len(body) < 16 {
		return errors.New("pcapng section header block is too short")
	}
	if major := r.order.Uint16(body[4:]); major != 1 {
		return fmt.Errorf("unsupported pcapng savefile version %d.%d", major, r.order.Uint16(body[6:]))
	}
	r.section = len(r.interfaces)
	return nil
}

func (r *Reader) interfaceDescription(body []byte) error {
	if len(body) < 8 {
		return errors.New("pcapng interface description block is too short")
	}
	if len(r.interfaces) == maxInterfaces {
		return fmt.Errorf("more than %d interfaces in one capture file", maxInterfaces)
	}
	snap := int64(r.order.Uint32(body[4:]))
	if snap == 0 || snap > MaxSnapLen {
		snap = MaxSnapLen
	}
	i := Interface{LinkType: int(r.order.Uint16(body)), SnapLen: int(snap)}
	unit := timeUnit{base: 10, exp: 6}
	for o := (options{r.order, body[8:]}); o.more(); {
		code, value := o.next()
		switch {
		case code == optIfName:
			i.Name = string(value)
		case code == optIfDescription:
			i.Description = string(value)
		case code == optIfTsResolution && len(value) == 1:
			unit.base, unit.exp = 10, int(value[0]&0x7f)
			if value[0]&0x80 != 0 {
				unit.base = 2
			}
		case code == optIfTsOffset && len(value) == 8:
			unit.offset = int64(r.order.Uint64(value))
		}
	}
	if unit.base == 10 && unit.exp > 19 || unit.base == 2 && unit.exp > 63 {
		return fmt.Errorf("time stamp resolution %d^-%d is finer than 64 bits can tell", unit.base, unit.exp)
	}
	r.interfaces = append(r.interfaces, i)
	r.units = append(r.units, unit)
	return nil
}

func (r *Reader) simplePacket(body []byte) (Packet, error) {
	if len(body) < 4 {
		return Packet{}, errors.New("pcapng simple packet block is too short")
	}
	if r.section == len(r.interfaces) {
		return Packet{}, errors.New("pcapng packet before the first interface description")
	}
	orig := int(r.order.Uint32(body))
	length := min(orig, r.interfaces[r.section].SnapLen)
	if length > len(body)-4 {
		return Packet{}, fmt.Errorf("pcapng simple packet block of %d bytes is too short for %d captured bytes", len(body), length)
	}
	return Packet{Interface: r.section, Data: body[4 : 4+length], OrigLen: orig}, nil
}

func (r *Reader) enhancedPacket(body []byte) (Packet, error) {
	if len(body) < 20 {
		return Packet{}, errors.New("pcapng enhanced packet block is too short")
	}
	number := int64(r.order.Uint32(body))
	if number >= int64(len(r.interfaces)-r.section) {
		return Packet{}, fmt.Errorf("pcapng packet of interface %d, but only %d are described", number, len(r.interfaces)-r.section)
	}
	id := r.section + int(number)
	stamp := uint64(r.order.Uint32(body[4:]))<<32 | uint64(r.order.Uint32(body[8:]))
	t, ok := r.units[id].nanoseconds(stamp)
	if !ok {
		return Packet{}, errors.New("pcapng packet time does not fit into 64 bits of nanoseconds")
	}
	length, orig := r.order.Uint32(body[12:]), int(r.order.Uint32(body[16:]))
	if length > MaxSnapLen {
		return Packet{}, fmt.Errorf("invalid packet capture length %d, bigger than snaplen of %d", length, r.interfaces[id].SnapLen)
	}
	rest := body[20:]
	if padded(int(length)) > len(rest) {
		return Packet{}, fmt.Errorf("pcapng enhanced packet block of %d bytes is too short for %d captured bytes", len(body), length)
	}
	p := Packet{Interface: id, Time: t, Data: rest[:length], OrigLen: orig}
	for o := (options{r.order, rest[padded(int(length)):]}); o.more(); {
		if code, value := o.next(); code == optComment && p.Comment == nil {
			p.Comment = value
		}
	}
	return p, nil
}

// blockLength checks and returns the total length of the block behind head.
func (r *Reader) blockLength(head [8]byte) (int64, error) {
	total := int64(r.order.Uint32(head[4:]))
	if total < blockFraming || total%4 != 0 {
		return 0, fmt.Errorf("pcapng block of type 0x%x has an impossible length %d", r.order.Uint32(head[:]), total)
	}
	return total, nil
}

// body returns what lies between the two lengths of the block behind head.
func (r *Reader) body(head [8]byte) ([]byte, error) {
	total, err := r.blockLength(head)
	if err != nil {
		return nil, err
	}
	if total > maxBlock {
		return nil, fmt.Errorf("pcapng block of type 0x%x with %d bytes is longer than %d", r.order.Uint32(head[:]), total, maxBlock)
	}
	rest, err := r.read(int(total)-8, "block bytes")
	if err != nil {
		return nil, err
	}
	trailer := len(rest) - 4
	if again := r.order.Uint32(rest[trailer:]); int64(again) != total {
		return nil, fmt.Errorf("pcapng block length %d is %d behind the block", total, again)
	}
	return rest[:trailer], nil
}

func (r *Reader) skip(head [8]byte) error {
	total, err := r.blockLength(head)
	if err != nil {
		return err
	}
	for left := total - 8; left > 0; {
		n, err := r.src.Discard(int(min(left, bufferSize)))
		left -= int64(n)
		if err != nil {
			return truncated(err, int(total-8), "block bytes", int(total-8-left))
		}
	}
	return nil
}

// options walks over the options at the end of a block. A broken one ends the walk.
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

func (u timeUnit) nanoseconds(stamp uint64) (t int64, ok bool) {
	perSecond := uint64(1) << (u.exp & 63)
	if u.base == 10 {
		perSecond = 1
		for range u.exp {
			perSecond *= 10
		}
	}
	seconds := stamp / perSecond
	hi, lo := bits.Mul64(stamp%perSecond, 1e9)
	nanos, _ := bits.Div64(hi, lo, perSecond) // cannot overflow: the remainder is below perSecond
	const most = math.MaxInt64/1_000_000_000 - 1
	if seconds > most || u.offset > most || u.offset < -most {
		return 0, false
	}
	if total := int64(seconds) + u.offset; total >= -most && total <= most {
		return total*1e9 + int64(nanos), true
	}
	return 0, false
}
