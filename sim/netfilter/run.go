package netfilter

import (
	"encoding/binary"
	"slices"

	"hoplab/packet"
	"hoplab/sim/conntrack"
	"hoplab/sim/netfilter/ipset"
)

// act is what a line of code does when its conditions hold.
type act uint8

const (
	actNone   act = iota // count only
	actMark              // MARK: a is the value, b the mask
	actJump              // to the line in a
	actGoto              // likewise, without a way back
	actEnd               // end of a user chain
	actReturn            // RETURN
	actAccept
	actDrop
	actVerdict // REJECT and the nat targets
	actOther   // a target that changes the packet and goes on
	actPolicy  // end of a built-in chain
)

// line is a rule in flat form, or the end of a chain: 48 bytes.
type line struct {
	conds []op  // in code.ops
	rule  *Rule // nil at the end of a chain
	a, b  uint32
	act   act
}

// code is a table in flat form, one chain behind the other.
type code struct {
	lines []line
	ops   []op
	entry [numHooks]*Chain
	stack []uint32 // lines to return to; as deep as there are chains

	frames []frame // return addresses of plans
	nodes  int     // of plans
}

// compile makes the code of the table anew.
func (tb *Table) compile() {
	c := &tb.code
	clear(c.lines)
	clear(c.ops)
	c.lines, c.ops = c.lines[:0], c.ops[:0]
	n := uint32(0)
	for _, ch := range tb.chains {
		ch.start = n
		n += uint32(len(ch.rules)) + 1
	}
	total := 0
	for _, ch := range tb.chains {
		for _, r := range ch.rules {
			total += len(r.ops)
		}
	}
	c.ops = slices.Grow(c.ops, total) // lines point into it: it must not move
	for _, ch := range tb.chains {
		for _, r := range ch.rules {
			c.lines = append(c.lines, c.compile(r))
		}
		end := line{act: actEnd}
		if ch.builtin {
			end.act = actPolicy
			c.entry[ch.hook] = ch
		}
		c.lines = append(c.lines, end)
	}
	c.stack = make([]uint32, len(tb.chains)+1)
	c.frames = nil
	tb.dirty = false
}

func (c *code) compile(r *Rule) line {
	from := len(c.ops)
	c.ops = forWalk(c.ops, r.ops)
	l := line{conds: c.ops[from:], rule: r}
	switch t := r.Spec.Target.(type) {
	case nil:
		l.act = actNone
	case Jump:
		l.act, l.a = actJump, r.jump.start
		switch {
		case t.Goto:
			l.act = actGoto
		case len(r.jump.rules) == 0:
			l.act = actNone // there and back
		}
	case Standard:
		switch t {
		case StandardAccept:
			l.act = actAccept
		case StandardDrop:
			l.act = actDrop
		default:
			l.act = actReturn
		}
	case TargetMark:
		l.act, l.a, l.b = actMark, t.Value, t.Mask
	case TargetReject, TargetNAT, TargetNetmap:
		l.act = actVerdict
	default:
		l.act = actOther
	}
	return l
}

// Run shows the packet to a table at a hook, like ipt_do_table in
// net/ipv4/netfilter/ip_tables.c. trail, when it is not nil, gets the rules
// that were tried; without it nothing is allocated. A table that does not
// exist accepts.
//
// Whoever shows a packet to several tables at one hook asks for the Path once.
func (t *Tables) Run(id TableID, h Hook, p *Packet, trail *Trail) Verdict {
	p.Hook = h
	p.Tracked(p.CT, p.Info)
	return *t.Path(h, p.In, p.Out).Run(id, p, trail)
}

// walk goes from rule to rule.
func (t *Tables) walk(id TableID, h Hook, p *Packet, trail *Trail) Verdict {
	tb := t.tables[id]
	if tb == nil {
		return Verdict{NAT: &t.noNAT}
	}
	c := &tb.code
	base := c.entry[h]
	if base == nil {
		return Verdict{NAT: &t.noNAT}
	}
	p.knowsIn, p.knowsOut = false, false
	lines, pc, depth := c.lines, base.start, 0
next:
	l := &lines[pc]
	for i := range l.conds {
		o := &l.conds[i]
		var ok bool
		switch o.kind {
		case opMark:
			ok = *p.Mark&o.b == o.a
		case opIn:
			if !p.knowsIn {
				p.inName, p.knowsIn = p.In.name(), true
			}
			ok = (p.inName.lo^o.k.lo)&o.m.lo|(p.inName.hi^o.k.hi)&o.m.hi == 0
		case opOut:
			if !p.knowsOut {
				p.outName, p.knowsOut = p.Out.name(), true
			}
			ok = (p.outName.lo^o.k.lo)&o.m.lo|(p.outName.hi^o.k.hi)&o.m.hi == 0
		case opState:
			ok = StateMask(o.a)&p.State != 0
		case opProto:
			ok = uint32(p.IP.Proto()) == o.a
		default:
			var hot bool
			if ok, hot = t.holds(o, p); hot {
				return c.drop(l.rule)
			}
		}
		if ok == o.not {
			if trail != nil {
				trail.add(l.rule, i)
			}
			pc++
			goto next
		}
	}
	r := l.rule
	if r != nil {
		r.packets++
		r.bytes += uint64(len(p.IP))
		if trail != nil {
			trail.add(r, -1)
		}
	}
	switch l.act {
	case actNone:
		pc++
	case actMark:
		*p.Mark = *p.Mark&^l.b ^ l.a
		pc++
	case actJump:
		if depth == len(c.stack) {
			return c.drop(r)
		}
		c.stack[depth] = pc + 1
		depth++
		pc = l.a
	case actGoto:
		pc = l.a
	case actReturn, actEnd:
		if depth == 0 {
			// RETURN of a built-in chain, or the end of one entered by
			// goto: the policy decides.
			return base.decide(uint64(len(p.IP)))
		}
		depth--
		pc = c.stack[depth]
	case actPolicy:
		return base.decide(uint64(len(p.IP)))
	case actAccept, actDrop, actVerdict:
		return r.verdict()
	case actOther:
		r.act(p)
		pc++
	}
	goto next
}

// decide is the policy of a built-in chain.
func (c *Chain) decide(size uint64) Verdict {
	c.Packets++
	c.Bytes += size
	return c.verdict()
}

// verdict is the policy.
func (c *Chain) verdict() Verdict {
	return Verdict{Outcome: Outcome{Action: c.Policy}, NAT: &c.table.tables.noNAT, Chain: c}
}

// drop is the end of a packet at a rule whatever that says.
func (c *code) drop(r *Rule) Verdict {
	return Verdict{Outcome: Outcome{Action: Drop}, Index: r.Index, NAT: &r.chain.table.tables.noNAT, Rule: r, Chain: r.chain}
}

func (r *Rule) verdict() Verdict {
	v := Verdict{Index: r.Index, NAT: &r.chain.table.tables.noNAT, Rule: r, Chain: r.chain}
	switch t := r.Spec.Target.(type) {
	case Standard:
		if t == StandardDrop {
			v.Action = Drop
		}
	case TargetReject:
		v.Action, v.RejectWith = Reject, t.With
	case TargetNAT:
		v.Action, v.NAT = t.Action, &r.nat
	case TargetNetmap:
		v.Action, v.NAT = Netmap, &r.nat
	}
	return v
}

// act lets a target change the packet.
func (r *Rule) act(p *Packet) {
	switch t := r.Spec.Target.(type) {
	case TargetConnmark:
		t.act(p)
	case TargetCT:
		// Like xt_ct_target in net/netfilter/xt_CT.c: a packet that belongs
		// to a connection already stays with it.
		if t.Notrack && p.CT == nil {
			p.Untracked = true
			p.Tracked(nil, conntrack.Untracked)
		}
	case TargetLog:
		if l, ok := r.chain.table.tables.env.(Logger); ok {
			l.Log(p, t)
		}
	case TargetTCPMSS:
		t.act(p, r.chain.table.tables.env)
	case TargetTTL:
		t.act(p)
	case TargetTOS:
		p.setTOS(p.IP.TOS()&^t.Mask ^ t.Value)
	case TargetDSCP:
		p.setTOS(p.IP.TOS()&3 | t.DSCP<<2)
	}
}

func (p *Packet) setTOS(tos uint8) {
	if tos != p.IP.TOS() {
		p.IP.SetTOS(tos)
		p.Rewritten = true
	}
}

// Like connmark_tg_shift in net/netfilter/xt_connmark.c.
func (t TargetConnmark) act(p *Packet) {
	if p.CT == nil {
		return
	}
	switch t.Mode {
	case ConnmarkSet:
		p.CT.Mark = p.CT.Mark&^t.CTMask ^ t.Value
	case ConnmarkSave:
		p.CT.Mark = p.CT.Mark&^t.CTMask ^ *p.Mark&t.NFMask
	case ConnmarkRestore:
		*p.Mark = *p.Mark&^t.NFMask ^ p.CT.Mark&t.CTMask
	}
}

// Like ttl_tg in net/netfilter/xt_HL.c.
func (t TargetTTL) act(p *Packet) {
	ttl := int(p.IP.TTL())
	switch t.Action {
	case TTLSet:
		ttl = int(t.Value)
	case TTLInc:
		ttl = min(255, ttl+int(t.Value))
	case TTLDec:
		ttl = max(0, ttl-int(t.Value))
	}
	if ttl != int(p.IP.TTL()) {
		p.IP.SetTTL(uint8(ttl))
		p.Rewritten = true
	}
}

// holds tries the conditions that are not in the loop of Run. hot says that
// the packet is broken in a way for which the kernel drops it.
func (t *Tables) holds(o *op, p *Packet) (ok, hot bool) {
	ip := p.IP
	switch o.kind {
	case opSrc:
		return ip.Src32()&o.b == o.a, false
	case opDst:
		return ip.Dst32()&o.b == o.a, false
	case opSet:
		addr := ip.Dst32()
		if o.n&1 != 0 {
			addr = ip.Src32()
		}
		in := o.inSet(o.set.MatchIP(addr))
		if in && o.set.Counts() {
			o.set.Count(&ipset.Packet{Src: addr, Dst: addr}, ipset.Dirs{N: 1}, len(ip))
		}
		return in, false
	case opSets:
		q := setPacket(ip)
		d := ipset.Dirs{N: uint8(o.a), Src: o.n}
		in := o.inSet(o.set.Match(&q, d))
		if in && o.set.Counts() {
			o.set.Count(&q, d, len(ip))
		}
		return in, false
	case opAddrType:
		addr := ip.Dst32()
		if o.n != 0 {
			addr = ip.Src32()
		}
		return o.a>>t.env.AddrType(addr, o.device(p))&1 != 0, false
	case opRPFilter:
		return t.env.ReversePath(p, RPFlags(o.a)), false
	case opFragment:
		return ip.Frag()&packet.OffsetMask != 0, false
	case opLength:
		return o.a <= uint32(len(ip)) && uint32(len(ip)) <= o.b, false
	case opTTL:
		switch ttl := uint32(ip.TTL()); TTLMode(o.n) {
		case TTLEqual:
			return ttl == o.a, false
		case TTLNotEqual:
			return ttl != o.a, false
		case TTLLess:
			return ttl < o.a, false
		default:
			return ttl > o.a, false
		}
	case opMAC:
		a, ok := p.mac()
		same := uint32(a[0])<<16|uint32(a[1])<<8|uint32(a[2]) == o.a && uint32(a[3])<<16|uint32(a[4])<<8|uint32(a[5]) == o.b
		return ok && same == (o.n == 0), false
	case opPktType:
		typ := packet.Host
		if p.Buffer != nil {
			typ = p.Buffer.Type
		}
		return uint32(typ) == o.a, false
	case opTOS:
		return uint32(ip.TOS())&o.b == o.a, false
	case opSrcRange:
		a := ip.Src32()
		return o.a <= a && a <= o.b, false
	case opDstRange:
		a := ip.Dst32()
		return o.a <= a && a <= o.b, false
	case opConnmark:
		return p.CT != nil && p.CT.Mark&o.b == o.a, false
	case opConntrack:
		return o.x.ct.holds(p, t), false
	case opLimit:
		return o.x.limit.take(t.env.Now().Jiffies()), false
	case opRandom:
		return t.env.Rand()&0x7fffffff < o.a, false
	case opNth:
		// Like statistic_mt in net/netfilter/xt_statistic.c.
		if o.x.count == o.a {
			o.x.count = 0
		} else {
			o.x.count++
		}
		return o.x.count == 0, false
	}
	return o.transport(ip)
}

func (o *op) inSet(r ipset.Result) bool {
	if o.b != 0 {
		return r == ipset.NoMatch
	}
	return r == ipset.Yes
}

// device is the interface to which an addrtype is limited, 0 none.
func (o *op) device(p *Packet) int32 {
	d := p.In
	if o.b == 2 {
		d = p.Out
	}
	if o.b == 0 || d == nil {
		return 0
	}
	return d.Index
}

// transport tries the conditions on ports, flags and ICMP types, like
// net/netfilter/xt_tcpudp.c. A later fragment matches none of them, not even
// an inverted one.
func (o *op) transport(ip packet.IPv4) (ok, hot bool) {
	need := headerLen(o.n)
	switch o.kind {
	case opICMP:
		need = packet.ICMPLen
	case opPorts:
		need = 4
	}
	h, hot := transport(ip, need)
	if h == nil || hot {
		// A TCP fragment that begins inside the header is an attack.
		hot = hot || ip.FragOffset() == 8 && packet.Proto(o.n) == packet.ProtoTCP
		return o.not, hot // fails in spite of an inversion
	}
	within := func(port uint16, r PortRange) bool { return r.Min <= port && port <= r.Max }
	switch o.kind {
	case opTransport:
		return true, false
	case opSport:
		p := uint32(binary.BigEndian.Uint16(h))
		return o.a <= p && p <= o.b, false
	case opDport:
		p := uint32(binary.BigEndian.Uint16(h[2:]))
		return o.a <= p && p <= o.b, false
	case opFlags:
		return uint32(h[13])&o.b == o.a, false
	case opOption:
		return tcpOption(h, uint8(o.a), o.not)
	case opICMP:
		code := uint32(h[1])
		return o.a == 255 || uint32(h[0]) == o.a && o.b>>8 <= code && code <= o.b&255, false
	case opPorts:
		src, dst := binary.BigEndian.Uint16(h), binary.BigEndian.Uint16(h[2:])
		for _, r := range o.x.ports {
			if PortSide(o.n) != DestinationPorts && within(src, r) || PortSide(o.n) != SourcePorts && within(dst, r) {
				return true, false
			}
		}
	}
	return false, false
}

// tcpOption looks for an option. A segment whose options are cut is dropped.
func tcpOption(h []byte, option uint8, inverted bool) (ok, hot bool) {
	n := int(h[12]>>4) * 4
	if n < packet.TCPLen {
		return inverted, true
	}
	if n > len(h) {
		return inverted, true
	}
	for opts := h[packet.TCPLen:n]; len(opts) > 0; {
		if opts[0] == option {
			return true, false
		}
		step := 1
		if opts[0] >= 2 && len(opts) > 1 && opts[1] > 0 {
			step = int(opts[1])
		}
		opts = opts[min(step, len(opts)):]
	}
	return false, false
}

// setPacket reads what a set looks at, like ip_set_get_ip4_port in
// net/netfilter/ipset/ip_set_getport.c.
func setPacket(ip packet.IPv4) ipset.Packet {
	q := ipset.Packet{Src: ip.Src32(), Dst: ip.Dst32(), Proto: uint8(ip.Proto())}
	need := 0
	switch q.Proto {
	case 6:
		need = packet.TCPLen
	case 17, 136:
		need = packet.UDPLen
	case 132:
		need = 12
	case 1:
		need = packet.ICMPLen
	default:
		q.Ports = q.Proto != 0
		return q
	}
	h, _ := transport(ip, need)
	if len(h) < need {
		return q
	}
	q.Ports = true
	q.SrcPort = binary.BigEndian.Uint16(h)
	if q.Proto == 1 {
		q.DstPort = q.SrcPort
	} else {
		q.DstPort = binary.BigEndian.Uint16(h[2:])
	}
	return q
}

// take takes a packet's worth out of the bucket, like limit_mt in
// net/netfilter/xt_limit.c.
func (b *bucket) take(now int64) bool {
	if b.started {
		earned := min(uint64(now-b.prev)*creditsPerJiffy, uint64(b.limit))
		b.credit = uint32(min(uint64(b.credit)+earned, uint64(b.limit)))
	}
	b.prev, b.started = now, true
	if b.credit < b.cost {
		return false
	}
	b.credit -= b.cost
	return true
}

// holds tries what -m conntrack has beside --ctstate, like conntrack_mt in
// net/netfilter/xt_conntrack.c.
func (m *MatchConntrack) holds(p *Packet, t *Tables) bool {
	ct := p.CT
	if ct == nil {
		return m.Has&CTState != 0
	}
	ok := func(f CTField, holds bool) bool {
		return m.Has&f == 0 || holds != (m.Not&f != 0)
	}
	addrs := [4]uint32{ct.Orig.Src, ct.Orig.Dst, ct.Reply.Src, ct.Reply.Dst}
	ports := [4]uint16{ct.Orig.SrcPort, ct.Orig.DstPort, ct.Reply.SrcPort, ct.Reply.DstPort}
	for i := range addrs {
		if !ok(CTOrigSrc<<i, (addrs[i]^m.Addr[i].Addr)&m.Addr[i].Mask == 0) {
			return false
		}
		if !ok(CTOrigSrcPort<<i, m.Port[i].Min <= ports[i] && ports[i] <= m.Port[i].Max) {
			return false
		}
	}
	left := uint32(0)
	if m.Has&CTExpire != 0 {
		left = uint32(max(0, ct.Expires.Sub(t.env.Now()).Seconds()))
	}
	return ok(CTDir, (p.Info.Dir() == conntrack.Reply) == m.Reply) &&
		ok(CTProto, ct.Orig.Proto == m.Proto) &&
		ok(CTStatus, m.Status&uint32(ct.Status) != 0) &&
		ok(CTExpire, m.ExpireMin <= left && left <= m.ExpireMax)
}
