package packet

import "fmt"

// Headroom is the free space in front of a new packet, in bytes. The deepest
// encapsulation is VXLAN: outer Ethernet 14 + IPv4 20 + UDP 8 + VXLAN 8 around
// the inner Ethernet 14 = 64. IPv6 would need 20 more and WireGuard 32 more;
// 128 leaves room for both and for IP options of the outer header.
const Headroom = 128

// ID names a packet for its whole life: it survives NAT and forwarding. A copy
// or an encapsulated packet keeps the ID of its origin in Parent.
type ID uint32

// Type says for whom a received frame is, like the kernel's skb->pkt_type
// (include/uapi/linux/if_packet.h).
type Type uint8

// The packet types of PACKET_HOST and its siblings.
const (
	Host      Type = iota // to this machine
	Broadcast             // to everybody
	Multicast             // to a group
	OtherHost             // to somebody else
	Outgoing              // sent by this machine
)

// Meta is what a packet carries beside its bytes inside one namespace: the
// part of the kernel's sk_buff and IPCB that the walk needs. Scrub clears it
// when the packet leaves the namespace.
type Meta struct {
	Mark    uint32 // skb->mark: fwmark of rules and iptables
	Conn    uint32 // conntrack entry of this namespace, 0 none
	CTInfo  uint8  // how the packet relates to Conn (conntrack.Info)
	Type    Type   // for whom the frame was
	Flags   Flags
	IIF     int32  // interface index it came in by, 0 for local packets
	FragMax uint16 // IPCB(skb)->frag_max_size: largest fragment it was made of, 0 whole
	BoundIF int32  // of a packet that comes back by lo: the device its socket was bound to (rt_iif)
}

// Flags of a packet on its way through a namespace, after the kernel's IPCB
// flags (include/net/ip.h).
type Flags uint16

// The flags.
const (
	Forwarded  Flags = 1 << iota // came in by a device and goes out by one (IPSKB_FORWARDED)
	FragPMTU                     // reassembled from fragments, one of which had DF (IPSKB_FRAG_PMTU)
	Untracked                    // the raw table said NOTRACK
	IgnoreDF                     // may be fragmented in spite of DF (skb->ignore_df)
	LocalRoute                   // on its way through lo with its route (skb keeps its dst)
	DeviceMTU                    // the sending socket ignores path MTUs (IP_PMTUDISC_PROBE, _INTERFACE)
	RRNeedAddr                   // a recorded route has a slot for the address on the way out (IPCB opt.rr_needaddr)
	TSNeedAddr                   // likewise a timestamp option (IPCB opt.ts_needaddr)
	Confirm                      // its sender knows that the way is alive (skb->dst_pending_confirm)
)

// Buffer is one packet: bytes with room in front, so that encapsulation is
// Prepend, decapsulation is TrimFront, and the payload never moves.
//
//	| headroom | link header | network header … payload | tailroom |
//	           ^ head        ^ net                      ^ tail
//
// A buffer has one owner. Whoever is handed one either hands it on or calls
// Release.
type Buffer struct {
	ID     ID
	Parent ID // origin of a copy, inner packet of a tunnel packet, cause of an ICMP error

	Meta

	// FragList holds the payload lengths of the fragments behind the first one
	// of a datagram that the kernel keeps as a list of them (skb_shinfo's
	// frag_list): it can be taken apart again as it came.
	FragList []uint16

	store   []byte // whole storage; len == cap
	network []byte // of it, from net to tail: every station asks for it
	head    int32  // first byte of the packet as it stands
	net     int32  // network header; valid once SetNetwork was called
	tail    int32  // end of the packet
	class   int8   // size class in the pool, -1 none
	freed   bool
	pool    *Pool
	next    *Buffer // free list, or the queue of whoever owns it
}

// Bytes returns the packet from its outermost header present to its end. The
// slice aliases the buffer.
func (b *Buffer) Bytes() []byte { return b.store[b.head:b.tail] }

// Len is the number of bytes from the outermost header present.
func (b *Buffer) Len() int { return int(b.tail - b.head) }

// Network returns the bytes from the network header on.
func (b *Buffer) Network() []byte { return b.network }

// SetNetwork says that the network header starts at the first byte present.
func (b *Buffer) SetNetwork() {
	b.net = b.head
	b.setNetwork()
}

// setNetwork follows a change of net or tail.
func (b *Buffer) setNetwork() { b.network = b.store[b.net:b.tail] }

// LinkHeader returns the bytes in front of the network header that are still
// there after TrimFront: what a receiver looks at for the sender's MAC. n is
// their number.
func (b *Buffer) LinkHeader(n int) []byte {
	if int(b.net) < n {
		return nil
	}
	return b.store[int(b.net)-n : b.net]
}

// IPv4 is the view of the network header. Only for packets whose header was
// checked with ParseIPv4 when they came in or that were built here.
func (b *Buffer) IPv4() IPv4 { return IPv4(b.network) }

// Prepend makes n more bytes of headroom part of the packet and returns them.
// They are not cleared.
func (b *Buffer) Prepend(n int) []byte {
	if int(b.head) < n {
		b.growFront(n)
	}
	b.head -= int32(n)
	return b.store[b.head:][:n]
}

// growFront moves the packet back to win room in front; only encapsulations
// nested deeper than Headroom come here.
func (b *Buffer) growFront(n int) {
	more := n + Headroom
	store := make([]byte, len(b.store)+more)
	copy(store[more:], b.store)
	b.store = store
	b.head += int32(more)
	b.net += int32(more)
	b.tail += int32(more)
	b.setNetwork()
	b.class = -1
}

// TrimFront takes n bytes off the front.
func (b *Buffer) TrimFront(n int) {
	if n > b.Len() {
		panic(fmt.Sprintf("packet: trim %d bytes of a packet of %d", n, b.Len()))
	}
	b.head += int32(n)
}

// TrimTo cuts the packet to n bytes: link padding behind an IP datagram.
func (b *Buffer) TrimTo(n int) {
	if n < b.Len() {
		b.tail = b.head + int32(n)
		b.setNetwork()
	}
}

// Scrub forgets what only one namespace may know, like skb_scrub_packet in
// net/core/skbuff.c. xnet says that the packet changes namespace; within one
// namespace the mark stays. Confirm always does: the kernel forgets to clear
// it, so that each hop of the machine takes its next one for reachable.
func (b *Buffer) Scrub(xnet bool) {
	mark, confirm := b.Mark, b.Flags&Confirm
	b.Meta = Meta{Flags: confirm}
	if !xnet {
		b.Mark = mark
	}
}

// Clone copies bytes and metadata into a new buffer of the same pool, for the
// places where the kernel copies: flooding, captures, fragments. The copy has
// a new ID and the original as Parent.
func (b *Buffer) Clone() *Buffer {
	c := b.pool.get(int(b.tail), false)
	c.head, c.net, c.tail = b.head, b.net, b.tail
	c.setNetwork()
	copy(c.store[c.head:c.tail], b.store[b.head:b.tail])
	if b.net < b.head { // a link header that was trimmed but may still be read
		copy(c.store[b.net:b.head], b.store[b.net:b.head])
	}
	c.Meta = b.Meta
	c.FragList = nil // a clone shares the first one with others: the list is of no use
	c.ID = b.pool.nextID()
	c.Parent = b.ID
	b.pool.stats.Copied++
	return c
}

// Release gives the buffer back. Using it afterwards is a bug; releasing it
// twice panics.
func (b *Buffer) Release() {
	if b.freed {
		panic("packet: buffer released twice")
	}
	b.pool.put(b)
}

// Queue is a list of buffers, first in first out, linked through the buffers
// themselves: it allocates nothing. The zero value is empty.
type Queue struct {
	first, last *Buffer
	n           int
}

// Len is the number of buffers in the queue.
func (q *Queue) Len() int { return q.n }

// Push appends b, which the queue owns from now on.
func (q *Queue) Push(b *Buffer) {
	b.next = nil
	if q.last == nil {
		q.first = b
	} else {
		q.last.next = b
	}
	q.last = b
	q.n++
}

// Front is the oldest buffer, nil when empty; it stays in the queue.
func (q *Queue) Front() *Buffer { return q.first }

// Pop hands out the oldest buffer, nil when empty.
func (q *Queue) Pop() *Buffer {
	b := q.first
	if b == nil {
		return nil
	}
	q.first = b.next
	if q.first == nil {
		q.last = nil
	}
	b.next = nil
	q.n--
	return b
}
