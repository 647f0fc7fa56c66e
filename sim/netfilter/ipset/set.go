package ipset

import (
	"cmp"
	"errors"
	"hash/fnv"
	"math/bits"
	"slices"

	"hoplab/sim/clock"
)

// Type is a set type.
type Type uint8

// The types that are modelled.
const (
	HashIP Type = iota
	HashNet
	HashIPPort
	HashNetPort
	HashIPPortIP
	ListSet
	BitmapPort
	numTypes
)

// types is what differs between the types.
var types = [...]struct {
	name     string
	alias    string // of ipset's old names
	revision int
	dims     uint8 // parts of an element
	net      bool  // has prefixes and nomatch
	base     int   // bytes of an empty set, as the kernel counts
	elem     int   // bytes of an element
}{
	HashIP:       {"hash:ip", "iphash", 6, 1, false, 208, 4},
	HashNet:      {"hash:net", "nethash", 7, 1, true, 448, 8},
	HashIPPort:   {"hash:ip,port", "ipporthash", 7, 2, false, 208, 8},
	HashNetPort:  {"hash:net,port", "", 8, 2, true, 448, 8},
	HashIPPortIP: {"hash:ip,port,ip", "ipportiphash", 6, 3, false, 208, 12},
	ListSet:      {"list:set", "setlist", 3, 1, false, 80, 16},
	BitmapPort:   {"bitmap:port", "portmap", 3, 1, false, 72, 0},
}

// String is the type's name as in `ipset create`.
func (t Type) String() string {
	if t < numTypes {
		return types[t].name
	}
	return "unknown"
}

// Dims is the number of parts of an element: a rule must name at least as
// many directions, or it never matches.
func (t Type) Dims() uint8 { return types[t].dims }

// Elem is an element of a hash type. Unused fields are 0.
type Elem struct {
	IP    uint32
	IP2   uint32 // hash:ip,port,ip
	Port  uint16 // host order; ICMP: type<<8 | code
	Proto uint8
	Cidr  uint8 // prefix length of IP: 32 for a host, 0 to 32
}

// member is an element with what hangs on it.
type member struct {
	Elem
	set *Set // list:set
	Extra
	expires clock.Instant // 0: never
}

// Extra is what an element carries beside itself.
type Extra struct {
	NoMatch        bool
	Comment        string
	Packets, Bytes uint64
	Timed          bool // Timeout counts, not what the set says
	Timeout        int  // seconds, 0: for ever
}

// Set is one set. A rule keeps a pointer to it, like the kernel's index: when
// sets are swapped the pointer keeps the name and sees the other contents.
type Set struct {
	name string
	refs int // rules and lists that use it
	sets *Sets
	content
}

// content is what ipset swap exchanges.
type content struct {
	typ        Type
	hashSize   uint32
	maxElem    uint32 // list:set: size
	bucketSize uint8
	initval    uint32
	comments   bool
	counters   bool
	timeouts   bool
	timeout    int    // seconds, what elements get; 0: they stay
	from, to   uint16 // bitmap:port

	next clock.Instant // when the first element expires, 0 never

	members []member     // in order of insertion
	index   map[Elem]int // into members; hash types
	lens    []uint8      // prefix lengths in use, longest first
	perLen  [33]int      // elements of each prefix length
	few     []smallNet   // hash:ip and hash:net with at most fewMax elements
}

// smallNet is an element in the form for comparing: the first hit of a list
// that is ordered by prefix length decides.
type smallNet struct {
	addr, mask uint32
	nomatch    bool
}

const fewMax = 8

// Name is the set's name.
func (s *Set) Name() string { return s.name }

// Type is the set's type.
func (s *Set) Type() Type { return s.typ }

// Len is the number of elements.
func (s *Set) Len() int { return len(s.members) }

// Hold says that a rule uses the set: it cannot be destroyed until Drop.
func (s *Set) Hold() { s.refs++ }

// Drop takes back one Hold.
func (s *Set) Drop() { s.refs-- }

// Sets are the sets of one namespace. The zero value is ready.
type Sets struct {
	// Now is the time, for elements that expire. Nil: they do not.
	Now func() clock.Instant

	list []*Set // in slots, like the kernel's: a new set takes the first free one
}

// Get finds a set by name; nil when there is none.
func (s *Sets) Get(name string) *Set {
	for _, set := range s.list {
		if set != nil && set.name == name {
			return set
		}
	}
	return nil
}

// All are the sets in the order in which ipset lists them: list:set last.
func (s *Sets) All() []*Set {
	var all []*Set
	for _, lists := range []bool{false, true} {
		for _, set := range s.list {
			if set != nil && (set.typ == ListSet) == lists {
				all = append(all, set)
			}
		}
	}
	return all
}

// Errors of the edits, in the words of ipset.
var (
	ErrNoSet     = errors.New("The set with the given name does not exist")
	errExists    = errors.New("Set cannot be created: set with the same name already exists")
	errInUse     = errors.New("Set cannot be destroyed: it is in use by a kernel component")
	errRename    = errors.New("Set cannot be renamed: it is in use by another system")
	errNewName   = errors.New("Set cannot be renamed: a set with the new name already exists")
	errNoSecond  = errors.New("Sets cannot be swapped: the second set does not exist")
	errSwapType  = errors.New("The sets cannot be swapped: their type does not match")
	errAdded     = errors.New("Element cannot be added to the set: it's already added")
	errNotAdded  = errors.New("Element cannot be deleted from the set: it's not added")
	errNull      = errors.New("Null-valued element, cannot be stored in a hash type of set")
	errCidr      = errors.New("The value of the CIDR parameter of the IP address is invalid")
	errFull      = errors.New("Hash is full, cannot add more elements")
	errListFull  = errors.New("Set is full, more elements cannot be added.")
	errNoMember  = errors.New("Set to be added/deleted/tested as element does not exist.")
	errListLoop  = errors.New("Sets with list:set type cannot be added to the set.")
	errNoComment = errors.New("Comment cannot be used: set was created without comment support")
	errRange     = errors.New("Element is out of the range of the set")
	errNoTimeout = errors.New("Timeout cannot be used: set was created without timeout support")
	errNoCounter = errors.New("Packet/byte counters cannot be used: set was created without counter support")
	errBefore    = errors.New("The set to which you referred with 'before' or 'after' is not added to the set.")
)

// Options are those of ipset create. The zero value means ipset's defaults.
type Options struct {
	HashSize   uint32 // rounded up to a power of two, at least 64; 0: 1024
	MaxElem    uint32 // 0: 65536; list:set: size, 0: 8
	BucketSize uint8  // 0: 12
	Initval    uint32 // 0: made from the name
	Comment    bool
	Counters   bool
	Timeouts   bool
	Timeout    int    // seconds, valid iff Timeouts
	From, To   uint16 // bitmap:port
}

// Create adds a set. With exist a set that is there with the same header is
// fine.
func (s *Sets) Create(name string, typ Type, o Options, exist bool) error {
	c := content{typ: typ, hashSize: 1024, maxElem: 65536, bucketSize: 12, initval: o.Initval, comments: o.Comment, counters: o.Counters, timeouts: o.Timeouts, timeout: o.Timeout, from: o.From, to: o.To}
	if typ == ListSet {
		c.maxElem = 8
	}
	if o.HashSize != 0 {
		c.hashSize = max(64, uint32(min(1<<31, uint64(1)<<bits.Len32(o.HashSize-1))))
	}
	if o.MaxElem != 0 {
		c.maxElem = o.MaxElem
	}
	if o.BucketSize != 0 {
		c.bucketSize = o.BucketSize
	}
	if c.initval == 0 {
		h := fnv.New32a()
		h.Write([]byte(name))
		c.initval = h.Sum32()
	}
	if old := s.Get(name); old != nil {
		if exist && old.typ == typ && old.maxElem == c.maxElem && old.comments == c.comments && old.counters == c.counters && old.timeouts == c.timeouts && old.timeout == c.timeout && old.from == c.from && old.to == c.to {
			return nil
		}
		return errExists
	}
	set := &Set{name: name, sets: s, content: c}
	if i := slices.Index(s.list, nil); i >= 0 {
		s.list[i] = set
	} else {
		s.list = append(s.list, set)
	}
	return nil
}

// Destroy removes a set that nobody uses.
func (s *Sets) Destroy(name string) error {
	set := s.Get(name)
	if set == nil {
		return ErrNoSet
	}
	if set.refs > 0 {
		return errInUse
	}
	s.remove(set)
	return nil
}

func (s *Sets) remove(set *Set) {
	set.Flush()
	s.list[slices.Index(s.list, set)] = nil
}

// DestroyAll removes all sets unless a rule or a list uses one.
func (s *Sets) DestroyAll() error {
	for _, set := range s.list {
		if set != nil && set.refs > 0 {
			return errInUse
		}
	}
	for _, set := range s.All() {
		s.remove(set)
	}
	return nil
}

// Rename gives a set another name.
func (s *Sets) Rename(from, to string) error {
	set := s.Get(from)
	switch {
	case set == nil:
		return ErrNoSet
	case set.refs > 0:
		return errRename
	case s.Get(to) != nil:
		return errNewName
	}
	set.name = to
	return nil
}

// Swap exchanges the contents of two sets of one type.
func (s *Sets) Swap(from, to string) error {
	a, b := s.Get(from), s.Get(to)
	switch {
	case a == nil:
		return ErrNoSet
	case b == nil:
		return errNoSecond
	case a.typ != b.typ:
		return errSwapType
	}
	a.content, b.content = b.content, a.content
	return nil
}

// Flush empties the set.
func (s *Set) Flush() {
	for _, m := range s.members {
		if m.set != nil {
			m.set.Drop()
		}
	}
	s.members, s.index, s.lens, s.few, s.next = nil, nil, nil, nil, 0
	s.perLen = [33]int{}
}

func mask(cidr uint8) uint32 { return ^uint32(0) << (32 - cidr) }

// valid refuses what the kernel cannot store, and clears host bits.
func (s *Set) valid(e *Elem) error {
	switch s.typ {
	case HashIP:
		if e.IP == 0 {
			return errNull
		}
	case BitmapPort:
		if e.Port < s.from || e.Port > s.to {
			return errRange
		}
		*e = Elem{Port: e.Port, Cidr: 32}
		return nil
	case HashNet, HashNetPort:
		if e.Cidr == 0 {
			return errCidr
		}
	}
	e.IP &= mask(e.Cidr)
	return nil
}

// Add puts an element in. With exist one that is there gets the flag, the
// comment and the time of this call.
func (s *Set) Add(e Elem, x Extra, exist bool) error {
	m, err := s.extra(x)
	if err != nil {
		return err
	}
	if err := s.valid(&e); err != nil {
		return err
	}
	s.expire()
	m.Elem = e
	if i, ok := s.index[e]; ok {
		if !exist {
			return errAdded
		}
		s.members[i] = m
		s.soon(m.expires)
		s.refresh()
		return nil
	}
	if s.typ != BitmapPort && uint32(len(s.members)) >= s.maxElem {
		return errFull
	}
	if s.index == nil {
		s.index = make(map[Elem]int)
	}
	s.index[e] = len(s.members)
	s.members = append(s.members, m)
	s.soon(m.expires)
	s.perLen[e.Cidr]++
	s.refresh()
	return nil
}

// extra checks what an element carries, and works out when it expires.
func (s *Set) extra(x Extra) (m member, err error) {
	switch {
	case x.Comment != "" && !s.comments:
		return m, errNoComment
	case x.Timed && !s.timeouts:
		return m, errNoTimeout
	case (x.Packets != 0 || x.Bytes != 0) && !s.counters:
		return m, errNoCounter
	}
	if !x.Timed {
		x.Timeout = s.timeout
	}
	m.Extra = x
	if s.timeouts && x.Timeout > 0 && s.sets.Now != nil {
		m.expires = s.sets.Now().Add(clock.Duration(x.Timeout) * 1e9)
	}
	return m, nil
}

// soon notes when an element expires.
func (s *Set) soon(at clock.Instant) {
	if at != 0 && (s.next == 0 || at < s.next) {
		s.next = at
	}
}

// expire takes out the elements whose time is over.
func (s *Set) expire() {
	if s.next != 0 && s.sets.Now() >= s.next {
		s.reap()
	}
}

func (s *Set) reap() {
	now := s.sets.Now()
	s.next = 0
	s.members = slices.DeleteFunc(s.members, func(m member) bool {
		gone := m.expires != 0 && m.expires <= now
		switch {
		case !gone:
			s.soon(m.expires)
		case m.set != nil:
			m.set.Drop()
		default:
			s.perLen[m.Cidr]--
		}
		return gone
	})
	if s.typ == ListSet {
		return
	}
	clear(s.index)
	for i := range s.members {
		s.index[s.members[i].Elem] = i
	}
	s.refresh()
}

// left is the time that an element has, in seconds; 0: for ever.
func (s *Set) left(m *member) int {
	if m.expires == 0 {
		return 0
	}
	return max(1, int(m.expires.Sub(s.sets.Now())/1e9))
}

// Del takes an element out.
func (s *Set) Del(e Elem, exist bool) error {
	if err := s.valid(&e); err != nil {
		return err
	}
	s.expire()
	i, ok := s.index[e]
	if !ok {
		if exist {
			return nil
		}
		return errNotAdded
	}
	delete(s.index, e)
	s.members = slices.Delete(s.members, i, i+1)
	for j := i; j < len(s.members); j++ {
		s.index[s.members[j].Elem] = j
	}
	s.perLen[e.Cidr]--
	s.refresh()
	return nil
}

// refresh makes the lookup forms anew.
func (s *Set) refresh() {
	s.lens = s.lens[:0]
	for l := 32; l >= 0; l-- {
		if s.perLen[l] > 0 {
			s.lens = append(s.lens, uint8(l))
		}
	}
	s.few = s.few[:0]
	if s.typ.Dims() != 1 || s.typ == BitmapPort || len(s.members) > fewMax {
		return
	}
	for _, m := range s.members {
		s.few = append(s.few, smallNet{m.IP, mask(m.Cidr), m.NoMatch})
	}
	slices.SortStableFunc(s.few, func(a, b smallNet) int { return -cmp.Compare(a.mask, b.mask) })
}

// has says whether set is an element of the list.
func (s *Set) has(set *Set) bool { return s.at(set) >= 0 }

func (s *Set) at(set *Set) int {
	return slices.IndexFunc(s.members, func(m member) bool { return m.set == set && set != nil })
}

// AddSet puts a set into a list:set, before or after another one if that is
// not nil.
func (s *Set) AddSet(set, before, after *Set, x Extra, exist bool) error {
	m, err := s.extra(x)
	if err != nil {
		return err
	}
	m.set = set
	s.expire()
	switch {
	case set == nil:
		return errNoMember
	case set.typ == ListSet:
		return errListLoop
	}
	pos := len(s.members)
	if before != nil {
		pos = s.at(before)
	} else if after != nil {
		pos = s.at(after) + 1
		if pos == 0 {
			pos = -1
		}
	}
	if pos < 0 {
		return errBefore
	}
	if i := s.at(set); i >= 0 {
		switch {
		case before != nil || after != nil:
			return errBefore
		case !exist:
			return errAdded
		}
		s.members[i] = m
		s.soon(m.expires)
		return nil
	}
	if uint32(len(s.members)) >= s.maxElem {
		return errListFull
	}
	s.members = slices.Insert(s.members, pos, m)
	s.soon(m.expires)
	set.Hold()
	return nil
}

// DelSet takes a set out of a list:set.
func (s *Set) DelSet(set *Set, exist bool) error {
	if set == nil {
		return errNoMember
	}
	s.expire()
	i := s.at(set)
	if i < 0 {
		if exist {
			return nil
		}
		return errNotAdded
	}
	s.members = slices.Delete(s.members, i, i+1)
	set.Drop()
	return nil
}

// Result is the answer of a lookup.
type Result uint8

// The answers. NoMatch: the most specific element that fits is marked
// nomatch, so the set does not match.
const (
	No Result = iota
	Yes
	NoMatch
)

func hit(nomatch bool) Result {
	if nomatch {
		return NoMatch
	}
	return Yes
}

// MatchIP looks an address up in a set of type hash:ip or hash:net. It
// allocates nothing.
func (s *Set) MatchIP(addr uint32) Result {
	s.expire()
	if len(s.members) <= fewMax {
		for i := range s.few {
			if f := &s.few[i]; (addr^f.addr)&f.mask == 0 {
				return hit(f.nomatch)
			}
		}
		return No
	}
	return s.lookup(Elem{IP: addr})
}

// lookup tries the prefix lengths in use, longest first, like mtype_test_cidrs
// in net/netfilter/ipset/ip_set_hash_gen.h.
func (s *Set) lookup(e Elem) Result {
	ip := e.IP
	for _, l := range s.lens {
		e.IP, e.Cidr = ip&mask(l), l
		if i, ok := s.index[e]; ok {
			return hit(s.members[i].NoMatch)
		}
	}
	return No
}

// Packet is what a rule shows to a set.
type Packet struct {
	Src, Dst         uint32
	SrcPort, DstPort uint16 // ICMP: type<<8 | code in both; 0 for protocols without
	Proto            uint8
	Ports            bool // false: a later fragment or a cut header, so that no set with ports matches
}

// Dirs is the src,dst list of a rule: N parts, bit i of Src set when part i is
// src.
type Dirs struct{ N, Src uint8 }

func (d Dirs) addr(i uint8, p *Packet) uint32 {
	if d.Src>>i&1 != 0 {
		return p.Src
	}
	return p.Dst
}

func (d Dirs) port(i uint8, p *Packet) uint16 {
	if d.Src>>i&1 != 0 {
		return p.SrcPort
	}
	return p.DstPort
}

// Match looks a packet up. It allocates nothing.
func (s *Set) Match(p *Packet, d Dirs) Result {
	if d.N < s.typ.Dims() {
		return No
	}
	s.expire()
	switch s.typ {
	case HashIP, HashNet:
		return s.MatchIP(d.addr(0, p))
	case BitmapPort:
		if !p.Ports || p.Proto != 6 && p.Proto != 17 && p.Proto != 132 && p.Proto != 136 {
			return No
		}
		if _, ok := s.index[Elem{Port: d.port(0, p), Cidr: 32}]; ok {
			return Yes
		}
	case HashIPPort, HashNetPort, HashIPPortIP:
		if !p.Ports {
			return No
		}
		e := Elem{IP: d.addr(0, p), Port: d.port(1, p), Proto: p.Proto}
		if s.typ == HashIPPortIP {
			e.IP2 = d.addr(2, p)
		}
		return s.lookup(e)
	case ListSet:
		for i := range s.members {
			if s.members[i].set.Match(p, d) == Yes {
				return Yes
			}
		}
	}
	return No
}

// Member is the element that decides about a packet, as ipset list prints it;
// empty if there is none. It is for explanations, not for the packet path.
func (s *Set) Member(p *Packet, d Dirs) string {
	if s.Match(p, d) == No {
		return ""
	}
	best := -1
	for i := range s.members {
		if m := &s.members[i]; s.holds(m, p, d) && (best < 0 || m.Cidr > s.members[best].Cidr) {
			best = i
		}
	}
	b := s.appendKey(nil, &s.members[best])
	if s.members[best].NoMatch {
		b = append(b, " nomatch"...)
	}
	return string(b)
}

// holds says that one element contains what a packet of a kind that the set
// knows shows.
func (s *Set) holds(m *member, p *Packet, d Dirs) bool {
	switch s.typ {
	case ListSet:
		return m.set.Match(p, d) == Yes
	case BitmapPort:
		return m.Port == d.port(0, p)
	}
	return (d.addr(0, p)^m.IP)&mask(m.Cidr) == 0 &&
		(s.typ.Dims() < 2 || m.Port == d.port(1, p) && m.Proto == p.Proto) &&
		(s.typ.Dims() < 3 || m.IP2 == d.addr(2, p))
}

// Counts says that the elements of the set, or of one in a list, count packets.
func (s *Set) Counts() bool {
	return s.counters || s.typ == ListSet && slices.ContainsFunc(s.members, func(m member) bool { return m.set.Counts() })
}

// Count counts a packet that the set has matched at the element that did.
func (s *Set) Count(p *Packet, d Dirs, size int) {
	e := Elem{IP: d.addr(0, p)}
	switch s.typ {
	case ListSet:
		for i := range s.members {
			if m := &s.members[i]; m.set.Match(p, d) == Yes {
				m.Packets, m.Bytes = m.Packets+1, m.Bytes+uint64(size)
				m.set.Count(p, d, size)
				return
			}
		}
		return
	case BitmapPort:
		e = Elem{Port: d.port(0, p)}
	case HashIPPort, HashNetPort, HashIPPortIP:
		e.Port, e.Proto = d.port(1, p), p.Proto
		if s.typ == HashIPPortIP {
			e.IP2 = d.addr(2, p)
		}
	}
	ip := e.IP
	for _, l := range s.lens {
		e.IP, e.Cidr = ip&mask(l), l
		if i, ok := s.index[e]; ok {
			m := &s.members[i]
			m.Packets, m.Bytes = m.Packets+1, m.Bytes+uint64(size)
			return
		}
	}
}

// Test is `ipset test` of an element: an address is looked up among the
// networks, a network must be an element itself.
func (s *Set) Test(e Elem) Result {
	s.expire()
	if err := s.valid(&e); err != nil {
		return No
	}
	if e.Cidr == 32 && s.typ != BitmapPort {
		return s.lookup(e)
	}
	if i, ok := s.index[e]; ok {
		return hit(s.members[i].NoMatch)
	}
	return No
}
