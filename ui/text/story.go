package text

import "io"

// Decision is one thing that was decided about a packet, in words.
type Decision struct {
	Seq     uint64 // of its event
	Keyword string // route, neigh, nat, drop …
	Text    string
	By      string // who put there what decided; may be empty
	More    []Fact
	Passed  bool // a table of netfilter that let the packet through: nothing was decided
}

// Fact is a further line of a decision: the rule itself, why not another route.
type Fact struct {
	Text, By string
	Detail   bool // told only where there is room for all that is known
}

// Story collects what the hop log says below each crossing, for readers that lay
// it out themselves. Events come by Event, in order.
type Story struct {
	*Renderer
	byHop map[uint64][]Decision
	lone  []Decision // about packets that crossed nothing
}

// NewStory returns a story in a language.
func NewStory(lang Lang) *Story {
	s := &Story{Renderer: New(io.Discard, Options{Lang: lang, Width: maxComment}), byHop: map[uint64][]Decision{}}
	s.story = s
	return s
}

func (s *Story) keep(b *block) {
	switch {
	case len(b.list) == 0:
	case b.seq == 0:
		s.lone = append(s.lone, b.list...)
	default:
		s.byHop[b.seq] = append(s.byHop[b.seq], b.list...)
	}
}

// Of gives what was decided below the crossing with that sequence number, as far
// as the events tell.
func (s *Story) Of(seq uint64) []Decision {
	for i := range s.blocks[:s.n] {
		if b := &s.blocks[i]; b.seq == seq {
			return b.list
		}
	}
	return s.byHop[seq]
}

// Lone gives what was decided in an event about a packet that crossed nothing
// before or after it.
func (s *Story) Lone(seq uint64) []Decision {
	for _, p := range s.pending { // any order: an event is in one of them
		if has(p.list, seq) {
			return p.list
		}
	}
	for i := range s.blocks[:s.n] {
		if b := &s.blocks[i]; b.seq == 0 && has(b.list, seq) {
			return b.list
		}
	}
	var out []Decision
	for _, d := range s.lone {
		if d.Seq == seq {
			out = append(out, d)
		}
	}
	return out
}

func has(list []Decision, seq uint64) bool {
	for _, d := range list {
		if d.Seq == seq {
			return true
		}
	}
	return false
}
