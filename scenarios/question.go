package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet/filter"
	"hoplab/sim"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// Answer is what a run says to a prediction.
type Answer struct {
	Prediction *topology.Prediction
	Text       string // as readers are shown it; of a choice its English words; empty when nothing was seen
	Event      uint64 // Seq of the event in which it is seen, 0 for none
}

// Right reports that somebody's answer is the run's: the same address or number
// however it is written, or the number or the words of a choice.
func (a *Answer) Right(given string) bool {
	given = strings.TrimSpace(given)
	if given == "" || a.Text == "" {
		return false
	}
	p := a.Prediction
	switch p.Kind {
	case topology.AnswerNumber:
		x, err := strconv.ParseFloat(given, 64)
		y, err2 := strconv.ParseFloat(a.Text, 64)
		return err == nil && err2 == nil && x == y
	case topology.AnswerChoice:
		i := slices.IndexFunc(p.Choices, func(t topology.Text) bool { return strings.EqualFold(t.EN, a.Text) || t.KO == a.Text })
		if i < 0 {
			return false
		}
		return given == strconv.Itoa(i+1) || strings.EqualFold(given, p.Choices[i].EN) || given == p.Choices[i].KO
	}
	return strings.EqualFold(given, a.Text)
}

// String is the name of the question and the answer.
func (a Answer) String() string {
	return fmt.Sprintf("%s: %s (event %d)", a.Prediction.ID, a.Text, a.Event)
}

// In is the answer in a language.
func (a *Answer) In(lang string) string {
	for _, c := range a.Prediction.Choices {
		if strings.EqualFold(c.EN, a.Text) || c.KO == a.Text {
			return c.In(lang)
		}
	}
	return a.Text
}

// The fields of about that are no header's.
const (
	fieldCount = "count" // how many frames match
	fieldSeen  = "seen"  // yes or no
)

// question looks for the answer to a prediction in a run.
type question struct {
	*topology.Prediction
	at      []place
	links   []int
	filters []*filter.Filter
	layer   string
	inner   bool // of the packet inside
	field   string

	n     int
	value string
	seq   uint64
}

// question checks where the answer of a prediction is to be seen.
func (c *compiler) question(p *topology.Prediction, path string) *question {
	q := &question{Prediction: p}
	if p.About == nil || p.About.At.IsZero() {
		return q
	}
	path += ".about"
	if !p.About.At.HasInterface() {
		_, err := c.namespace(p.About.At, path+".at")
		c.add(err)
		return q
	}
	places, err := refs{lab: c.lab}.interfaces(p.About.At, path+".at")
	c.add(err)
	for _, at := range places {
		link := c.linkType(at)
		f, err := c.filter(p.About.Filter, link, len(places) > 1, path+".filter")
		c.add(err)
		q.at, q.links, q.filters = append(q.at, at), append(q.links, link), append(q.filters, f)
	}
	if err := q.parse(p.About.Field); err != "" {
		c.add(p.Pos.Errorf(path+".field", "%s", err))
	}
	return q
}

// parse reads a field: count, seen, ipv4.ttl, inner.ipv4.src.
func (q *question) parse(field string) (fault string) {
	if field == fieldCount || field == fieldSeen || field == "" && q.Answer.Text != topology.AnswerAuto {
		q.field = field
		return ""
	}
	layer, name, ok := strings.Cut(field, ".")
	if layer == "inner" && ok {
		q.inner = true
		layer, name, ok = strings.Cut(name, ".")
	}
	switch layer {
	case "ip":
		layer = "ipv4"
	case "eth":
		layer = "ethernet"
	}
	if layers := topology.HeaderLayers(); !ok || !slices.Contains(layers, layer) {
		return fmt.Sprintf("expected count, seen, or LAYER.FIELD such as ipv4.ttl or inner.ipv4.src, found %q", field)
	}
	if fields := topology.HeaderFields(layer); !slices.Contains(fields, name) {
		return fmt.Sprintf("unknown field %q of %s%s", name, layer, oneOf(name, fields))
	}
	q.layer, q.field = layer, name
	return ""
}

// see looks at an event of the step.
func (q *question) see(e *sim.Event) {
	if len(q.at) == 0 {
		return
	}
	dir, ok := crossing(e)
	if !ok {
		return
	}
	for i, at := range q.at {
		if at.dev != e.Dev || at.netns != e.NetNS || q.filters[i] == nil || !q.filters[i].MatchCrossing(e.Frame, dir == trace.Out) {
			continue
		}
		q.n++
		if q.layer != "" && q.value == "" {
			q.value, q.seq = q.read(q.links[i], e.Frame), e.Seq
		} else if q.seq == 0 {
			q.seq = e.Seq
		}
		return
	}
}

// read takes the field out of a frame: of the first header of its layer, or of
// that in the packet inside.
func (q *question) read(linkType int, frame []byte) string {
	for _, l := range layersOf(linkType, frame) {
		if l.name == q.layer && (!q.inner || l.inside) {
			return readField(l, q.field)
		}
	}
	return ""
}

func (q *question) reset() { q.n, q.value, q.seq = 0, "", 0 }

// seen is what the run says.
func (q *question) seen() string {
	switch {
	case len(q.at) == 0:
		return ""
	case q.field == fieldCount:
		return strconv.Itoa(q.n)
	case q.field == fieldSeen && q.n > 0:
		return "yes"
	case q.field == fieldSeen:
		return "no"
	}
	return q.value
}

// answer is the file's, or the run's where the file leaves it to that.
func (q *question) answer() Answer {
	a := Answer{Prediction: q.Prediction, Text: q.Answer.Text, Event: q.seq}
	if a.Text == topology.AnswerAuto {
		a.Text = q.seen()
	}
	return a
}

// lie says that the file's answer is not the run's.
func (q *question) lie() (Result, bool) {
	a, seen := q.answer(), q.seen()
	if q.Answer.Text == topology.AnswerAuto || seen == "" || (&Answer{Prediction: q.Prediction, Text: a.Text}).Right(seen) {
		return Result{}, false
	}
	text := fmt.Sprintf("the answer to %s is %s", q.ID, a.Text)
	return Result{Kind: "predict", Pos: q.Pos, Text: text, Event: q.seq, Message: fmt.Sprintf("expected that %s, but the run says %s", text, seen)}, true
}
