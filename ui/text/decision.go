package text

import (
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/fib"
	"hoplab/sim/trace"
)

// The keywords in front of decisions: words of the kernel and its tools.
const (
	kwRoute     = "route"
	kwNeigh     = "neigh"
	kwARP       = "arp"
	kwForward   = "forward"
	kwConntrack = "conntrack"
	kwNAT       = "nat"
	kwFilter    = "filter"
	kwEncap     = "encap"
	kwDecap     = "decap"
	kwFrag      = "frag"
	kwICMP      = "icmp"
	kwDeliver   = "deliver"
	kwDrop      = "drop"
	kwHold      = "hold"
	kwLink      = "link"
)

// decision adds what an event says below its packet's line. Events that say
// nothing new to a reader add nothing.
func (r *Renderer) decision(b *block, e *sim.Event) {
	if e.Verdict == trace.Drop {
		r.dropped(b, e)
		return
	}
	switch e.Stage {
	case trace.StageRoute:
		text := e.Ref.Text
		if text == "" { // no table knows a way; broadcast needs none
			if text = r.lang.text(sayNoRoute, addr(e.After.Dst)); e.After.Dst == 0xffffffff {
				text = r.lang.text(sayBroadcast)
			}
		}
		r.line(b, kwRoute, text, e.Ref.By)
		r.notRoutes(b, e)
		r.lookup(b, e)
		b.told = e.Ref.Text
	case trace.StageNeigh:
		r.neigh(b, e)
	case trace.StageARP:
		r.arp(b, e)
	case trace.StageConntrack:
		r.conntrack(b, e)
	case trace.StagePrerouting, trace.StageInput, trace.StageForward, trace.StageOutput, trace.StagePostrouting:
		if e.Table != "" {
			r.netfilter(b, e)
		} else if e.Before.TTL != e.After.TTL {
			r.line(b, kwForward, r.lang.text(sayTTL, strconv.Itoa(int(e.Before.TTL)), strconv.Itoa(int(e.After.TTL))), "")
			r.notes(e, sim.NoteSetting, func(n sim.Note) { r.detail(b, r.lang.text(sayForwards, n.Text)) })
		}
	case trace.StageNAT:
		r.nat(b, e)
	case trace.StageEncap:
		r.encap(b, e)
	case trace.StageDecap:
		say := sayDecap
		if e.Before.Proto == packet.ProtoUDP {
			say = sayDecapVXLAN
		}
		r.line(b, kwDecap, r.lang.text(say, addr(e.After.Src), addr(e.After.Dst), e.Dev), "")
		if e.Ref.Kind == trace.RefAddress {
			r.detail(b, r.lang.text(sayDecapFrom, e.Ref.Text))
		}
	case trace.StageDefrag, trace.StageFragment:
		r.frag(b, e)
	case trace.StageICMP:
		r.icmp(b, e)
	case trace.StageDeliver:
		if !b.answered {
			r.line(b, kwDeliver, r.lang.text(sayDeliver), "")
		}
	case trace.StageLink, trace.StageBridge:
		if e.Reason != trace.ReasonNone {
			sentence, _ := r.lang.Reason(e.Reason)
			r.line(b, kwLink, ReasonName(e.Reason)+": "+sentence, "")
		}
	}
}

// line adds one decision. by is who put the object there; it stands in a
// column of its own, or on a line of its own where there is no room.
func (r *Renderer) line(b *block, keyword, text, by string) {
	by = r.lang.By(by)
	if r.story != nil {
		b.list = append(b.list, Decision{Seq: r.seq, Keyword: keyword, Text: text, By: by})
		return
	}
	st := dim
	if keyword == kwDrop {
		st = red
	}
	b.buf = spaces(b.buf, timeWidth+1)
	b.buf = r.field(b.buf, keyword, keywordWidth, st)
	r.rest(b, text, by, plain)
}

// more adds a further line to the decision above.
func (r *Renderer) more(b *block, text, by string) {
	by = r.lang.By(by)
	if n := len(b.list); r.story != nil {
		if n > 0 {
			b.list[n-1].More = append(b.list[n-1].More, Fact{Text: text, By: by})
		}
		return
	}
	b.buf = spaces(b.buf, textCol)
	r.rest(b, text, by, dim)
}

const textCol = timeWidth + 1 + keywordWidth + 1

func (r *Renderer) rest(b *block, text, by string, st style) {
	var col int
	b.buf, col = r.wrap(b.buf, text, textCol, textCol+2, st)
	if by != "" {
		const gap = 3
		at := max(col+gap, r.byCol)
		if at+cells(by) > r.width {
			at = col + gap
		}
		if at+cells(by) > r.width {
			b.buf = append(b.buf, '\n')
			col, at = 0, textCol+2
		}
		b.buf = spaces(b.buf, at-col)
		b.buf, _ = r.wrap(b.buf, by, at, textCol+2, dim)
	}
	b.buf = append(b.buf, '\n')
}

// detail adds a further line where there is room for all that is known: in a
// story, not in the log.
func (r *Renderer) detail(b *block, text string) {
	if n := len(b.list); r.story != nil && text != "" && n > 0 {
		b.list[n-1].More = append(b.list[n-1].More, Fact{Text: text, Detail: true})
	}
}

// notes calls f with the notes of a kind.
func (r *Renderer) notes(e *sim.Event, k sim.NoteKind, f func(sim.Note)) {
	for _, n := range e.Notes {
		if n.Kind == k {
			f(n)
		}
	}
}

// note is the last note of a kind.
func note(e *sim.Event, k sim.NoteKind) (last sim.Note, ok bool) {
	for _, n := range e.Notes {
		if n.Kind == k {
			last, ok = n, true
		}
	}
	return last, ok
}

// notRoutes tells which routes to the destination lost. Routes to elsewhere
// surprise nobody; in the log one of them, a whole network, is told beside those.
func (r *Renderer) notRoutes(b *block, e *sim.Event) {
	var text []byte
	last, elsewhere := "", 0
	r.notes(e, sim.NoteNotRoute, func(n sim.Note) {
		if n.Why == fib.NotContained.String() {
			if elsewhere++; r.story == nil && (last == "" || elsewhere > 1 || !strings.Contains(n.Text, "/")) {
				return
			}
		}
		switch {
		case last == n.Why:
			text = append(append(text, ", "...), n.Text...)
		case last == "":
			text = r.lang.say(text, sayNotRoute, n.Text)
		default:
			text = r.lang.say(text, sayNotRouteMore, r.lang.why(last), n.Text)
		}
		last = n.Why
	})
	if last != "" {
		r.more(b, string(r.lang.say(text, sayNotRouteWhy, r.lang.why(last))), "")
	}
}

// lookup tells by which rule a route was found, and what rp_filter saw.
func (r *Renderer) lookup(b *block, e *sim.Event) {
	r.notes(e, sim.NotePolicy, func(n sim.Note) { r.detail(b, r.lang.text(sayPolicyRule, n.Text)) })
	back, ok := note(e, sim.NoteWayBack)
	if set, asked := note(e, sim.NoteSetting); asked {
		_, v, _ := strings.Cut(set.Text, "=")
		switch {
		case v == "0":
			r.detail(b, r.lang.text(sayNotChecked, set.Text))
		case v == "2" && ok:
			r.detail(b, r.lang.text(sayWayBackLoose, set.Text, addr(e.After.Src), back.Text))
		case ok:
			r.detail(b, r.lang.text(sayWayBackRight, set.Text, addr(e.After.Src), back.Text))
		}
	}
}

// neigh tells who the next hop is, or that it is not known yet.
func (r *Renderer) neigh(b *block, e *sim.Event) {
	hop, _, _ := strings.Cut(e.Ref.Text, " ")
	if e.Verdict == trace.Hold {
		w := wait{since: e.At, hop: hop, to: e.After.Dst, from: len(b.buf)}
		if ip, err := packet.ParseIPv4(e.Frame); err == nil { // fragments have no flow yet
			w.to = ip.Dst32()
		}
		r.line(b, kwHold, r.lang.text(sayHoldARP, hop, e.Dev), "")
		if n, ok := note(e, sim.NoteBecomes); ok {
			r.detail(b, r.lang.text(sayEntryState, n.Why, n.Text))
		}
		w.end = len(b.buf)
		r.held[e.Packet] = w
		return
	}
	text := e.Ref.Text
	state := ""
	if _, mac, ok := strings.Cut(text, " lladdr "); ok {
		mac, state, _ = strings.Cut(mac, " ")
		text = r.lang.text(sayNeigh, hop, mac)
		if state != "REACHABLE" {
			text += " " + state
		}
	}
	if n, ok := note(e, sim.NoteBecomes); ok {
		text += " -> " + n.Text
	}
	for _, n := range e.Notes {
		if n.Kind == sim.NoteAnsweredBy {
			text += r.lang.text(sayNeighBy, n.Text, r.lang.answer(n.Why))
		}
	}
	r.line(b, kwNeigh, text, "")
	r.detail(b, r.lang.neighState(state))
}

// waited tells that the packet of this crossing had waited for ARP, and what
// came of it: the answer is the destination of its frame.
func (r *Renderer) waited(b *block, e *sim.Event, w wait) {
	delete(r.held, e.Packet)
	mac := ""
	if len(e.Frame) >= packet.EthernetLen {
		mac = packet.Ethernet(e.Frame).Dst().String()
	}
	text := r.lang.text(sayNeigh, w.hop, mac)
	if a, ok := r.replies[e.Packet]; ok {
		text += r.lang.text(sayNeighBy, a.netns, r.lang.answer(a.why))
		delete(r.replies, e.Packet)
	}
	if d := e.At.Sub(w.since); d > 0 {
		text += r.lang.text(sayNeighWaited, string(appendSpan(nil, d)))
	}
	r.line(b, kwNeigh, text, "")
}

func (r *Renderer) arp(b *block, e *sim.Event) {
	switch e.Verdict {
	case trace.Reply:
		switch e.Ref.Kind {
		case trace.RefSysctl:
			r.line(b, kwARP, r.lang.text(sayARPProxy, e.Ref.Text), e.Ref.By)
			r.notes(e, sim.NoteWay, func(n sim.Note) { r.detail(b, r.lang.text(sayARPProxyWay, addr(e.After.Dst), n.Text, e.Dev)) })
		case trace.RefAddress:
			r.line(b, kwARP, r.lang.text(sayARPOwn, e.Ref.Text), e.Ref.By)
		default:
			r.line(b, kwARP, r.lang.text(sayARPAnswers), e.Ref.By)
		}
	case trace.Hold:
		r.line(b, kwARP, r.lang.text(sayARPLater), "")
	case trace.Absorb:
		if a, err := packet.ParseARP(e.Frame); err == nil && e.Ref.Kind == trace.RefNeigh {
			text := r.lang.text(sayARPLearnt, a.SenderIP().String(), a.SenderMAC().String())
			if n, ok := note(e, sim.NoteBecomes); ok {
				text += ", " + n.Why + " -> " + n.Text
			}
			r.line(b, kwARP, text, "")
			return
		}
		r.line(b, kwARP, r.lang.text(sayARPKnown), "")
	case trace.Continue:
		if w, ok := r.held[e.Parent]; ok && e.After.A == packet.ARPRequest {
			r.line(b, kwARP, r.lang.text(sayARPFor, addr(w.to)), "")
		}
	}
}

// conntrack is told where it is more than "known": in the log most packets belong
// to a connection that was seen before.
func (r *Renderer) conntrack(b *block, e *sim.Event) {
	was, changed := note(e, sim.NoteConnWas)
	diff := r.lang.connDiff(was.Text, e.Ref.Text)
	n, _ := note(e, sim.NoteConn)
	switch n.Text {
	case "NEW":
		r.line(b, kwConntrack, r.lang.text(sayConnNew), "")
	case "RELATED":
		r.line(b, kwConntrack, r.lang.text(sayConnRelated), "")
	case "INVALID":
		r.line(b, kwConntrack, r.lang.text(sayConnInvalid), "")
	case "UNTRACKED":
		r.line(b, kwConntrack, r.lang.text(sayConnUntracked), "")
	default:
		switch {
		case strings.Contains(was.Text, "[UNREPLIED]") && !strings.Contains(e.Ref.Text, "[UNREPLIED]"):
			r.line(b, kwConntrack, r.lang.text(sayConnAnswered, n.Text), "")
		case r.story != nil:
			r.line(b, kwConntrack, r.lang.text(sayConnKnown, n.Text), "")
		default:
			return
		}
	}
	if e.Ref.Text == "" {
		return
	}
	entry := strings.Join(strings.Fields(e.Ref.Text), " ")
	if changed && diff != "" {
		r.detail(b, r.lang.text(sayConnWas, strings.Join(strings.Fields(was.Text), " ")))
		r.detail(b, r.lang.text(sayConnDiff, diff))
		return
	}
	r.detail(b, r.lang.text(sayConnEntry, entry))
}

// netfilter tells what a table decided: always what the nat table made of a
// new connection, of the others who accepted by a rule in filter (once) and
// who refused.
func (r *Renderer) netfilter(b *block, e *sim.Event) {
	refused := e.Action == "DROP" || e.Action == "REJECT"
	byRule := e.Ref.Kind == trace.RefRule
	n, told := note(e, sim.NoteRule)
	switch {
	case refused, e.Table == kwNAT && (byRule || told):
	case e.Table == kwFilter && byRule && !b.filter:
		b.filter = true
	default:
		r.passed(b, e)
		return
	}
	text := hook(e.Stage)
	if told {
		if n.Why != text {
			text += " " + n.Why
		}
		text += ": " + r.lang.facts(n.Text)
	}
	switch {
	case byRule:
		text += ": " + e.Action
	case refused:
		text += ": " + r.lang.text(sayPolicy, hook(e.Stage)) + " " + e.Action
	default:
		text += ": " + r.lang.text(sayNoNAT)
	}
	if e.Table == kwFilter && !refused || !byRule {
		r.line(b, e.Table, text, e.Ref.By)
		if byRule {
			r.detail(b, e.Ref.Text)
			r.notes(e, sim.NoteMarked, func(n sim.Note) { r.detail(b, r.lang.text(sayMarked, n.Text)) })
		}
		r.chains(b, e)
		return
	}
	r.line(b, e.Table, text, "")
	r.more(b, e.Ref.Text, e.Ref.By)
	r.chains(b, e)
	b.told = e.Ref.Text
}

// passed tells of a table that let the packet through, where there is room.
func (r *Renderer) passed(b *block, e *sim.Event) {
	if n, ok := note(e, sim.NoteChains); ok && r.story != nil {
		r.line(b, e.Table, r.lang.text(sayPassed, strings.ReplaceAll(n.Text, " ", " > "), n.Why), "")
		b.list[len(b.list)-1].Passed = true
	}
}

// chains tells through which chains a packet came.
func (r *Renderer) chains(b *block, e *sim.Event) {
	if n, ok := note(e, sim.NoteChains); ok {
		r.detail(b, r.lang.text(sayChains, n.Why, strings.ReplaceAll(n.Text, " ", " > ")))
	}
}

// hook is the name of a built-in chain.
func hook(s trace.Stage) string { return strings.ToUpper(s.String()) }

// nat tells what changed in the header.
func (r *Renderer) nat(b *block, e *sim.Event) {
	var text []byte
	changed := func(what phrase, from, to string) {
		if from == to {
			return
		}
		if len(text) > 0 {
			text = append(text, ", "...)
		}
		text = r.lang.say(text, sayNAT, r.lang.text(what), from, to)
	}
	f, t := e.Before, e.After
	changed(saySource, addr(f.Src), addr(t.Src))
	changed(sayDestination, addr(f.Dst), addr(t.Dst))
	if t.Proto == packet.ProtoICMP {
		changed(sayIdent, itoa(f.A), itoa(t.A))
	} else {
		changed(saySourcePort, itoa(f.A), itoa(t.A))
		changed(sayDestinationPort, itoa(f.B), itoa(t.B))
	}
	if len(text) == 0 {
		return
	}
	r.line(b, kwNAT, string(text), "")
	if e.Ref.Text == "" {
		return
	}
	if was, ok := note(e, sim.NoteConnWas); ok && r.story != nil {
		r.detail(b, r.lang.text(sayConnDiff, r.lang.connDiff(was.Text, e.Ref.Text)))
	}
	r.more(b, r.lang.text(sayNATEntry, strings.Join(strings.Fields(e.Ref.Text), " ")), "")
}

func (r *Renderer) encap(b *block, e *sim.Event) {
	f := e.After
	text := r.lang.say(nil, sayEncap, addr(f.Src), addr(f.Dst), strconv.Itoa(int(f.TTL)))
	switch {
	case f.Proto == packet.ProtoUDP:
		text = r.lang.say(nil, sayEncapVXLAN, addr(f.Src), addr(f.Dst), strconv.Itoa(int(f.A)), strconv.Itoa(int(f.B)), strconv.Itoa(int(f.TTL)))
	case f.Frag&1 != 0:
		text = r.lang.say(text, sayEncapDF)
	default:
		text = r.lang.say(text, sayEncapNoDF)
	}
	r.line(b, kwEncap, string(text), "")
	if e.Ref.Text != "" {
		r.line(b, kwRoute, e.Ref.Text, e.Ref.By)
		r.notRoutes(b, e)
		r.lookup(b, e)
	}
}

func (r *Renderer) frag(b *block, e *sim.Event) {
	switch {
	case e.Stage == trace.StageFragment:
		r.line(b, kwFrag, r.lang.text(sayFragCut, itoa(e.Before.Len), strconv.Itoa(int(e.Value))), "")
	case e.Verdict == trace.Hold:
		r.line(b, kwFrag, r.lang.text(sayFragHold), "")
	default:
		r.line(b, kwFrag, r.lang.text(sayFragWhole, strconv.Itoa(int(e.Value))), "")
	}
}

// icmp tells of the packet that a message answers, which the message's own
// first record names.
func (r *Renderer) icmp(b *block, e *sim.Event) {
	switch {
	case e.Reason != trace.ReasonNone:
		sentence, _ := r.lang.Reason(e.Reason)
		r.line(b, kwICMP, r.lang.text(sayICMPLimited, sentence), "")
		r.more(b, e.Ref.Text, e.Ref.By)
		return
	case e.Verdict != trace.Continue:
		return
	}
	cause := r.find(e.Parent)
	if cause == nil {
		return
	}
	cause.answered = true
	if packet.ICMPType(e.After.ICMPType) == packet.ICMPEchoReply {
		r.line(cause, kwICMP, r.lang.text(sayEchoAnswered), "")
		return
	}
	r.line(cause, kwICMP, r.lang.text(sayICMPError, addr(e.After.Dst)), "")
}

// dropped tells why a packet ends here. Frames that were for others on a
// shared segment are no accident and do not stand out.
func (r *Renderer) dropped(b *block, e *sim.Event) {
	sentence, hint := r.lang.Reason(e.Reason)
	switch {
	case e.Stage == trace.StageARP && e.Reason == trace.ARPNotForUs:
		r.line(b, kwARP, r.lang.text(sayIgnored, sentence), "")
		way, _ := note(e, sim.NoteWay)
		r.notes(e, sim.NoteSetting, func(n sim.Note) { r.detail(b, r.lang.text(sayARPNotProxy, n.Text, addr(e.Before.Dst), way.Text)) })
		return
	case e.Reason == trace.OtherHost:
		r.line(b, kwLink, r.lang.text(sayIgnored, sentence), "")
		return
	}
	text := ReasonName(e.Reason) + ": " + sentence
	if hint != "" {
		text += "; " + r.lang.text(sayHint, concrete(hint, e))
	}
	r.line(b, kwDrop, text, "")
	switch {
	case e.Reason == trace.PktTooBig && e.Ref.Kind == trace.RefValue:
		r.more(b, r.lang.text(sayTooBig, itoa(e.Before.Len), strconv.Itoa(int(e.Value))), "")
	case e.Ref.Text == "", e.Ref.Text == b.told: // the station before has told it
	case e.Ref.Kind == trace.RefDevice && e.Ref.Text == e.NetNS+":"+e.Dev:
	default:
		r.more(b, e.Ref.Text, e.Ref.By)
	}
	if e.Ref.Text == "" || e.Ref.Text != b.told {
		r.notRoutes(b, e)
	}
	r.notes(e, sim.NoteWayBack, func(n sim.Note) { r.more(b, r.lang.text(sayWayBackWrong, addr(e.Before.Src), n.Text, e.Dev), "") })
	if e.Table != "" && e.Ref.Text != b.told {
		r.chains(b, e)
	}
	r.notes(e, sim.NoteCounter, func(n sim.Note) { r.more(b, r.lang.text(sayCounter, n.Text), "") })
}

// concrete puts the packet's own names into a hint.
func concrete(hint string, e *sim.Event) string {
	if e.Before == (packet.Flow{}) {
		return hint
	}
	for _, w := range [...]struct{ word, value string }{
		{"OUTER-DESTINATION", ""}, {"DESTINATION", addr(e.Before.Dst)}, {"TARGET", addr(e.Before.Dst)}, {"SOURCE", addr(e.Before.Src)}, {"IF", e.Dev},
	} {
		if w.value != "" {
			hint = replaceWord(hint, w.word, w.value)
		}
	}
	return hint
}

// replaceWord replaces word where no letter, digit or dash is next to it.
func replaceWord(s, word, value string) string {
	part := func(c byte) bool {
		return c == '-' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	for i := 0; i+len(word) <= len(s); i++ {
		if s[i:i+len(word)] != word || i > 0 && part(s[i-1]) || i+len(word) < len(s) && part(s[i+len(word)]) {
			continue
		}
		s = s[:i] + value + s[i+len(word):]
		i += len(value) - 1
	}
	return s
}

func addr(a uint32) string { return packet.AddrFrom32(a).String() }

func itoa(n uint16) string { return strconv.Itoa(int(n)) }
