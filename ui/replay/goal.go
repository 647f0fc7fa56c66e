package replay

import (
	"fmt"
	"strings"

	"hoplab/packet/filter"
	"hoplab/sim/trace"
)

// GoalKind says where to stop.
type GoalKind uint8

// The goals.
const (
	AnyEvent   GoalKind = iota
	NextHop             // a packet crosses an interface
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
	Breaks    []*Break
}

// Meets reports that an event is one to stop at; hop is its crossing, nil if it
// is none.
func (g *Goal) Meets(e *Event, hop *Hop, j *Journey) bool {
	for _, b := range g.Breaks {
		if b.Meets(e, hop) {
			return true
		}
	}
	if g.Following && j.Talk != g.Follow {
		return false
	}
	switch g.Kind {
	case AnyEvent:
		return true
	case NextHop:
		return hop != nil
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
	text    string // in the route, rule or setting that decides
	filters map[int]*filter.Filter
}

// ParseBreak reads a breakpoint: an interface, a filter in pcap-filter(7), both,
// "drop", or /text/ of a route or rule.
//
//	k8s-w1:tunl0
//	k8s-w1:ens5 ip proto 4
//	icmp[icmptype] = icmp-echoreply
//	drop
//	/MASQUERADE/
func ParseBreak(s string, isPlace func(string) bool) (*Break, error) {
	b := &Break{Text: strings.TrimSpace(s)}
	word, rest, _ := strings.Cut(b.Text, " ")
	switch {
	case b.Text == "":
		return nil, fmt.Errorf("where? an interface (k8s-w1:tunl0), a filter (icmp), drop, or /text/ of a rule or route")
	case b.Text == "drop":
		b.drop = true
		return b, nil
	case b.Text[0] == '/':
		b.text = strings.Trim(b.Text, "/")
		if b.text == "" {
			return nil, fmt.Errorf("expected /text/ of a rule or route, such as /MASQUERADE/")
		}
		return b, nil
	case isPlace(word):
		b.place = word
		if rest = strings.TrimSpace(rest); rest == "" {
			return b, nil
		}
	default:
		rest = b.Text
	}
	var err error
	b.filters, err = CompileFilter(rest)
	return b, err
}

// Meets reports that an event is one to stop at.
func (b *Break) Meets(e *Event, hop *Hop) bool {
	switch {
	case b.drop:
		return Lost(e)
	case b.text != "":
		return strings.Contains(e.Ref.Text, b.text)
	case hop == nil, b.place != "" && b.place != hop.NetNS && b.place != hop.Place():
		return false
	case b.filters == nil:
		return true
	}
	f := b.filters[hop.Link]
	return f != nil && f.MatchCrossing(hop.Frame, hop.Dir == trace.Out)
}
