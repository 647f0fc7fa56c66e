package sim

import (
	"fmt"
	"strings"

	"hoplab/packet"
	"hoplab/packet/tcpdump"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/netfilter"
	"hoplab/sim/stack"
	"hoplab/sim/trace"
)

// Event is one decision about one packet at one station, with everything
// looked up: what trace.Record says in numbers. The fields are values; readers
// make sentences of them.
type Event struct {
	Seq     uint64
	At      clock.Instant
	Packet  packet.ID
	Parent  packet.ID
	Node    string // where the namespace lives
	NetNS   string
	Dev     string // empty where no device is concerned
	Stage   trace.Stage
	Verdict trace.Verdict
	Reason  trace.Reason
	Ref     Ref
	Before  packet.Flow // the packet as it came to the station
	After   packet.Flow // and as it left it
	Line    string      // tcpdump's line; only where a frame crosses an interface
	Notes   []Note      // why not otherwise
	Table   string      // netfilter table, at hooks
	Action  string      // what a netfilter table decided
	Answer  packet.ID   // the packet that was made because of this one (verdict reply)
	Value   uint32      // what trace.RefValue counts: bytes, an MTU
	Frame   []byte      // the bytes at this station, valid only while the subscriber is called
}

// Ref is what decided.
type Ref struct {
	Kind   trace.RefKind
	Text   string // as the tool that shows it prints it
	By     string // who put it there
	Object string // the line of the lab, or the command
}

// NoteKind says what a Note is about.
type NoteKind uint8

// The kinds of notes.
const (
	NoteNotRoute   NoteKind = iota // Text: a route that was not taken; Why: the reason in a word
	NoteRule                       // Text: why a rule did or did not match
	NoteAnsweredBy                 // Text: the namespace that answered ARP; Why: what made it answer
	NoteConn                       // Text: the conntrack state
	NotePolicy                     // Text: the policy rule (ip rule) that led to the route
	NoteSetting                    // Text: a sysctl that was asked, with its value
	NoteWayBack                    // Text: the route by which the source would be answered
	NoteWay                        // Text: the route by which the target of an ARP request is reached from here
	NoteBecomes                    // Text: the state that a neighbour entry gets by this; Why: the one that it had
	NoteConnWas                    // Text: the conntrack entry as it was when a packet last looked at it
	NoteChains                     // Text: the chains of the table that the packet came through; Why: how many rules it met
	NoteMarked                     // Text: the netfilter rule that set the mark which the rule asks for; Why: its chain
	NoteCounter                    // Text: a counter of nstat that rose by this
	numNotes
)

// String is the kind in lower case.
func (k NoteKind) String() string {
	return [numNotes]string{"not-route", "rule", "answered-by", "conntrack", "policy-rule", "setting", "way-back", "way", "becomes", "conntrack-was", "chains", "marked-by", "counter"}[k]
}

// Note is a further fact about a decision.
type Note struct {
	Kind NoteKind
	Text string
	Why  string
}

// Subscribe lets f see every event from now on, until the returned function is
// called. The event is valid only during the call.
func (l *Lab) Subscribe(f func(e *Event)) (cancel func()) {
	r := newReader(l, f)
	l.world.Log.Attach(r)
	return func() { l.world.Log.Detach(r) }
}

// Events calls f with the events that the log kept (WithTrace), oldest first.
// Lines and notes need the bytes and tables of the moment and are missing.
func (l *Lab) Events(f func(e *Event)) {
	r := newReader(l, f)
	r.past = true
	l.world.Log.Each(func(seq uint64, rec *trace.Record, flow *packet.Flow) bool {
		r.read(seq, rec, flow, nil)
		return true
	})
}

type neighKey struct {
	netns string
	index uint32
}

// reader turns records into events.
type reader struct {
	lab     *Lab
	f       func(*Event)
	past    bool
	flows   map[packet.ID]packet.Flow // as of the packet's last record
	answers map[packet.ID]Note        // ARP replies: who made them and why
	learnt  map[neighKey]Note         // whom an entry was learnt from
	came    map[packet.ID]trace.Place // by which device a packet came into the namespace that it is in

	lookups  map[lookedUp][]Note
	conns    map[connKey]string // as they were last
	counters map[string]*began  // by namespace
	line     []byte
	event    Event
}

func newReader(l *Lab, f func(*Event)) *reader {
	return &reader{lab: l, f: f, flows: map[packet.ID]packet.Flow{}, answers: map[packet.ID]Note{}, learnt: map[neighKey]Note{}, came: map[packet.ID]trace.Place{},
		lookups: map[lookedUp][]Note{}, conns: map[connKey]string{}, counters: map[string]*began{}}
}

// Trace is trace.Sink.
func (r *reader) Trace(rec *trace.Record, flow *packet.Flow, frame []byte) {
	r.read(r.lab.world.Log.Seq(), rec, flow, frame)
}

func (r *reader) read(seq uint64, rec *trace.Record, flow *packet.Flow, frame []byte) {
	owner, dev := r.lab.world.PlaceName(rec.Place)
	e := &r.event
	*e = Event{Seq: seq, At: rec.At, Packet: rec.Packet, Parent: rec.Parent, Node: r.lab.Node(owner), NetNS: owner, Dev: dev,
		Stage: rec.Stage, Verdict: rec.Verdict, Reason: rec.Reason, Frame: frame, Notes: e.Notes[:0]}
	e.Before = r.flows[rec.Packet]
	if e.Before == (packet.Flow{}) && rec.Parent != 0 && flow == nil {
		e.Before = r.flows[rec.Parent]
	}
	if flow != nil {
		e.After = *flow
	}
	if e.After == (packet.Flow{}) {
		e.After = e.Before
	}
	if e.Before == (packet.Flow{}) {
		e.Before = e.After
	}
	switch rec.Verdict {
	case trace.Deliver, trace.Drop, trace.Absorb:
		delete(r.flows, rec.Packet)
		defer delete(r.came, rec.Packet)
	default:
		r.flows[rec.Packet] = e.After
	}
	e.Ref = Ref{Kind: rec.RefKind}
	ns := r.lab.Namespace(owner)
	if ns != nil {
		switch rec.Stage {
		case trace.StageIngress, trace.StageDecap, trace.StageSocket:
			r.came[rec.Packet] = rec.Place
			r.begin(e, ns)
		}
		r.resolve(e, rec, ns)
		if rec.Verdict == trace.Drop && !r.past {
			r.rose(e, ns)
		}
	}
	if (rec.Stage == trace.StageIngress || rec.Stage == trace.StageEgress || rec.Stage == trace.StageLink) && frame != nil {
		if d := r.lab.world.PlaceDevice(rec.Place); d != nil {
			r.line = tcpdump.AppendLine(r.line[:0], linkType(d), frame, tcpdump.Options{})
			e.Line = strings.TrimRight(string(r.line), "\n")
		}
	}
	r.f(e)
}

// resolve looks up what the record refers to.
func (r *reader) resolve(e *Event, rec *trace.Record, ns *stack.Namespace) {
	switch rec.RefKind {
	case trace.RefRoute, trace.RefException:
		if rt := ns.FIB.ByIndex(rec.RefIdx); rt != nil {
			e.Ref.Text = routeText(rt, ns)
			e.Ref.By, e.Ref.Object = rt.By, rt.Object
			if (rec.Stage == trace.StageRoute || rec.Stage == trace.StageEncap) && !r.past {
				r.routed(e, rt, ns, r.input(rec))
			}
		}
	case trace.RefRule:
		if rule := ns.Filter.RuleByIndex(rec.RefIdx); rule != nil {
			e.Ref.Text, e.Ref.By = rule.String(), rule.By
		}
	case trace.RefNeigh:
		if n := ns.Neigh.ByIndex(rec.RefIdx); n != nil {
			e.Ref.Text = fmt.Sprintf("%s dev %s", n.Addr, ns.Env().DevName(n.Dev))
			if n.State != 0 && !n.MAC.IsZero() {
				e.Ref.Text += " lladdr " + n.MAC.String()
			}
			e.Ref.Text += " " + n.State.String()
			e.Ref.By = n.By
			if !r.past {
				becomes(e, rec, n)
			}
			key := neighKey{ns.Name, rec.RefIdx}
			if rec.Stage == trace.StageARP && rec.Verdict == trace.Absorb {
				if who, ok := r.answers[rec.Packet]; ok {
					r.learnt[key] = who
				}
			}
			if who, ok := r.learnt[key]; ok && rec.Stage == trace.StageNeigh {
				e.Notes = append(e.Notes, who)
			}
		}
	case trace.RefConn:
		if ns.Conn != nil {
			if c := ns.Conn.Get(rec.RefIdx); c != nil {
				e.Ref.Text = strings.TrimRight(string(c.AppendText(nil, r.lab.Now())), "\n")
				if !r.past {
					r.conn(e, rec)
				}
			}
		}
	case trace.RefSysctl:
		key := trace.Sysctl(rec.RefIdx).String()
		e.Ref.Text = strings.Replace(key, ".IF.", "."+e.Dev+".", 1)
		if v, err := ns.Sysctl(e.Ref.Text); err == nil {
			e.Ref.Text += "=" + v
		}
	case trace.RefDevice:
		owner, dev := r.lab.world.PlaceName(trace.Place(rec.RefIdx))
		e.Ref.Text = owner + ":" + dev
	case trace.RefPacket:
		e.Answer = packet.ID(rec.RefIdx)
	case trace.RefAddress:
		e.Ref.Text = packet.AddrFrom32(rec.RefIdx).String()
	case trace.RefValue:
		e.Value = rec.RefIdx
	}
	switch rec.Stage {
	case trace.StagePrerouting, trace.StageInput, trace.StageForward, trace.StageOutput, trace.StagePostrouting:
		r.resolveHook(e, rec, ns)
	case trace.StageConntrack:
		e.Notes = append(e.Notes, Note{Kind: NoteConn, Text: stack.ConnState(uint8(rec.Aux))})
	case trace.StageRoute:
		if rec.Verdict == trace.Drop && !r.past {
			r.refused(e, rec, ns)
		}
	case trace.StageARP:
		if !r.past && (rec.Verdict == trace.Reply || rec.Verdict == trace.Drop) {
			r.arpDecided(e, ns)
		}
		if rec.Verdict == trace.Reply {
			// The reply is made next; it has this packet as its parent.
			why := e.Ref.Text
			if rec.RefKind == trace.RefSysctl {
				why = "proxy_arp on " + e.Dev
			} else {
				why = "its own address " + why
			}
			r.answers[rec.Packet] = Note{Kind: NoteAnsweredBy, Text: e.NetNS, Why: why}
		} else if who, ok := r.answers[rec.Parent]; ok && rec.Verdict == trace.Continue {
			r.answers[rec.Packet] = who
			delete(r.answers, rec.Parent)
		}
	}
}

func (r *reader) resolveHook(e *Event, rec *trace.Record, ns *stack.Namespace) {
	if rec.RefKind != trace.RefRule && rec.RefKind != trace.RefPolicyOf {
		if rec.Stage == trace.StageForward && rec.Verdict == trace.Continue && !r.past {
			r.setting(e, ns, "net.ipv4.conf."+e.Dev+".forwarding", "")
		}
		return
	}
	e.Table = netfilter.TableID(rec.Aux >> 8).String()
	e.Action = netfilter.Action(rec.Aux & 0xff).String()
	if r.past {
		return
	}
	ip, _ := packet.ParseIPv4(e.Frame)
	chains(e, ns)
	if s, ok := ns.Trail().NearMiss(); ok {
		e.Notes = append(e.Notes, Note{Kind: NoteRule, Text: s.Rule.Explain(s, ip), Why: s.Chain.Name})
	}
	if rec.RefKind == trace.RefRule {
		for _, s := range ns.Trail().Steps {
			if s.Matched && s.Rule.Index == rec.RefIdx {
				if m := ns.Trail().MarkedBy(s.Rule); m != nil {
					e.Notes = append(e.Notes, Note{Kind: NoteMarked, Text: m.String(), Why: m.Chain().Name})
				}
				e.Notes = append(e.Notes, Note{Kind: NoteRule, Text: s.Rule.Explain(s, ip), Why: s.Chain.Name})
			}
		}
	}
}

// input is the number of the device by which the packet of a record came in, 0
// for one that was made here.
func (r *reader) input(rec *trace.Record) int32 {
	if place, ok := r.came[rec.Packet]; ok && place == rec.Place {
		if d := r.lab.world.PlaceDevice(place); d != nil {
			return d.Index
		}
	}
	return 0
}

func routeText(rt *fib.Route, ns *stack.Namespace) string {
	return strings.TrimRight(string(fib.AppendRoute(nil, rt, ns.Env(), fib.Format{})), " \n")
}

// shortRoute is a route without the words that do not tell it apart.
func shortRoute(rt *fib.Route, ns *stack.Namespace) string {
	t := routeText(rt, ns)
	for _, cut := range []string{" dev ", " proto ", " scope "} {
		if i := strings.Index(t, cut); i > 0 {
			t = t[:i]
		}
	}
	return t
}

var _ netdev.Owner = (*stack.Namespace)(nil)
