// Package pane is what all panes of the lab have in common: what they are handed,
// what they answer to a key, and the interface that the screen sees. The panes
// themselves are below it, one folder each: a small model and a function that
// makes lines of it. None knows a terminal.
package pane

import (
	"fmt"
	"slices"
	"strings"

	"hoplab/packet/filter"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
	"hoplab/ui/look"
	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// Pane is one view.
type Pane interface {
	Name() string        // how it is found: "hops"
	Title() string       // what stands in its frame
	SetSize(w, h int)    // of the inside
	View() []look.Line   // at most h lines
	Update(k Key) Action // nil: the key means nothing here
	Keys() []Binding     // those that Update knows; it begins with Dispatch
	// Seen is which lines of how many were in the last View, from 1 on.
	Seen() (from, to, total int)
}

// Action is what a pane wants done.
type Action interface{}

// The actions.
type (
	Done     struct{}                   // the pane has done it itself
	Seek     struct{ Event int }        // move the cursor
	Run      struct{ Goal replay.Goal } // run on
	Say      struct{ Text string }      // tell the reader
	Copy     struct{ Text, What string }
	Line     struct{ Text string } // a line was typed into the shell
	Stop     struct{}              // Ctrl-C in the shell
	EOF      struct{}              // Ctrl-D in the shell
	Shell    struct{ NetNS string }
	NextStep struct{}
	Answer   struct{ Text string }
	Open     struct{ Index int }
	Enter    struct{} // go on: what that is depends
	Columns  struct{} // choose the interfaces that are side by side
	Ask      struct { // read a line at the bottom
		Label, Text string
		Words       []string // that it may be, for tab
		Enter       func(string)
	}

	Try        struct{ NetNS, Line string } // run a line in a shell there
	SideBySide struct{}                     // each interface as a tcpdump of its own
)

// Common is handed to all panes.
type Common struct {
	S      *replay.Session // nil on the start screen
	Lang   text.Lang
	ASCII  bool // the terminal has no UTF-8
	Story  *text.Story
	told   int // how many events the story knows
	Follow int // talk that is followed, -1 for none

	Filter     string // in pcap-filter(7): hops that are shown
	Filters    map[int]*filter.Filter
	Tables     []replay.Table // of Machine at Looked
	Before     []replay.Table // at the stop before
	AsRules    bool           // the tables of iptables are wanted as rules are written
	Machine    string
	Looked     int
	Ticks      uint64 // of the session when it was looked
	Looking    bool
	Net        *replay.Net   // at Looked; nil before the first look
	WantWalk   bool          // the rules that the packet met are wanted
	Walk       []replay.Step // of the crossing Walked
	Walked     int
	Breaks     []*replay.Break
	Hidden     bool // what a lesson asks about is not shown yet
	Furthest   int  // how many events one has come to at most
	Cuts       int  // how often the past was cut, or another one opened
	LessonMode bool

	selected   int // what Selected found last
	selectedOf place
}

// T says something in the reader's language.
func (c *Common) T(en, ko string) string {
	if c.Lang == text.Korean {
		return ko
	}
	return en
}

// Errorf is fmt.Errorf in the reader's language.
func (c *Common) Errorf(en, ko string, args ...any) error { return fmt.Errorf(c.T(en, ko), args...) }

// Tell brings the story up to the history. Where the language was changed, or the
// past was cut, it begins anew.
func (c *Common) Tell() *text.Story {
	if c.Story == nil || c.told > len(c.S.History.Events) {
		c.Story, c.told = text.NewStory(c.Lang), 0
	}
	for ; c.told < len(c.S.History.Events); c.told++ {
		c.Story.Event(&c.S.History.Events[c.told].Event)
	}
	return c.Story
}

// SetLang changes the language.
func (c *Common) SetLang(l text.Lang) { c.Lang, c.Story, c.told = l, nil, 0 }

// Forget drops what is known of events: the past was cut.
func (c *Common) Forget() {
	c.Story, c.told, c.Furthest = nil, 0, 0
	c.Cuts++
	c.Tables, c.Before, c.Net, c.Looked, c.Walk, c.Walked = nil, nil, nil, -1, nil, -1
}

// Network is the network as it was when somebody last looked at the lab.
func (c *Common) Network() *replay.Net {
	if c.Net != nil {
		return c.Net
	}
	return c.S.Net()
}

// Places are all machines and NETNS:DEV, at the start and now.
func (c *Common) Places() []string {
	all := slices.Concat(c.Network().Places(), c.S.Net().Places())
	slices.Sort(all)
	return slices.Compact(all)
}

// Shows reports that a crossing is among those that are shown.
func (c *Common) Shows(h *replay.Hop) bool {
	if c.Follow >= 0 && c.S.History.Journeys[h.Journey].Talk != c.Follow {
		return false
	}
	if c.Filters == nil {
		return true
	}
	f := c.Filters[h.Link]
	return f != nil && f.MatchCrossing(h.Frame, h.Dir == trace.Out)
}

// Listed reports that an event has a line among the hops: it is a crossing or a
// loss, and its packet is neither filtered out nor another one than is followed.
func (c *Common) Listed(i int) bool {
	h := &c.S.History
	e := &h.Events[i]
	switch {
	case !replay.Lost(e) && (e.Hop < 0 || h.Hops[e.Hop].Event != i):
		return false
	case e.Hop >= 0:
		return c.Shows(&h.Hops[e.Hop])
	}
	return c.Filters == nil && (c.Follow < 0 || h.Journeys[e.Journey].Talk == c.Follow)
}

// Selected is the line of the cursor, which all panes are about: the last event
// behind it that is listed, -1 for none.
func (c *Common) Selected() int {
	k := place{c.S.Cursor(), c.Follow, c.Cuts, c.Filter}
	if k != c.selectedOf || c.selected >= k.cursor {
		c.selectedOf = k
		for c.selected = k.cursor - 1; c.selected >= 0 && !c.Listed(c.selected); c.selected-- {
		}
	}
	return c.selected
}

// place is what the line of the cursor depends on.
type place struct {
	cursor, follow, cuts int
	filter               string
}

// Hop is the crossing of the line of the cursor, or the one before the loss; -1
// for none.
func (c *Common) Hop() int {
	if n := c.Selected(); n >= 0 {
		return c.S.History.Events[n].Hop
	}
	return -1
}

// Mark is the letter of a packet: the same on all its way, through NAT and
// tunnels.
func (c *Common) Mark(journey int) string { return Letter(c.S.History.Journeys[journey].Number) }

// Letter numbers things A to Z, then A1 to Z1 and so on.
func Letter(n int) string {
	s := string(rune('A' + n%26))
	if n >= 26 {
		s += itoa(int64(n/26), 0)
	}
	return s
}

// Numbered is the letter of a packet with the number of one of its hops: C4, and
// A1.4 where the letter has a number of its own.
func (c *Common) Numbered(journey, hop int) string {
	s := c.Mark(journey)
	if len(s) > 1 {
		s += "."
	}
	return s + itoa(int64(hop), 0)
}

// Style is that of a packet: all of one talk have it.
func (c *Common) Style(journey int) look.Style {
	return look.Talk(c.S.History.Journeys[journey].Colour)
}

// Time is an instant as captures show it, in seconds since the start.
func Time(at clock.Instant) string {
	us := int64(at) / 1000
	return itoa(us/1e6, 0) + "." + itoa(us%1e6, 6)
}

func itoa(n int64, width int) string {
	var b []byte
	for n > 0 || len(b) == 0 {
		b = append([]byte{byte('0' + n%10)}, b...)
		n /= 10
	}
	return strings.Repeat("0", max(0, width-len(b))) + string(b)
}

// Glyph gives the first, or the second where there is no UTF-8.
func (c *Common) Glyph(utf, ascii string) string {
	if c.ASCII {
		return ascii
	}
	return utf
}

// What is shown of an output, from its end.
const (
	maxLines = 2000
	maxBytes = 100 * maxLines
)

// Printed are the last lines of what a program printed, as a terminal shows them.
func Printed(text string) []string {
	text = strings.TrimSuffix(text, "\n")
	text = text[max(0, len(text)-maxBytes):]
	if text == "" {
		return nil
	}
	l := strings.Split(text, "\n")
	for i, s := range l {
		if k := strings.LastIndexByte(strings.TrimSuffix(s, "\r"), '\r'); k >= 0 {
			s = s[k+1:] // what was written over
		}
		l[i] = look.Clean(s)
	}
	return l[max(0, len(l)-maxLines):]
}
