package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hoplab/packet/filter"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// GoalKind says where to stop.
type GoalKind uint8

// The goals.
const (
	AnyEvent   GoalKind = iota
	NextHop             // a packet crosses an interface, or is lost
	NextPacket          // a new packet crosses its first one
	NextDrop            // one is dropped that was meant for somebody here
	NextAnswer          // an answer crosses its first interface
	NextBreak           // a breakpoint
	TheEnd              // nothing is left to happen
)

// Goal is where to stop: at events of a kind, and at breakpoints if there are
// any.
type Goal struct {
	Kind      GoalKind
	Follow    int // if Following, only events of this talk
	Following bool
	Filters   map[int]*filter.Filter // by link type; if there are any, only packets that match
	Breaks    []*Break
}

// shows reports that the filters let a crossing be seen.
func (g *Goal) shows(h *Hop) bool {
	if h == nil {
		return false
	}
	f := g.Filters[h.Link]
	return f != nil && f.MatchCrossing(h.Frame, h.Dir == trace.Out)
}

// Meets reports that an event is one to stop at; last is its packet's last crossing,
// nil before the first.
func (g *Goal) Meets(e *Event, last *Hop, j *Journey) bool {
	hop := last
	if last != nil && last.Event+1 != int(e.Seq) {
		hop = nil
	}
	for _, b := range g.Breaks {
		if b.Meets(e, hop) {
			return true
		}
	}
	if g.Following && j.Talk != g.Follow || g.Filters != nil && !g.shows(last) {
		return false
	}
	switch g.Kind {
	case AnyEvent:
		return true
	case NextHop:
		return hop != nil || Lost(e)
	case NextPacket:
		return hop != nil && j.FirstHop == e.Hop
	case NextDrop:
		return Lost(e)
	case NextAnswer:
		return hop != nil && j.Answer && j.FirstHop == e.Hop
	}
	return false
}

// Lost reports a drop that is worth stopping at: not that of a frame on a shared
// segment that was for somebody else.
func Lost(e *Event) bool {
	return e.Verdict == trace.Drop && e.Reason != trace.OtherHost && e.Reason != trace.ARPNotForUs
}

// Break is a place to stop at.
type Break struct {
	Text    string // as it was written
	place   string // NETNS:DEV, or a namespace; empty for anywhere
	drop    bool
	reason  trace.Reason // of a drop; none is any that is worth stopping at
	text    string       // in the route, rule or setting that decides, in who put it there, or in the reason
	filters map[int]*filter.Filter
}

// ParseBreak reads a breakpoint: an interface or a machine, a filter in
// pcap-filter(7), both, "drop" with or without a reason, or /text/ of a route,
// rule, setting or reason.
//
//	k8s-w1:tunl0
//	k8s-w1:ens5 ip proto 4
//	icmp[icmptype] = icmp-echoreply
//	drop
//	drop ip_rpfilter
//	/MASQUERADE/
//
// places are the lab's machines, and its interfaces as NETNS:DEV; t chooses the language
// of errors.
func ParseBreak(s string, places []string, t func(en, ko string) string) (*Break, error) {
	b := &Break{Text: strings.Join(strings.Fields(s), " ")}
	word, rest, _ := strings.Cut(b.Text, " ")
	netns, dev, isDev := strings.Cut(word, ":")
	switch {
	case b.Text == "":
		return nil, errors.New(t("where? an interface (k8s-w1:tunl0), a filter (icmp), drop, drop REASON, or /text/ of a rule or route", "어디서 멈출까요? 인터페이스(k8s-w1:tunl0), 필터(icmp), drop, drop 이유, 또는 규칙이나 라우트의 /글자/"))
	case word == "drop":
		b.drop = true
		if rest == "" {
			return b, nil
		}
		var ok bool
		if b.reason, ok = trace.ParseReason(strings.TrimPrefix(strings.ToLower(rest), "skb_drop_reason_")); !ok {
			return nil, fmt.Errorf(t("unknown drop reason %q%s", "%q: 없는 폐기 이유입니다%s"), rest, nearest(rest, DropReasons(), t))
		}
		return b, nil
	case b.Text[0] == '/':
		b.text = strings.TrimSuffix(b.Text[1:], "/")
		if b.text == "" {
			return nil, errors.New(t("expected /text/ of a rule, route or reason, such as /MASQUERADE/", "규칙, 라우트, 이유의 /글자/가 필요합니다. 예: /MASQUERADE/"))
		}
		return b, nil
	case slices.Contains(places, word):
		b.place = word
		if rest == "" {
			return b, nil
		}
	case isDev && slices.Contains(places, netns):
		var devs []string
		for _, p := range places {
			if d, ok := strings.CutPrefix(p, netns+":"); ok {
				devs = append(devs, d)
			}
		}
		return nil, fmt.Errorf(t("%s has no interface %q%s", "%s에 %q 인터페이스가 없습니다%s"), netns, dev, nearest(dev, devs, t))
	case isDev && rest == "" && !strings.ContainsAny(word, "[]()=<>!&|/"):
		return nil, fmt.Errorf(t("there is no machine or pod called %q%s", "%q: 그런 머신이나 파드가 없습니다%s"), netns, nearest(netns, places, t))
	default:
		rest = b.Text
	}
	var err error
	if b.filters, err = CompileFilter(rest); err != nil && b.place == "" && rest == word {
		err = fmt.Errorf(t("%q is no machine, interface, filter or drop: %w", "%q: 머신, 인터페이스, 필터, drop 중 어느 것도 아닙니다: %w"), word, err)
	}
	return b, err
}

// DropReasons are the names of all reasons.
func DropReasons() []string {
	var all []string
	for _, r := range trace.Reasons() {
		all = append(all, r.String())
	}
	return all
}

// nearest ends an error about an unknown word.
func nearest(word string, known []string, t func(en, ko string) string) string {
	if n := topology.Nearest(word, known); n != "" {
		return fmt.Sprintf(t("; did you mean %q?", ". 혹시 %q?"), n)
	}
	if len(known) == 0 || len(known) > 8 {
		return ""
	}
	return t("; there is ", ". 가능: ") + strings.Join(known, ", ")
}

// Meets reports that an event is one to stop at.
func (b *Break) Meets(e *Event, hop *Hop) bool {
	switch {
	case b.drop && b.reason != trace.ReasonNone:
		return e.Verdict == trace.Drop && e.Reason == b.reason
	case b.drop:
		return Lost(e)
	case b.text != "":
		return strings.Contains(e.Ref.Text, b.text) || strings.Contains(e.Ref.By, b.text) || strings.Contains(e.Reason.String(), strings.ToLower(b.text))
	case hop == nil, b.place != "" && b.place != hop.NetNS && b.place != hop.Place():
		return false
	case b.filters == nil:
		return true
	}
	f := b.filters[hop.Link]
	return f != nil && f.MatchCrossing(hop.Frame, hop.Dir == trace.Out)
}
