package replay

import (
	"slices"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/sim/trace"
)

// Done is a step of the scenario that is over.
type Done struct {
	Event  int // how many events were over
	Step   int
	Report *scenarios.StepReport
}

// maxFrames is how many bytes of frames are kept whole; of later ones the first
// shortFrame bytes.
const (
	maxFrames  = 64 << 20
	shortFrame = 128
)

// recorder makes History of what a world does. What is new waits in fresh until
// somebody takes it.
type recorder struct {
	w     *world
	fresh History // Events and Hops that are new; indexes count from the start

	events, hops int // of the whole run
	journeys     []Journey
	of           map[packet.ID]*follow
	talked       map[tuple]*side
	texts        map[string]string
	bytes        int
	named, talks int
}

// follow is what is known of a packet that is alive.
type follow struct {
	journey int
	hop     int
	tuple   tuple // as the packet was seen last
}

// tuple are the addresses and ports of a packet of TCP or UDP.
type tuple struct {
	src, dst uint32
	a, b     uint16
	proto    packet.Proto
}

func (t tuple) back() tuple { return tuple{t.dst, t.src, t.b, t.a, t.proto} }

// tupleOf is that of a flow; the zero tuple of what has no ports.
func tupleOf(f packet.Flow) tuple {
	if (f.Proto != packet.ProtoTCP && f.Proto != packet.ProtoUDP) || f.ARP || f.Frag&4 != 0 {
		return tuple{}
	}
	return tuple{f.Src, f.Dst, f.A, f.B, f.Proto}
}

// side is one direction of a conversation: all packets of both belong together,
// also where NAT gives them other addresses and ports.
type side struct {
	talk int
	last int // journey of the last packet that was sent
	back *side
}

func newRecorder() *recorder {
	return &recorder{of: map[packet.ID]*follow{}, talked: map[tuple]*side{}, texts: map[string]string{}}
}

// Event takes an event of the lab.
func (r *recorder) event(e *sim.Event) {
	k := Event{Event: *e, Tick: r.w.ticks}
	k.Ref.Text, k.Ref.By, k.Ref.Object = r.intern(e.Ref.Text), r.intern(e.Ref.By), r.intern(e.Ref.Object)
	k.Line = r.intern(e.Line)
	k.Notes = nil
	if len(e.Notes) > 0 {
		k.Notes = slices.Clone(e.Notes)
		for i, n := range k.Notes {
			k.Notes[i].Text, k.Notes[i].Why = r.intern(n.Text), r.intern(n.Why)
		}
	}
	f := r.follow(e)
	crosses := crossing(e)
	if crosses {
		f.hop = r.hops
	}
	k.Journey, k.Hop = f.journey, f.hop
	k.Frame = nil
	if crosses || e.Stage == trace.StageNeigh || e.Stage == trace.StageARP {
		k.Frame = r.frame(e.Frame)
	}
	j := &r.journeys[f.journey]
	if crosses {
		dir := trace.In
		if e.Stage == trace.StageEgress {
			dir = trace.Out
		}
		if j.FirstHop < 0 {
			j.FirstHop, j.What, j.Number = r.hops, k.Line, r.named
			r.named++
		}
		r.fresh.Hops = append(r.fresh.Hops, Hop{Event: r.events, At: e.At, Node: e.Node, NetNS: e.NetNS, Dev: e.Dev, Dir: dir,
			Link: r.link(e.NetNS, e.Dev), Line: k.Line, Frame: k.Frame, Packet: e.Packet, Journey: f.journey})
		r.hops++
	}
	r.fresh.Events = append(r.fresh.Events, k)
	r.events++
}

// crossing reports that a frame crosses an interface, as package text has it.
func crossing(e *sim.Event) bool {
	return e.Verdict == trace.Continue && (e.Stage == trace.StageIngress || e.Stage == trace.StageEgress && e.Dev != "lo")
}

// follow finds the journey of an event's packet. A packet with a parent goes on
// with the parent's, unless it answers it or asks ARP because of it.
func (r *recorder) follow(e *sim.Event) *follow {
	f := r.of[e.Packet]
	if f == nil {
		f = &follow{hop: -1}
		parent := r.of[e.Parent]
		switch {
		case parent == nil || e.Stage == trace.StageSocket:
			f.journey = r.send(e)
		case e.Stage == trace.StageARP, e.Stage == trace.StageICMP:
			answer := e.Stage == trace.StageICMP || e.After.A == packet.ARPReply
			f.journey = r.begin(e.Packet, r.journeys[parent.journey].Talk, parent.journey, answer)
		default:
			f.journey, f.hop = parent.journey, parent.hop
		}
		r.of[e.Packet] = f
	}
	if t := tupleOf(e.After); t != f.tuple && t != (tuple{}) {
		r.known(t, f)
	}
	return f
}

// send begins the journey of a packet that a program sends: in the conversation
// that it is of, and there the first after one from the other side answers that one.
func (r *recorder) send(e *sim.Event) int {
	s := r.talked[tupleOf(e.After)]
	if s == nil {
		return r.begin(e.Packet, -1, -1, false)
	}
	asked := s.back.last > s.last
	cause := -1
	if asked {
		cause = s.back.last
	}
	s.last = r.begin(e.Packet, s.talk, cause, asked)
	return s.last
}

// known notes by which addresses and ports a packet goes now: answers come back to
// them.
func (r *recorder) known(t tuple, f *follow) {
	if was := r.talked[f.tuple]; was != nil && r.talked[t] == nil { // translated
		r.talked[t], r.talked[t.back()] = was, was.back
	} else if r.talked[t] == nil {
		s, back := &side{talk: r.journeys[f.journey].Talk, last: f.journey}, &side{talk: r.journeys[f.journey].Talk, last: -1}
		s.back, back.back = back, s
		r.talked[t], r.talked[t.back()] = s, back
	}
	f.tuple = t
}

func (r *recorder) begin(id packet.ID, talk, cause int, answer bool) int {
	n := len(r.journeys)
	colour := r.talks
	if talk < 0 {
		talk = n
		r.talks++
	} else {
		colour = r.journeys[talk].Colour
	}
	r.journeys = append(r.journeys, Journey{Talk: talk, Cause: cause, Colour: colour, Answer: answer, Packet: id, FirstHop: -1})
	return n
}

func (r *recorder) link(netns, dev string) int {
	if d := r.w.lab.Namespace(netns).Device(dev); d != nil && !d.HasEthernet() {
		return pcap.LinkRaw
	}
	return pcap.LinkEthernet
}

func (r *recorder) frame(b []byte) []byte {
	if r.bytes > maxFrames {
		b = b[:min(len(b), shortFrame)]
	}
	r.bytes += len(b)
	return slices.Clone(b)
}

// maxTexts is how many different texts are looked for repetitions.
const maxTexts = 1 << 16

func (r *recorder) intern(s string) string {
	if s == "" {
		return ""
	}
	if t, ok := r.texts[s]; ok {
		return t
	}
	if len(r.texts) < maxTexts {
		r.texts[s] = s
	}
	return s
}

// printed notes what a shell prints.
func (r *recorder) printed(shell int, text string) {
	for len(r.fresh.Outputs) <= shell {
		r.fresh.Outputs = append(r.fresh.Outputs, nil)
	}
	l := r.fresh.Outputs[shell]
	if n := len(l); n > 0 && l[n-1].Event == r.events {
		l[n-1].Text += text
		return
	}
	r.fresh.Outputs[shell] = append(l, Chunk{r.events, text})
}

// take hands out what is new.
func (r *recorder) take() History {
	h := r.fresh
	h.Journeys = slices.Clone(r.journeys)
	r.fresh = History{}
	return h
}
