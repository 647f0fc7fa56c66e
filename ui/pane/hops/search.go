package hops

import (
	"fmt"
	"slices"
	"strings"

	"hoplab/ui/pane"
)

// Search looks for a text in the lines that are listed, whatever its case; none
// ends the search.
func (p *Pane) Search(text string) {
	p.find, p.found, p.upTo = strings.ToLower(text), nil, 0
}

// Searching is the text that is looked for.
func (p *Pane) Searching() string { return p.find }

// matches are the lines that have the text.
func (p *Pane) matches() []int {
	list, _ := p.visible()
	if p.find == "" {
		return nil
	}
	if p.upTo > len(list) { // a question was opened
		p.found, p.upTo = nil, 0
	}
	for ; p.upTo < len(list); p.upTo++ {
		x := &list[p.upTo]
		where := p.S.History.Events[x.event].NetNS + ":" + p.S.History.Events[x.event].Dev
		if strings.Contains(strings.ToLower(p.words(x)), p.find) || strings.Contains(strings.ToLower(where), p.find) {
			p.found = append(p.found, p.upTo)
		}
	}
	return p.found
}

// place is the number of the match at the cursor or before it, and how many there
// are.
func (p *Pane) place() (n, all int) {
	found := p.matches()
	list := p.entries()
	n, exact := slices.BinarySearch(found, p.at(list))
	if exact {
		n++
	}
	return n, len(found)
}

// Count is how many lines have a text.
func (p *Pane) Count(text string) int {
	was := p.find
	p.Search(text)
	n := len(p.matches())
	p.Search(was)
	return n
}

// First goes to the first match from the cursor on, or else to the first of all.
func (p *Pane) First() pane.Action {
	found := p.matches()
	if len(found) == 0 {
		return pane.Say{Text: fmt.Sprintf(p.T("no line has %q", "%q 이(가) 있는 줄이 없습니다"), p.find)}
	}
	list := p.entries()
	i, _ := slices.BinarySearch(found, p.at(list))
	return pane.Seek{Event: list[found[i%len(found)]].event + 1}
}

// next goes to the next match, or the one before; round at the ends.
func (p *Pane) next(k pane.Key) pane.Action {
	found := p.matches()
	if len(found) == 0 {
		return pane.Say{Text: p.T("//text searches the lines", "//글자 로 줄을 찾습니다")}
	}
	list := p.entries()
	i, exact := slices.BinarySearch(found, p.at(list))
	switch {
	case k.Name == "<":
		i += len(found) - 1
	case exact:
		i++
	}
	return pane.Seek{Event: list[found[i%len(found)]].event + 1}
}
