package packet

// classes are the storage sizes of the pool in bytes, headroom included: a
// ping or an ARP frame, an Ethernet frame, a jumbo frame, the largest IPv4
// datagram with its headers.
var classes = [...]int{512, 2048, 10240, Headroom + 65535 + 128}

// Stats counts buffers over the life of a pool.
type Stats struct {
	Created  uint64 // packets made by New
	Copied   uint64 // packets made by Clone
	Released uint64
}

// Live is the number of buffers that are with an owner now.
func (s Stats) Live() int { return int(s.Created + s.Copied - s.Released) }

// Pool makes and recycles buffers. It belongs to one event loop and is not
// safe for concurrent use. The zero value is ready.
type Pool struct {
	free  [len(classes)]*Buffer
	last  ID
	stats Stats
}

// Stats returns the counters.
func (p *Pool) Stats() Stats { return p.stats }

// New returns a buffer with n bytes of packet behind Headroom. The bytes are
// zero.
func (p *Pool) New(n int) *Buffer {
	b := p.get(Headroom+n, true)
	b.head, b.net, b.tail = Headroom, Headroom, int32(Headroom+n)
	b.setNetwork()
	b.ID = p.nextID()
	b.Parent = 0
	b.Meta = Meta{}
	b.FragList = nil
	p.stats.Created++
	return b
}

// FromBytes returns a buffer that holds a copy of frame.
func (p *Pool) FromBytes(frame []byte) *Buffer {
	b := p.New(len(frame))
	copy(b.Bytes(), frame)
	return b
}

func (p *Pool) nextID() ID {
	p.last++
	return p.last
}

// get takes a buffer whose store has at least size bytes from the free list,
// or makes one; zero clears the bytes behind the headroom.
func (p *Pool) get(size int, zero bool) *Buffer {
	class := int8(-1)
	for i, c := range classes {
		if size <= c {
			class = int8(i)
			break
		}
	}
	if class < 0 {
		return &Buffer{store: make([]byte, size), class: -1, pool: p}
	}
	b := p.free[class]
	if b == nil {
		return &Buffer{store: make([]byte, classes[class]), class: class, pool: p}
	}
	p.free[class] = b.next
	b.next = nil
	b.freed = false
	if zero {
		clear(b.store[Headroom:size])
	}
	return b
}

func (p *Pool) put(b *Buffer) {
	p.stats.Released++
	b.freed = true
	if b.class < 0 {
		return
	}
	b.next = p.free[b.class]
	p.free[b.class] = b
}
