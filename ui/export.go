package ui

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"hoplab/packet/pcap"
	"hoplab/ui/pane"
	"hoplab/ui/text"
)

// askExport asks for the format.
func (a *app) askExport() {
	ex := func(format string) func() tea.Cmd { return func() tea.Cmd { a.export(format); return nil } }
	a.ask(a.c.T("export what has happened: p pcapng, j json, t text, s scenario with the typed lines, n no", "내보내기: p pcapng, j json, t 텍스트, s 입력한 줄을 포함한 시나리오, n 취소"),
		map[string]func() tea.Cmd{"p": ex("pcapng"), "j": ex("json"), "t": ex("text"), "s": ex("scenario"), "n": func() tea.Cmd { return nil }})
}

// export writes a file into the current folder.
func (a *app) export(format string) {
	name := a.c.S.Entry.Scenario.Name
	var write func(io.Writer) error
	switch format {
	case "pcapng", "pcap":
		name, write = name+".pcapng", a.writePcapng
	case "json":
		name, write = name+".json", a.writeJSON
	case "text", "txt":
		name, write = name+".txt", a.writeText
	case "scenario", "yaml":
		name, write = name+"-recorded.yaml", a.writeScenario
	default:
		a.fail(a.c.Errorf("export %s: there is pcapng, json, text and scenario", "export %s: pcapng, json, text, scenario 중 하나여야 합니다", format))
		return
	}
	if a.o.Save == nil {
		a.fail(a.c.Errorf("there is no folder to write %s to", "%s: 저장할 폴더가 없습니다", name))
		return
	}
	written, err := a.o.Save(name, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		if err := write(b); err != nil {
			return err
		}
		return b.Flush()
	})
	if err != nil {
		a.fail(a.c.Errorf("cannot write %s: %w", "%s: 저장할 수 없습니다: %w", name, err))
		return
	}
	if format == "scenario" || format == "yaml" {
		a.saved = len(a.c.S.Inputs())
	}
	a.say(fmt.Sprintf(a.c.T("wrote %s into the current folder", "현재 폴더에 %s 저장함"), written))
}

// writePcapng writes all crossings, an interface block for each interface, with
// what was decided as comments.
func (a *app) writePcapng(dst io.Writer) error {
	s := a.c.S
	w := pcap.NewWriter(dst)
	index := map[string]int{}
	for i := range s.History.Hops {
		h := &s.History.Hops[i]
		if _, ok := index[h.Place()]; !ok {
			index[h.Place()] = len(index)
			w.AddInterface(pcap.Interface{Name: h.Place(), Description: s.Entry.Scenario.Name, LinkType: h.Link})
		}
	}
	story := a.c.Tell()
	for i := range s.History.Hops {
		h := &s.History.Hops[i]
		at := s.Start().UnixNano() + int64(h.At)
		if err := w.WritePacket(index[h.Place()], at, h.Frame, len(h.Frame), comment(story.Of(uint64(h.Event)+1))); err != nil {
			return err
		}
	}
	return w.Flush()
}

func comment(list []text.Decision) string {
	var b strings.Builder
	for _, d := range list {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%-9s %s", d.Keyword, d.Text)
		if d.By != "" {
			b.WriteString("   " + d.By)
		}
		for _, f := range d.More {
			b.WriteString("\n          " + f.Text)
		}
	}
	return b.String()
}

// writeJSON writes the events and results as hoplab run --format json does.
func (a *app) writeJSON(dst io.Writer) error {
	var b []byte
	for i := range a.c.S.History.Events {
		b = append(text.AppendEvent(b[:0], &a.c.S.History.Events[i].Event), '\n')
		if _, err := dst.Write(b); err != nil {
			return err
		}
	}
	if a.job != nil { // something runs: there are no results yet
		return nil
	}
	_, err := dst.Write(text.AppendReportJSON(nil, a.c.S.Summary()))
	return err
}

// writeText writes the hop log.
func (a *app) writeText(dst io.Writer) error {
	o := text.Options{Lang: a.c.Lang, ASCII: a.c.ASCII}
	o.NetNS, o.Dev = text.Columns(a.c.S.Topology())
	r := text.New(dst, o)
	for i := range a.c.S.History.Events {
		r.Event(&a.c.S.History.Events[i].Event)
	}
	return r.Flush()
}

// writeScenario writes a scenario with the steps that were run and the lines that
// were typed.
func (a *app) writeScenario(dst io.Writer) error {
	_, err := io.WriteString(dst, a.c.S.Recorded())
	return err
}

func keyNamed(name string) pane.Key { return pane.Key{Name: name, Text: name} }
