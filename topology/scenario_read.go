package topology

import (
	"slices"
	"strconv"
)

func readScenario(doc value) *Scenario {
	s := &Scenario{Pos: doc.pos()}
	doc.object(fields{
		"apiVersion": func(value) {},
		"kind":       func(value) {},
		"metadata":   func(v value) { s.Name = readName(v) },
		"spec": func(v value) {
			v.object(fields{
				"labRef":      func(v value) { s.LabRef = v.line() },
				"title":       func(v value) { s.Title = v.localized() },
				"description": func(v value) { s.Description = v.localized() },
				"steps":       func(v value) { s.Steps, s.After = readSteps(v) },
			})
			if v.isMapping() && !v.has("steps") {
				v.errorf("steps are missing")
			}
		},
	})
	if !doc.has("metadata") {
		doc.errorf("metadata is missing; write metadata: {name: NAME}")
	}
	if !doc.has("spec") {
		doc.errorf("spec is missing; it holds the steps")
	}
	return s
}

// readSteps reads the list of steps. Pages go to the step that they come before.
func readSteps(v value) (steps []*Step, after []*Page) {
	if !v.atMost(maxSteps, "steps") {
		return nil, nil
	}
	names, ids := make(map[string]int), make(map[string]int) // line of the first
	index := -1
	v.list(func(v value) {
		index++
		name, line := v.at("name"), v.pos().Line
		if v.isPage() {
			p := readPage(v)
			p.Index = index
			after = append(after, p)
		} else {
			s := readStep(v)
			s.Index, s.Pages, after = index, after, nil
			steps = append(steps, s)
			for _, p := range s.Predict {
				if first := ids[p.ID]; p.ID != "" && first > 0 {
					v.errorf("there is a prediction %q already (line %d)", shorten(p.ID), first)
				}
				ids[p.ID] = p.Pos.Line
			}
		}
		if v.has("name") && name.isScalar() {
			if first := names[name.node.Value]; first > 0 {
				name.errorf("there is a step %q already (line %d)", shorten(name.node.Value), first)
			}
			names[name.node.Value] = line
		}
	})
	if v.isList() && len(steps) == 0 {
		v.errorf("a scenario has at least one step that runs or expects something")
	}
	return steps, after
}

// isPage reports an element of the list of steps that is only read.
func (v value) isPage() bool {
	for _, key := range []string{"run", "wait", "until", "expect", "tap", "predict", "in"} {
		if v.has(key) {
			return false
		}
	}
	return v.has("text") || v.has("try") || v.has("pods")
}

func readPage(v value) *Page {
	p := &Page{Pos: v.pos()}
	v.object(fields{
		"name":  func(v value) { p.Name = v.line().Text },
		"title": func(v value) { p.Title = v.localized() },
		"text":  func(v value) { p.Text = v.localized() },
		"try":   func(v value) { v.list(func(v value) { p.Try = append(p.Try, readTry(v)) }) },
		"pods":  func(v value) { v.list(func(v value) { p.Pods = append(p.Pods, readPodRef(v)) }) },
	})
	return p
}

func readTry(v value) Try {
	t := Try{Pos: v.pos()}
	v.object(fields{
		"in":   func(v value) { t.In = readPlace(v) },
		"run":  func(v value) { t.Run = v.line() },
		"look": func(v value) { t.Look = v.localized() },
	})
	for _, key := range []string{"in", "run"} {
		if v.isMapping() && !v.has(key) {
			v.errorf("%s is missing; write {in: node/NAME, run: COMMAND}", key)
		}
	}
	return t
}

func readPodRef(v value) RefAt {
	r := readPlace(v)
	if !r.IsZero() && r.Kind != RefPod {
		v.errorf("expected a pod; write pod/%s", r.Name)
	}
	return r
}

func readStep(v value) *Step {
	s := &Step{Pos: v.pos()}
	v.object(fields{
		"name":    func(v value) { s.Name = v.line().Text },
		"title":   func(v value) { s.Title = v.localized() },
		"text":    func(v value) { s.Text = v.localized() },
		"in":      func(v value) { s.In = readPlace(v) },
		"run":     func(v value) { s.Run = Line{Text: v.filled(), Pos: v.pos()} },
		"tap":     func(v value) { s.Tap = readInterfaces(v) },
		"wait":    func(v value) { s.Wait = v.duration() },
		"until":   func(v value) { s.Until = v.duration() },
		"expect":  func(v value) { v.list(func(v value) { s.Expect = append(s.Expect, readExpectation(v)) }) },
		"predict": func(v value) { v.list(func(v value) { s.Predict = append(s.Predict, readPrediction(v)) }) },
	})
	if v.isMapping() && !v.has("run") && !v.has("wait") && !v.has("until") && !v.has("expect") && !v.has("tap") {
		v.errorf("the step does nothing; write run: COMMAND, wait: TIME or expect: [...], or text: alone for a page to read")
	}
	return s
}

// ref reads a reference.
func (v value) ref() RefAt {
	s := v.filled()
	if s == "" {
		return RefAt{}
	}
	r, err := ParseRef(s)
	if err != nil {
		v.errorf("%v", err)
	}
	return RefAt{Ref: r, Pos: v.pos()}
}

// readPlace reads a reference to a whole namespace.
func readPlace(v value) RefAt {
	r := v.ref()
	if r.HasInterface() {
		v.errorf("expected a machine or pod without an interface; write %s", r.Machine())
	}
	return r
}

// readInterface reads a reference that says which interface.
func readInterface(v value) RefAt {
	r := v.ref()
	if !r.IsZero() && !r.HasInterface() {
		v.errorf("expected an interface; write %s:eth0, or %s:* for all", r, r)
	}
	return r
}

func readInterfaces(v value) []RefAt {
	var out []RefAt
	v.list(func(v value) { out = append(out, readInterface(v)) })
	return out
}

// ExpectKinds are all kinds of expectations.
func ExpectKinds() []ExpectKind {
	return []ExpectKind{ExpectPing, ExpectPath, ExpectPackets, ExpectDrop, ExpectARP, ExpectRoute, ExpectNAT, ExpectConntrack,
		ExpectICMPError, ExpectCommand, ExpectEventHash}
}

func expectKinds() []string {
	var names []string
	for _, k := range ExpectKinds() {
		names = append(names, string(k))
	}
	return names
}

// readExpectation reads one key that says what is expected, and because and not.
func readExpectation(v value) *Expectation {
	e := &Expectation{Pos: v.pos(), Raw: Raw{v.node}}
	f := fields{
		"because": func(v value) { e.Because = v.localized() },
		"not":     func(v value) { e.Not = v.boolean() },
	}
	for _, kind := range expectKinds() {
		f[kind] = func(v value) {
			if e.Kind != "" {
				v.errorf("one expectation has one key, and this one has %s already; begin a new one with -", e.Kind)
				return
			}
			e.Kind = ExpectKind(kind)
			e.read(v)
		}
	}
	before := len(v.src.errs)
	v.object(f)
	if e.Kind == "" && len(v.src.errs) == before {
		v.errorf("nothing is expected; write one of %s", oneOf(expectKinds()))
	}
	return e
}

func (e *Expectation) read(v value) {
	switch e.Kind {
	case ExpectPing:
		e.Ping = readPing(v)
	case ExpectPath:
		e.Path = readPath(v)
	case ExpectPackets:
		e.Packets = readPackets(v)
	case ExpectDrop:
		e.Drop = readDrop(v)
	case ExpectARP:
		e.ARP = readARP(v)
	case ExpectRoute:
		e.Route = readRoute(v)
	case ExpectNAT:
		e.NAT = readNAT(v)
	case ExpectConntrack:
		e.Conntrack = readConntrack(v)
	case ExpectICMPError:
		e.ICMPError = readICMPError(v)
	case ExpectCommand:
		e.Command = readCommand(v)
	case ExpectEventHash:
		e.EventHash = readEventHash(v)
	}
}

func readPing(v value) *ExpectedPing {
	p := &ExpectedPing{}
	v.object(fields{
		"sent":       func(v value) { p.Sent = v.count() },
		"received":   func(v value) { p.Received = v.count() },
		"duplicates": func(v value) { p.Duplicates = v.count() },
		"errors":     func(v value) { p.Errors = v.count() },
		"ttl": func(v value) {
			ttl := v.integer(1, 255)
			p.TTL = &ttl
		},
		"loss": func(v value) {
			loss := v.percent()
			p.Loss = &loss
		},
	})
	if v.isMapping() && *p == (ExpectedPing{}) {
		v.errorf("nothing is expected of the ping; write sent, received, ttl or loss")
	}
	return p
}

func readPath(v value) []RefAt {
	var path []RefAt
	v.list(func(v value) {
		r := readInterface(v)
		if r.Interface == AllInterfaces {
			v.errorf("a path goes through one interface at a time; %s names all", r)
		}
		path = append(path, r)
	})
	if v.isList() && len(path) == 0 {
		v.errorf("the path is empty")
	}
	return path
}

func readPackets(v value) *ExpectedPackets {
	p := &ExpectedPackets{}
	v.object(fields{
		"at":      func(v value) { p.At = readInterface(v) },
		"filter":  func(v value) { p.Filter = v.line() },
		"count":   func(v value) { p.Count = v.count() },
		"min":     func(v value) { p.Min = v.count() },
		"max":     func(v value) { p.Max = v.count() },
		"headers": func(v value) { v.list(func(v value) { p.Headers = append(p.Headers, readHeader(v)) }) },
	})
	switch {
	case !v.isMapping():
	case !v.has("at"):
		v.errorf("at is missing; it says where the packets are counted")
	case p.Count != nil && (p.Min != nil || p.Max != nil):
		v.errorf("count says the number exactly; leave min and max out")
	case p.Min != nil && p.Max != nil && *p.Min > *p.Max:
		v.errorf("min %d is more than max %d", *p.Min, *p.Max)
	case p.Count != nil && *p.Count == 0 && len(p.Headers) > 0:
		v.errorf("no packet is expected, so no headers can be; put them into the filter")
	}
	return p
}

// HeaderLayers are the layers that a Header can be of.
func HeaderLayers() []string { return []string{"ethernet", "arp", "ipv4", "icmp", "udp", "tcp"} }

// HeaderFields are the fields that a layer's Header can name.
func HeaderFields(layer string) []string {
	switch layer {
	case "ethernet":
		return []string{"src", "dst", "type"}
	case "arp":
		return []string{"op", "senderMAC", "senderIP", "targetMAC", "targetIP"}
	case "ipv4":
		return []string{"src", "dst", "ttl", "protocol", "length", "id", "tos", "df", "mf", "offset", "headerLength", "checksum"}
	case "icmp":
		return []string{"type", "code", "id", "seq", "mtu", "gateway", "checksum"}
	case "udp":
		return []string{"srcPort", "dstPort", "length", "checksum"}
	case "tcp":
		return []string{"srcPort", "dstPort", "seq", "ack", "flags", "window", "checksum", "mss"}
	}
	return nil
}

// readHeader reads {LAYER: {FIELD: VALUE, ...}}.
func readHeader(v value) Header {
	h := Header{Pos: v.pos()}
	f := make(fields)
	for _, layer := range HeaderLayers() {
		f[layer] = func(v value) {
			if h.Layer != "" {
				v.errorf("one element is one header, and this one is %s already; begin a new one", h.Layer)
				return
			}
			h.Layer = layer
			h.Fields = readHeaderFields(layer, v)
		}
	}
	before := len(v.src.errs)
	v.object(f)
	if h.Layer == "" && len(v.src.errs) == before {
		v.errorf("the header is empty; write {ipv4: {ttl: 63}}")
	}
	return h
}

func readHeaderFields(layer string, v value) []HeaderField {
	known := HeaderFields(layer)
	var out []HeaderField
	v.each(func(key, v value) {
		name := key.node.Value
		if !slices.Contains(known, name) {
			key.errorf("unknown field %q of %s; expected %s%s", shorten(name), layer, oneOf(known), didYouMean(name, known))
		}
		out = append(out, HeaderField{Pos: key.pos(), Name: name, Value: v.filled()})
	})
	return out
}

func readDrop(v value) *ExpectedDrop {
	d := &ExpectedDrop{}
	v.object(fields{
		"at":     func(v value) { d.At = v.ref() },
		"reason": func(v value) { d.Reason = v.line() },
		"count":  func(v value) { d.Count = v.count() },
	})
	return d
}

func readPrediction(v value) *Prediction {
	p := &Prediction{Pos: v.pos()}
	v.object(fields{
		"id":      func(v value) { p.ID = v.line().Text },
		"ask":     func(v value) { p.Ask = v.localized() },
		"because": func(v value) { p.Because = v.localized() },
		"kind": func(v value) {
			p.Kind = AnswerKind(v.word(string(AnswerIP), string(AnswerMAC), string(AnswerNumber), string(AnswerChoice)))
		},
		"answer":        func(v value) { p.Answer = v.line() },
		"choices":       func(v value) { v.list(func(v value) { p.Choices = append(p.Choices, v.localized()) }) },
		"misconception": func(v value) { p.Misconception = v.localized() },
		"about":         func(v value) { p.About = readAbout(v) },
	})
	if v.isMapping() {
		p.check(v)
	}
	return p
}

func readAbout(v value) *About {
	a := &About{}
	v.object(fields{
		"at":     func(v value) { a.At = v.ref() },
		"filter": func(v value) { a.Filter = v.line() },
		"field":  func(v value) { a.Field = v.line().Text },
	})
	return a
}

// check reports what a prediction lacks.
func (p *Prediction) check(v value) {
	for _, key := range []string{"id", "ask", "kind", "answer"} {
		if !v.has(key) {
			v.errorf("%s is missing", key)
		}
	}
	if p.Kind == AnswerChoice && !v.has("choices") {
		v.errorf("choices are missing; write choices: [yes, no]")
		return
	}
	if p.Answer.Text == AnswerAuto {
		if p.About == nil {
			v.errorf("answer: auto needs about: {at: REF:IFACE, filter: ..., field: ...}, to know where the answer is seen")
		}
		return
	}
	if p.Answer.Text != "" {
		p.checkAnswer(v.at("answer"))
	}
}

func (p *Prediction) checkAnswer(v value) {
	switch p.Kind {
	case AnswerIP:
		v.addr()
	case AnswerMAC:
		v.mac()
	case AnswerNumber:
		if _, err := strconv.ParseFloat(p.Answer.Text, 64); err != nil {
			v.expected("a number")
		}
	case AnswerChoice:
		if !slices.ContainsFunc(p.Choices, func(t Text) bool { return t.EN == p.Answer.Text || t.KO == p.Answer.Text }) {
			v.errorf("the answer %q is not among the choices", shorten(p.Answer.Text))
		}
	}
}
