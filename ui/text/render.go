package text

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// Options of a Renderer and of a report. The zero value is English, 160
// columns, without colour.
type Options struct {
	Lang  Lang
	Width int  // of a line in terminal cells; 0 means 160
	Color bool // ANSI colours, which only repeat what the words say
	ASCII bool // "ok" and "FAIL" instead of ✓ and ✗
	NetNS int  // width of the widest namespace's name; see Columns
	Dev   int  // width of the widest device's name
}

func (o Options) layout() layout {
	l := layout{lang: o.Lang, width: o.Width, color: o.Color, ascii: o.ASCII}
	if l.width <= 0 {
		l.width = defaultWidth
	}
	return l
}

// Columns gives the widths of the widest names in a lab.
func Columns(l *topology.Lab) (netns, dev int) {
	for _, m := range l.Machines {
		netns = max(netns, cells(m.Name))
		for _, i := range m.Interfaces {
			dev = max(dev, cells(i.Name))
		}
	}
	return netns, dev
}

// Renderer writes the hop log of one run: a line for each crossing of an
// interface and, below it, what was decided about the packet until its next
// crossing.
//
// What happens at one virtual instant is written together when time goes on,
// so that a decision stands below its own packet also when another packet was
// made meanwhile. Decisions before a packet's first crossing (a local
// program sends) stand below that crossing.
type Renderer struct {
	layout
	netns, dev int
	w          io.Writer
	err        error

	now     clock.Instant
	blocks  []block // of this instant, in order; the first n are in use
	n       int
	pending map[packet.ID]*block    // decisions about packets that crossed nothing yet
	seen    map[packet.ID]bool      // packets that crossed something
	held    map[packet.ID]wait      // packets that wait for ARP
	replies map[packet.ID]answer    // by the packet that waits: who answered ARP
	cause   map[packet.ID]packet.ID // ARP request -> the packet that waits
	spare   []*block                // for pending
	out     []byte
	byCol   int // where the names of those who put something there begin

	each  func(seq uint64, decisions []byte) // if not nil: what stands below each crossing
	story *Story                             // if not nil: decisions are collected instead of written
	seq   uint64                             // of the event that is told
}

// block is one line of the log with what belongs below it.
type block struct {
	packet packet.ID
	where  place
	flow   packet.Flow
	buf    []byte
	seq    uint64 // of the crossing; 0 where there is none
	first  int    // where the decisions begin in buf
	filter bool   // an accepting filter rule was told already
	list   []Decision

	answered bool   // the kernel itself answered
	told     string // the last object that decided
}

type place struct {
	at         clock.Instant
	netns, dev string
}

// wait is a packet that waits for ARP.
type wait struct {
	since     clock.Instant
	hop       string // address of the next hop
	to        uint32 // where the packet goes
	from, end int    // where its block says so
}

// answer is who answered an ARP request, and why.
type answer struct{ netns, why string }

// New returns a renderer that writes to w.
func New(w io.Writer, o Options) *Renderer {
	l := o.layout()
	return &Renderer{layout: l, netns: o.NetNS, dev: max(o.Dev, 1), w: w, byCol: l.width * 5 / 8,
		pending: map[packet.ID]*block{}, seen: map[packet.ID]bool{}, held: map[packet.ID]wait{},
		replies: map[packet.ID]answer{}, cause: map[packet.ID]packet.ID{}}
}

// Comments collects what the hop log says below each crossing: the comments of
// a capture file.
type Comments struct {
	*Renderer
	bySeq map[uint64]string
}

// NewComments returns comments in a language.
func NewComments(lang Lang) *Comments {
	c := &Comments{New(io.Discard, Options{Lang: lang, Width: maxComment}), map[uint64]string{}}
	c.byCol = 0
	c.each = func(seq uint64, decisions []byte) {
		text := strings.TrimSuffix(string(decisions), "\n")
		text = strings.ReplaceAll(text, "\n"+strings.Repeat(" ", timeWidth+1), "\n")
		c.bySeq[seq] = strings.TrimLeft(text, " ")
	}
	return c
}

// maxComment is longer than any decision, so that none is wrapped.
const maxComment = 1 << 12

// Of gives the comment of the crossing with that sequence number; empty if
// nothing was decided.
func (c *Comments) Of(seq uint64) string { return c.bySeq[seq] }

// Event takes the next event of the run.
func (r *Renderer) Event(e *sim.Event) {
	if r.err != nil {
		return
	}
	if e.At != r.now {
		r.flush()
		r.now = e.At
	}
	r.seq = e.Seq
	r.follow(e)
	if crossing(e) {
		r.cross(e)
		return
	}
	b := r.block(e)
	r.decision(b, e)
	if ends(e.Verdict) {
		r.end(e)
	}
}

// crossing says that a packet crosses an interface. What leaves by lo comes
// back in by it at once: like tcpdump, the log shows it once.
func crossing(e *sim.Event) bool {
	return e.Verdict == trace.Continue && (e.Stage == trace.StageIngress || e.Stage == trace.StageEgress && e.Dev != "lo")
}

func ends(v trace.Verdict) bool { return v == trace.Deliver || v == trace.Drop || v == trace.Absorb }

// cross starts a new block.
func (r *Renderer) cross(e *sim.Event) {
	r.seen[e.Packet] = true
	b := r.next(e)
	b.seq = e.Seq
	dir := "In"
	if e.Stage == trace.StageEgress {
		dir = "Out"
	}
	if e.Line != "" {
		b.buf = r.head(b.buf, b.where, dir, e.Line)
	} else {
		b.buf = r.head(b.buf, b.where, dir, string(AppendFlow(nil, e.After)))
	}
	b.first = len(b.buf)
	w, held := r.held[e.Packet]
	if p := r.pending[e.Packet]; p != nil {
		if held { // no longer
			p.buf = slices.Delete(p.buf, w.from, w.end)
			p.list = slices.DeleteFunc(p.list, func(d Decision) bool { return d.Keyword == kwHold })
		}
		b.buf = append(b.buf, p.buf...)
		b.filter = p.filter
		b.list = append(b.list, p.list...)
		r.forget(e.Packet, p)
	}
	if held && e.Stage == trace.StageEgress {
		r.waited(b, e, w)
	}
}

// block finds where a decision belongs: below the packet's last line of this
// instant, or with what waits for its first crossing. A packet that crossed
// something at an earlier instant gets a line that says which one it is.
func (r *Renderer) block(e *sim.Event) *block {
	b := r.find(e.Packet)
	switch {
	case b != nil:
	case r.seen[e.Packet], e.Stage == trace.StageDefrag:
		r.seen[e.Packet] = true
		return r.headline(e)
	default:
		b = &block{}
		if n := len(r.spare); n > 0 {
			b, r.spare = r.spare[n-1], r.spare[:n-1]
		}
		r.set(b, e)
		r.pending[e.Packet] = b
	}
	if e.After != (packet.Flow{}) {
		b.flow = e.After
	}
	return b
}

// find gives the block that a packet has at this instant, or nil.
func (r *Renderer) find(id packet.ID) *block {
	for i := r.n - 1; i >= 0; i-- {
		if r.blocks[i].packet == id {
			return &r.blocks[i]
		}
	}
	return r.pending[id]
}

// headline starts a block of a packet that crosses nothing now. The line is
// taken back if no decision follows.
func (r *Renderer) headline(e *sim.Event) *block {
	b := r.next(e)
	b.buf = r.head(b.buf, b.where, "-", string(AppendFlow(nil, e.Before)))
	b.first = len(b.buf)
	return b
}

// end forgets a packet. One that ends without any crossing is told now.
func (r *Renderer) end(e *sim.Event) {
	id := e.Packet
	if p := r.pending[id]; p != nil {
		if len(p.buf) > 0 || len(p.list) > 0 {
			p.where = place{e.At, e.NetNS, e.Dev}
			r.orphan(p)
		}
		r.forget(id, p)
	}
	delete(r.seen, id)
	delete(r.held, id)
	delete(r.replies, id)
	delete(r.cause, id)
}

// orphan writes the decisions about a packet that crossed nothing.
func (r *Renderer) orphan(p *block) {
	b := r.grow()
	b.packet, b.where, b.flow, b.seq, b.first = p.packet, p.where, p.flow, 0, 0
	b.buf = r.head(b.buf[:0], p.where, "-", string(AppendFlow(nil, p.flow)))
	b.buf = append(b.buf, p.buf...)
	b.list = p.list
}

func (r *Renderer) forget(id packet.ID, p *block) {
	delete(r.pending, id)
	r.spare = append(r.spare, p)
}

func (r *Renderer) set(b *block, e *sim.Event) {
	b.packet, b.flow, b.seq, b.first, b.filter, b.answered, b.told = e.Packet, e.After, 0, 0, false, false, ""
	b.where = place{e.At, e.NetNS, e.Dev}
	b.buf, b.list = b.buf[:0], nil
}

func (r *Renderer) next(e *sim.Event) *block {
	b := r.grow()
	r.set(b, e)
	return b
}

func (r *Renderer) grow() *block {
	if r.n == len(r.blocks) {
		r.blocks = append(r.blocks, block{})
	}
	r.n++
	return &r.blocks[r.n-1]
}

// head adds the line of a crossing. dir is In, Out, or - where the packet
// crosses nothing.
func (r *Renderer) head(dst []byte, at place, dir, line string) []byte {
	dst = r.on(dst, dim)
	from := len(dst)
	dst = appendTime(dst, at.at)
	n := len(dst) - from
	dst = r.off(dst, dim)
	dst = spaces(dst, max(timeWidth-n, 0)+1) // later than ten seconds: the line shifts
	dev := at.dev
	if dev == "" {
		dev = "-"
	}
	dst = r.field(dst, at.netns, r.netns, bold)
	dst = r.field(dst, dev, r.dev, plain)
	st := plain
	switch dir {
	case "In":
		st = green
	case "Out":
		st = blue
	}
	dst = r.field(dst, dir, len("Out"), st)
	col := max(timeWidth, n) + 1 + max(r.netns, cells(at.netns)) + 1 + max(r.dev, cells(dev)) + 1 + len("Out") + 1
	for outer, inner, more := strings.Cut(line, "\n"); ; outer, inner, more = strings.Cut(inner, "\n") { // of a tunnel one line for each packet
		dst, _ = r.wrap(dst, outer, col, col, plain)
		dst = append(dst, '\n')
		if !more {
			return dst
		}
		dst = spaces(dst, col)
	}
}

// follow keeps track of who answers whose ARP request, for the line that says
// how a waiting packet learnt its next hop.
func (r *Renderer) follow(e *sim.Event) {
	if e.Stage != trace.StageARP {
		return
	}
	switch e.Verdict {
	case trace.Continue:
		if e.Parent != 0 {
			r.cause[e.Packet] = e.Parent
		}
	case trace.Reply:
		why := "its own address " + e.Ref.Text
		if e.Ref.Kind == trace.RefSysctl {
			why = "proxy_arp on " + e.Dev
		}
		for id, steps := e.Packet, 0; steps < 3; steps++ { // flooded copies have the request as their parent
			if w, ok := r.cause[id]; ok {
				if _, waits := r.held[w]; waits {
					r.replies[w] = answer{e.NetNS, why}
				}
				break
			}
			id = e.Parent
		}
	}
}

// flush writes what happened at the instant that is over.
func (r *Renderer) flush() {
	for i := range r.blocks[:r.n] {
		b := &r.blocks[i]
		if b.seq != 0 || len(b.buf) > b.first { // a packet that crosses nothing is worth a line only with a decision
			r.out = append(r.out, b.buf...)
		}
		if r.story != nil {
			r.story.keep(b)
		}
		if r.each != nil && b.seq != 0 && len(b.buf) > b.first {
			r.each(b.seq, b.buf[b.first:])
		}
	}
	r.n = 0
	if len(r.out) == 0 {
		return
	}
	if r.err == nil {
		_, r.err = r.w.Write(r.out)
	}
	r.out = r.out[:0]
}

// Flush writes what is left, at the end of a run: also the packets that wait
// without having crossed anything. It returns the first error of the writer.
func (r *Renderer) Flush() error {
	ids := make([]packet.ID, 0, len(r.pending))
	for id := range r.pending {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if p := r.pending[id]; len(p.buf) > 0 || len(p.list) > 0 {
			r.orphan(p)
		}
		delete(r.pending, id)
	}
	r.flush()
	return r.err
}

// AppendFlow adds what is known of a packet from its header fields, in
// tcpdump's words.
func AppendFlow(dst []byte, f packet.Flow) []byte {
	src, dest := packet.AddrFrom32(f.Src), packet.AddrFrom32(f.Dst)
	if f.ARP {
		if f.A == packet.ARPReply {
			return append(src.AppendTo(append(dst, "ARP, Reply "...)), " is-at"...)
		}
		dst = dest.AppendTo(append(dst, "ARP, Request who-has "...))
		return src.AppendTo(append(dst, " tell "...))
	}
	if f == (packet.Flow{}) {
		return append(dst, '-')
	}
	ports := (f.Proto == packet.ProtoUDP || f.Proto == packet.ProtoTCP) && f.Frag&4 == 0
	end := func(a, port uint16) {
		if ports {
			dst = strconv.AppendUint(append(dst, '.'), uint64(port), 10)
		}
	}
	dst = src.AppendTo(append(dst, "IP "...))
	end(0, f.A)
	dst = dest.AppendTo(append(dst, " > "...))
	end(0, f.B)
	dst = append(dst, ": "...)
	return append(appendProto(dst, f), ", length "+strconv.Itoa(max(0, int(f.Len)-packet.IPv4Len))...)
}

func appendProto(dst []byte, f packet.Flow) []byte {
	switch f.Proto {
	case packet.ProtoICMP:
		dst = append(dst, "ICMP "...)
		switch t := packet.ICMPType(f.ICMPType); t {
		case packet.ICMPEcho, packet.ICMPEchoReply:
			word := "echo request"
			if t == packet.ICMPEchoReply {
				word = "echo reply"
			}
			dst = append(append(dst, word...), ", id "...)
			dst = strconv.AppendUint(dst, uint64(f.A), 10)
			return strconv.AppendUint(append(dst, ", seq "...), uint64(f.B), 10)
		}
		dst = strconv.AppendUint(append(dst, "type "...), uint64(f.ICMPType), 10)
		return strconv.AppendUint(append(dst, " code "...), uint64(f.ICMPCode), 10)
	case packet.ProtoUDP:
		return append(dst, "UDP"...)
	case packet.ProtoTCP:
		return append(dst, "TCP"...)
	case packet.ProtoIPIP:
		return append(dst, "IPIP"...)
	}
	return strconv.AppendUint(append(dst, "ip-proto-"...), uint64(f.Proto), 10)
}
