package lesson

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

func (p *Pane) questionKeys(c card) []pane.Binding {
	q := c.ask
	if p.locked[q] {
		return []pane.Binding{pane.Bind("enter", p.T("go on", "계속"), pane.Always(func(pane.Key) { p.leaf(1) }))}
	}
	out := []pane.Binding{
		pane.Bind("enter", p.T("answer", "답하기"), func(pane.Key) pane.Action { return p.enter(q) }),
		pane.Bind("ctrl+s", p.T("skip the question", "질문 건너뛰기"), func(pane.Key) pane.Action { return p.answer("") }),
	}
	if q.Kind != topology.AnswerChoice {
		return append(out, p.Editing())
	}
	return append(out,
		pane.Bind(fmt.Sprintf("1-%d", min(len(q.Choices), 9)), p.T("answer", "답하기"), func(k pane.Key) pane.Action { return p.answer(k.Name) }),
		pane.Bind("up/k down/j", p.T("choose", "고르기"), pane.Always(func(k pane.Key) { p.by(k, len(q.Choices)) })))
}

// enter gives the answer that is chosen or typed.
func (p *Pane) enter(q *topology.Prediction) pane.Action {
	text := p.edit.Text()
	if q.Kind == topology.AnswerChoice {
		text = strconv.Itoa(p.choice + 1)
	}
	if text, p.fault = p.read(q, text); p.fault != "" {
		return pane.Done{}
	}
	return p.answer(text)
}

// answer keeps an answer to the question of the card, "" for none, and goes on.
func (p *Pane) answer(text string) pane.Action {
	p.given[p.card().ask] = text
	p.show(p.at + 1)
	return pane.Answer{Text: text}
}

// Give answers the question that is open, or the one that is seen.
func (p *Pane) Give(text string) (fault string) {
	p.follow()
	c := p.card()
	if c.kind != question || p.locked[c.ask] {
		if p.Ask(); p.Open() == nil {
			return p.T("there is no question now", "지금은 질문이 없습니다")
		}
		c = p.card()
	}
	if text, fault = p.read(c.ask, text); fault != "" {
		return fault
	}
	p.answer(text)
	return ""
}

// Skip leaves the question that is open, or the one that is seen, without an answer.
func (p *Pane) Skip() bool {
	p.follow()
	if c := p.card(); c.kind != question || p.locked[c.ask] {
		if p.Ask(); p.Open() == nil {
			return false
		}
	}
	p.answer("")
	return true
}

// choiceOf is the index of a choice by its number or its words, -1 for none.
func choiceOf(q *topology.Prediction, text string) int {
	if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(q.Choices) {
		return n - 1
	}
	return slices.IndexFunc(q.Choices, func(c topology.Text) bool { return strings.EqualFold(c.EN, text) || c.KO == text && text != "" })
}

// read takes an answer as it was written. What cannot be one is no wrong answer but
// a fault.
func (p *Pane) read(q *topology.Prediction, text string) (answer, fault string) {
	text = strings.TrimSpace(text)
	switch q.Kind {
	case topology.AnswerChoice:
		n := choiceOf(q, text)
		if n < 0 {
			return "", fmt.Sprintf(p.T("a number from 1 to %d", "1부터 %d까지의 숫자"), len(q.Choices))
		}
		return strconv.Itoa(n + 1), ""
	case topology.AnswerNumber:
		if n, err := strconv.ParseFloat(text, 64); err != nil || n < 0 || p.sofar(q, text) != "" {
			return "", p.T("a number, such as 42", "숫자로 답하세요. 예: 42")
		}
	case topology.AnswerMAC:
		mac, err := packet.ParseMAC(strings.ReplaceAll(strings.ToLower(text), "-", ":"))
		if err != nil {
			return "", p.T("a MAC address, such as 02:00:0a:00:00:01", "MAC 주소로 답하세요. 예: 02:00:0a:00:00:01")
		}
		return mac.String(), ""
	case topology.AnswerIP:
		a, err := netip.ParseAddr(text)
		if err != nil || !a.Is4() {
			return "", p.T("an IPv4 address, such as 10.0.0.1", "IPv4 주소로 답하세요. 예: 10.0.0.1")
		}
		return a.String(), ""
	}
	return text, ""
}

// sofar says at once what an answer that is being typed can never become.
func (p *Pane) sofar(q *topology.Prediction, text string) string {
	text = strings.TrimSpace(text)
	only := func(chars string) bool { return strings.Trim(text, chars) == "" }
	switch q.Kind {
	case topology.AnswerNumber:
		if !only("0123456789.") {
			return p.T("a number has digits only", "숫자만 쓸 수 있습니다")
		}
	case topology.AnswerMAC:
		if !only("0123456789abcdefABCDEF:-") {
			return p.T("a MAC address has the digits 0-9 and a-f, in pairs, with : between them", "MAC 주소는 0-9, a-f 두 자리씩을 :로 나눕니다")
		}
	case topology.AnswerIP:
		if !only("0123456789.") {
			return p.T("an IPv4 address has digits and dots only", "IPv4 주소에는 숫자와 점만 있습니다")
		}
		parts := strings.Split(text, ".")
		if len(parts) > 4 {
			return p.T("an IPv4 address has four numbers", "IPv4 주소는 네 개의 수입니다")
		}
		for _, s := range parts {
			if n, err := strconv.Atoi(s); err == nil && n > 255 {
				return fmt.Sprintf(p.T("%s is more than 255", "%s: 255보다 큽니다"), s)
			}
		}
	}
	return ""
}

// question is the card of one.
func (p *Pane) question(c card, w int) (out []look.Line, see part) {
	q, lang := c.ask, p.Lang.String()
	st := p.S.Entry.Scenario.Steps[c.step]
	n, all := 0, 0
	for _, o := range p.cards {
		if o.kind == question && o.step == c.step {
			if all++; o.ask == q {
				n = all
			}
		}
	}
	if n == 1 {
		out = append(out, para(st.Text.In(lang), look.Plain, w)...)
	}
	if st.Run.Text != "" {
		out = append(out, commandLine(st, w)...)
	}
	out = append(out, look.S(look.Dim, fmt.Sprintf(p.T("question %d of %d: what will happen?", "질문 %d / %d: 무슨 일이 일어날까요?"), n, all)))
	see.from = len(out)
	out = append(out, look.Wrap("? "+q.Ask.In(lang), look.Warm, w, 2)...)
	switch {
	case p.locked[q]:
		out = append(out, p.outcome(q, w)...)
	case q.Kind == topology.AnswerChoice:
		for i, c := range q.Choices {
			mark, st := "  ", look.Plain
			if i == p.choice && !p.Plain {
				mark, st = p.Glyph("▸ ", "> "), look.Selected
			}
			out = append(out, look.Line{}.Add(look.Plain, mark).Add(look.Key, strconv.Itoa(i+1)+" ").Add(st, c.In(lang)))
		}
	case !p.Plain:
		out = append(out, p.edit.Line("  > ", w, true))
		if p.fault != "" {
			out = append(out, indented(2, look.Wrap(p.fault, look.Bad, w-2, 0))...)
		}
	}
	see.to = len(out)
	return out, see
}

// commandLine is what a step runs.
func commandLine(st *topology.Step, w int) []look.Line {
	return look.Wrap(st.In.Machine().String()+"$ "+st.Run.Text, look.Bold, w, 2)
}

// said is an answer in words.
func (p *Pane) said(q *topology.Prediction) string {
	given, ok := p.given[q]
	switch {
	case !ok:
		return p.T("not answered", "답하지 않음")
	case given == "":
		return p.T("skipped", "건너뜀")
	case q.Kind == topology.AnswerChoice:
		return q.Choices[choiceOf(q, given)].In(p.Lang.String())
	}
	return given
}

// outcome is an answer, and, once the run has come there, what is so.
func (p *Pane) outcome(q *topology.Prediction, w int) []look.Line {
	said, r := p.said(q), p.known[q]
	switch {
	case r == nil:
		return []look.Line{look.Line{}.Add(look.Dim, "  "+p.T("you: ", "예측: ")).Add(look.Bold, said).Add(look.Dim, p.T("  (step on to see)", "  (계속 진행하면 나옵니다)"))}
	case r.Right(p.given[q]):
		return []look.Line{look.Line{}.Add(look.Good, "  "+p.Glyph("✓", "ok")+" ").Add(look.Plain, p.T("you: ", "예측: ")).Add(look.Bold, said).Add(look.Good, p.T("  right", "  정답"))}
	}
	is := r.In(p.Lang.String())
	if is == "" {
		is = p.T("nothing of it was seen", "보이지 않음")
	}
	mark, st := p.Glyph("✗", "NO"), look.Bad
	if p.given[q] == "" {
		mark, st = "-", look.Dim
	}
	return []look.Line{look.Line{}.Add(st, "  "+mark+" ").Add(look.Plain, p.T("you: ", "예측: ")+said).Add(look.Plain, p.T("   it is: ", "   결과: ")).Add(look.Bold, is)}
}

// News are the questions whose answers have been seen since it was asked for last.
func (p *Pane) News(w int) []look.Line {
	p.follow()
	var out []look.Line
	for _, q := range p.asked() {
		if p.known[q] == nil || p.reported[q] {
			continue
		}
		p.reported[q] = true
		out = append(out, look.Wrap(q.Ask.In(p.Lang.String()), look.Plain, w, 2)...)
		out = append(out, p.outcome(q, w)...)
	}
	return out
}
