package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

// journal follows the packets of one step: which interfaces each crossed, what
// decided about it, and how it ended. It keeps the packets that are alive; who
// needs one for longer keeps the pointer.
type journal struct {
	sender   string // namespace of the command; empty when there is none
	live     map[packet.ID]*trail
	requests []*request // of all namespaces
}

// maxRequests is how many packets that programs sent are remembered beyond their
// end.
const maxRequests = 1000

// request is a packet that a program sent, with its copies, its fragments and
// what came back because of it.
type request struct {
	netns   string
	echo    bool     // an echo request: an answer is expected
	trails  []*trail // the packet itself first
	answers []*trail // ICMP messages that were made because of it
}

// trail is the way of one packet. A copy, a fragment or a reassembled packet
// goes on where the packet that it was made of was.
type trail struct {
	id      packet.ID
	hops    []hop
	why     []decision
	request *request // it is, or goes on with, a packet of the command
	answers *request // it was made because of one
	reply   bool     // an echo reply
	end     *decision
}

// hop is one interface that a packet crossed: coming in, going out, or both in
// a row.
type hop struct {
	place
	seq uint64
}

// decision is an event in which something decided about a packet.
type decision struct {
	place
	seq     uint64
	at      clock.Instant
	stage   trace.Stage
	verdict trace.Verdict
	reason  trace.Reason
	ref     sim.Ref
	table   string // of netfilter, at hooks
	action  string // what it decided
	line    string // of a crossing
}

// decisionOf keeps what an event says; of a crossing tcpdump's line.
func decisionOf(e *sim.Event) *decision {
	if _, ok := crossing(e); ok {
		return &decision{place: place{e.NetNS, e.Dev}, seq: e.Seq, at: e.At, stage: e.Stage, verdict: e.Verdict, line: e.Line}
	}
	return &decision{place: place{e.NetNS, e.Dev}, seq: e.Seq, at: e.At, stage: e.Stage, verdict: e.Verdict, reason: e.Reason, ref: e.Ref, table: e.Table, action: e.Action}
}

func newJournal(sender string) *journal {
	return &journal{sender: sender, live: map[packet.ID]*trail{}}
}

// crossing reports an event of a frame on an interface, as a packet socket
// sees it: libpcap hides what leaves by lo, because it comes back in.
func crossing(e *sim.Event) (trace.Dir, bool) {
	switch {
	case e.Verdict != trace.Continue:
	case e.Stage == trace.StageIngress:
		return trace.In, true
	case e.Stage == trace.StageEgress && e.Dev != "lo":
		return trace.Out, true
	}
	return trace.In, false
}

// see notes an event and gives the trail of its packet.
func (j *journal) see(e *sim.Event) *trail {
	t := j.live[e.Packet]
	if t == nil {
		t = j.begin(e)
		j.live[e.Packet] = t
	}
	if _, ok := crossing(e); ok {
		here := place{e.NetNS, e.Dev}
		if n := len(t.hops); n == 0 || t.hops[n-1].place != here {
			t.hops = append(t.hops, hop{here, e.Seq})
		}
	}
	ended := e.Verdict == trace.Drop || e.Verdict == trace.Deliver || e.Verdict == trace.Absorb
	if !ended && e.Verdict != trace.Hold && !decides(e) {
		return t
	}
	d := decisionOf(e)
	if !ended {
		t.why = append(t.why, *d)
		return t
	}
	t.end = d
	if e.Stage != trace.StageFragment { // its fragments, which come next, go on from here
		delete(j.live, e.Packet)
	}
	return t
}

// decides reports an event in which a route, a rule or a neighbour was chosen.
func decides(e *sim.Event) bool {
	if e.Ref.Text == "" {
		return false
	}
	switch e.Ref.Kind {
	case trace.RefRoute, trace.RefException, trace.RefPolicy, trace.RefRule, trace.RefNeigh, trace.RefSysctl:
		return true
	}
	return false
}

func (j *journal) begin(e *sim.Event) *trail {
	t := &trail{id: e.Packet}
	parent := j.live[e.Parent]
	switch {
	case e.Stage == trace.StageSocket:
		if len(j.requests) < maxRequests {
			echo := !e.After.ARP && e.After.Proto == packet.ProtoICMP && packet.ICMPType(e.After.ICMPType) == packet.ICMPEcho
			t.request = &request{netns: e.NetNS, echo: echo, trails: []*trail{t}}
			j.requests = append(j.requests, t.request)
		}
	case parent == nil, e.Stage == trace.StageARP:
	case e.Stage == trace.StageICMP:
		if r := parent.request; r != nil {
			t.answers, t.reply = r, packet.ICMPType(e.After.ICMPType) == packet.ICMPEchoReply
			r.answers = append(r.answers, t)
		}
	default:
		t.hops, t.why = slices.Clip(parent.hops), slices.Clip(parent.why)
		if t.request = parent.request; t.request != nil {
			t.request.trails = append(t.request.trails, t)
		}
		t.reply = parent.reply
		if t.answers = parent.answers; t.answers != nil {
			t.answers.answers = append(t.answers.answers, t)
		}
	}
	return t
}

// arrived reports that the packet reached a program or the kernel of its
// destination.
func (t *trail) arrived() bool { return t.end != nil && t.end.verdict == trace.Deliver }

// best is the trail that tells most: one that arrived, or else the longest, but
// not a copy that went to somebody else on a shared segment.
func best(trails []*trail) *trail {
	var b *trail
	for _, t := range trails {
		switch {
		case t.arrived():
			return t
		case b == nil, b.end != nil && b.end.reason == trace.OtherHost:
			b = t
		case t.end != nil && (t.end.reason == trace.OtherHost || t.end.stage == trace.StageFragment):
		case len(t.hops) > len(b.hops):
			b = t
		}
	}
	return b
}

// sent are the packets of the step's command: those that programs in its
// namespace sent; if they sent none, as `ip netns exec pod1 ping`, those of the
// namespace that sent the first one.
func (j *journal) sent() []*request {
	if len(j.requests) == 0 {
		return nil
	}
	from := j.requests[0].netns
	for _, r := range j.requests {
		if r.netns == j.sender {
			from = r.netns
		}
	}
	var out []*request
	for _, r := range j.requests {
		if r.netns == from {
			out = append(out, r)
		}
	}
	return out
}

// way is the way that the packets of the command went: that of the first one
// that arrived, or else of the first one; nil when none was sent.
func (j *journal) way() *trail {
	sent := j.sent()
	for _, r := range sent {
		if t := best(r.trails); t.arrived() {
			return t
		}
	}
	if len(sent) == 0 {
		return nil
	}
	return best(sent[0].trails)
}

// answered is the echo reply that came back to the sender; nil when none did.
func (j *journal) answered(r *request) *trail {
	for _, t := range r.answers {
		if t.reply && t.arrived() && t.end.netns == r.netns {
			return t
		}
	}
	return nil
}

// fate tells what became of the first packet of the command without an answer,
// or of the answer that got lost; seq is the event it is about.
func (j *journal) fate() (text string, seq uint64) {
	sent := j.sent()
	switch {
	case len(sent) > 0:
	case j.sender == "":
		return "the step has no command", 0
	default:
		return "the command sent no packet", 0
	}
	for n, r := range sent {
		if j.answered(r) != nil || !r.echo && len(r.answers) == 0 && best(r.trails).arrived() {
			continue
		}
		t, what := best(r.trails), fmt.Sprintf("packet %d of the command", n+1)
		if t.arrived() {
			a := best(r.answers)
			if a == nil {
				return fmt.Sprintf("%s arrived, but nothing answered it: %s", what, t.end), t.end.seq
			}
			t, what = a, "the answer to "+what
		}
		text, seq := t.ending()
		return what + " " + text, seq
	}
	return "every packet of the command arrived, and every echo request was answered", 0
}

// ending tells where the packet went and how that ended.
func (t *trail) ending() (text string, seq uint64) {
	var b strings.Builder
	switch len(t.hops) {
	case 0:
		b.WriteString("crossed no interface")
	default:
		b.WriteString("went ")
		b.WriteString(hops(t.hops))
	}
	for _, d := range t.routes() {
		if t.end == nil || t.end.ref.Text != d.ref.Text {
			b.WriteString("\n  sent on by " + d.String())
			seq = d.seq
		}
	}
	if t.end != nil {
		b.WriteString("\n  ended in " + t.end.String())
		seq = t.end.seq
	} else if n := len(t.why); n > 0 && t.why[n-1].verdict == trace.Hold {
		b.WriteString("\n  still waits since " + t.why[n-1].String())
		seq = t.why[n-1].seq
	}
	return b.String(), seq
}

func hops(list []hop) string {
	var b strings.Builder
	for i, h := range list {
		if i > 0 {
			b.WriteString(" > ")
		}
		b.WriteString(h.String())
	}
	return b.String()
}

// lastRoute is the last route or rule that sent the packet somewhere before an
// event; nil when there was none.
func (t *trail) lastRoute(before uint64) *decision {
	for i := len(t.why) - 1; i >= 0; i-- {
		d := &t.why[i]
		if d.seq < before && d.steers() {
			return d
		}
	}
	return nil
}

// maxRoutes is how many decisions on the way of a packet are told: a loop has
// more.
const maxRoutes = 10

// routes are the decisions about where the packet goes, the last ones if there
// are many.
func (t *trail) routes() []*decision {
	var out []*decision
	for i := range t.why {
		if d := &t.why[i]; d.steers() {
			out = append(out, d)
		}
	}
	return out[max(0, len(out)-maxRoutes):]
}

// routeIn is the last of these in a namespace.
func (t *trail) routeIn(netns string) *decision {
	for i := len(t.why) - 1; i >= 0; i-- {
		if d := &t.why[i]; d.netns == netns && d.steers() {
			return d
		}
	}
	return nil
}

// steers reports a decision about where a packet goes.
func (d *decision) steers() bool {
	switch d.ref.Kind {
	case trace.RefRoute, trace.RefException, trace.RefPolicy:
		return true
	}
	return false
}

// String says which event it was, where, and what decided.
func (d *decision) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "event %d at %s s, %s: ", d.seq, seconds(d.at), d.place)
	b.WriteString(d.line)
	switch d.verdict {
	case trace.Drop:
		b.WriteString("dropped, " + d.reason.String())
		if s := d.reason.Sentence(); s != "" {
			b.WriteString(" (" + s + ")")
		}
	case trace.Deliver:
		b.WriteString("delivered")
	case trace.Hold:
		b.WriteString("held at " + d.stage.String())
	case trace.Absorb:
		b.WriteString("taken up at " + d.stage.String())
	}
	if d.ref.Text != "" {
		if d.verdict != trace.Continue {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s %s", d.ref.Kind, d.ref.Text)
		if d.ref.By != "" {
			b.WriteString(" (" + d.ref.By + ")")
		}
	}
	if d.verdict == trace.Drop {
		if hint := d.reason.Hint(); hint != "" {
			b.WriteString("; look at: " + hint)
		}
	}
	return strings.TrimSuffix(b.String(), ": ")
}

// seconds prints an instant as captures do: seconds since the lab started.
func seconds(at clock.Instant) string {
	return fmt.Sprintf("%d.%06d", int64(at)/1e9, int64(at)%1e9/1e3)
}
