package topology

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// source is one file on its way to a Bundle: where its faults and notes gather.
type source struct {
	name   string
	errs   Errors
	notes  []Note
	noted  map[Note]bool // keys have no place
	budget int           // nodes that aliases may still add
}

func newSource(name string) *source {
	return &source{name: name, noted: make(map[Note]bool), budget: maxAliased}
}

func (s *source) pos(n *yaml.Node) Pos { return Pos{File: s.name, Line: n.Line, Col: n.Column} }

func (s *source) add(e *Error) {
	if len(s.errs) < maxErrors {
		s.errs = append(s.errs, e)
	}
}

// note keeps the first place of each kind and field.
func (s *source) note(pos Pos, kind, field string) {
	key := Note{Kind: kind, Field: field}
	if s.noted[key] {
		return
	}
	s.noted[key] = true
	s.notes = append(s.notes, Note{Pos: pos, Kind: kind, Field: field})
}

// documents splits the stream into its documents: alias-free trees of bounded
// depth whose mappings have distinct scalar keys. Empty documents are left out.
func (s *source) documents(src []byte) []*yaml.Node {
	start := Pos{File: s.name, Line: 1, Col: 1}
	if len(src) > maxSource {
		s.add(start.Errorf("", "the file has %d bytes; %d are the most", len(src), maxSource))
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var docs []*yaml.Node
	for count := 0; ; count++ {
		n, err := nextDocument(dec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			s.add(s.syntaxError(src, err))
			return docs
		}
		if count == maxDocuments {
			s.add(s.pos(n).Errorf("", "more than %d documents in one file", maxDocuments))
			return docs
		}
		if root := s.tree(n); root != nil {
			docs = append(docs, root)
		}
	}
	if len(docs) == 0 && len(s.errs) == 0 {
		s.add(start.Errorf("", `no document: expected "apiVersion: hoplab/v1" and "kind: Lab"`))
	}
	return docs
}

// nextDocument reads one document. yaml.v3 reports some faults by panicking.
func nextDocument(dec *yaml.Decoder) (n *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	n = new(yaml.Node)
	if err := dec.Decode(n); err != nil {
		return nil, err
	}
	return n, nil
}

// syntaxError turns yaml.v3's "yaml: line N: text" into a place and a text.
func (s *source) syntaxError(src []byte, err error) *Error {
	pos := Pos{File: s.name, Col: 1}
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if num, text, ok := strings.Cut(rest, ": "); ok {
			if line, err := strconv.Atoi(num); err == nil && line > 0 {
				if countsFromZero(text) {
					line++
				}
				pos.Line, msg = line, text
			}
		}
	}
	if pos.Line == 0 { // faults of characters come without a line
		pos.Line, pos.Col = place(src, max(0, bytes.IndexFunc(src, notYAML)))
	}
	return pos.Errorf("", "not YAML: %s", msg)
}

// notYAML says that YAML has no such character (section 5.1 of YAML 1.2.2), or that
// it is no character at all.
func notYAML(r rune) bool {
	return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r) || r == utf8.RuneError
}

// place is the line and the column of a byte, from 1.
func place(src []byte, n int) (line, col int) {
	head := src[:n]
	begin := bytes.LastIndexByte(head, '\n') + 1
	return bytes.Count(head, []byte("\n")) + 1, utf8.RuneCount(head[begin:]) + 1
}

// countsFromZero knows the messages of yaml.v3's parser (parserc.go), whose
// line numbers are one too low, from those of its scanner, whose are right.
func countsFromZero(msg string) bool {
	switch strings.TrimPrefix(msg, "did not find expected ") {
	case "<document start>", "node content", "'-' indicator", "key", "',' or ']'", "',' or '}'",
		"found undefined tag handle", "found incompatible YAML document",
		"found duplicate %YAML directive", "found duplicate %TAG directive":
		return true
	}
	return false
}

// tree gives the document's root without aliases, or nil when it is empty or refused.
func (s *source) tree(doc *yaml.Node) *yaml.Node {
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 || isNull(doc.Content[0]) {
		return nil
	}
	t := treeWalk{source: s}
	root := t.visit(doc.Content[0], 0)
	if t.stopped {
		return nil
	}
	return root
}

// treeWalk replaces aliases by copies of what they stand for and checks what
// holds for any document.
type treeWalk struct {
	*source
	path    []string // of the node being visited
	aliased bool     // below an alias, where nodes must be copied and count
	stopped bool     // a bound was passed; the document is given up
}

func (t *treeWalk) stop(n *yaml.Node, format string, args ...any) *yaml.Node {
	if !t.stopped {
		t.add(t.pos(n).Errorf("", format, args...))
	}
	t.stopped = true
	return n
}

func (t *treeWalk) visit(n *yaml.Node, depth int) *yaml.Node {
	switch {
	case t.stopped:
		return n
	case depth > maxDepth:
		return t.stop(n, "nested more than %d deep", maxDepth)
	case n.Kind == yaml.AliasNode:
		if t.aliased {
			n = n.Alias
			break
		}
		t.aliased = true
		defer func() { t.aliased = false }()
		n = n.Alias
	}
	if t.aliased {
		if t.budget--; t.budget < 0 {
			return t.stop(n, "aliases stand for more than %d nodes", maxAliased)
		}
		c := *n
		c.Content = slices.Clone(n.Content)
		n = &c
	}
	n.Anchor = ""
	t.checkTag(n)
	switch n.Kind {
	case yaml.SequenceNode:
		for i, c := range n.Content {
			t.path = append(t.path, "["+strconv.Itoa(i)+"]")
			n.Content[i] = t.visit(c, depth+1)
			t.path = t.path[:len(t.path)-1]
		}
	case yaml.MappingNode:
		t.visitMapping(n, depth)
	}
	return n
}

func (t *treeWalk) visitMapping(n *yaml.Node, depth int) {
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	kept := n.Content[:0:0]
	for i := 0; i+1 < len(n.Content) && !t.stopped; i += 2 {
		k := t.visit(n.Content[i], depth+1)
		switch {
		case k.Kind != yaml.ScalarNode:
			t.fault(k, "not modelled: a key that is %s", describe(k))
			continue
		case k.Tag == "!!merge":
			t.fault(k, "not modelled: merge key <<; write the fields out")
			continue
		}
		t.path = append(t.path, pathKey(k.Value))
		if f := first[k.Value]; f != nil {
			t.fault(k, "key %q stands here twice; first in line %d", shorten(k.Value), f.Line)
		} else {
			first[k.Value] = k
			kept = append(kept, k, t.visit(n.Content[i+1], depth+1))
		}
		t.path = t.path[:len(t.path)-1]
	}
	n.Content = kept
}

// checkTag refuses explicit tags but the harmless ones: what others mean is
// lost on readers of text.
func (t *treeWalk) checkTag(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle == 0 {
		return
	}
	tag := n.ShortTag()
	switch {
	case n.Kind == yaml.ScalarNode && tag == "!!str":
	case n.Kind == yaml.MappingNode && tag == "!!map":
	case n.Kind == yaml.SequenceNode && tag == "!!seq":
	default:
		t.fault(n, "not modelled: YAML tag %q", shorten(tag))
	}
}

func (t *treeWalk) fault(n *yaml.Node, format string, args ...any) {
	var path strings.Builder
	for _, p := range t.path {
		if path.Len() > 0 && p[0] != '[' {
			path.WriteByte('.')
		}
		path.WriteString(p)
	}
	t.add(t.pos(n).Errorf(path.String(), format, args...))
}

// pathKey is a key as it stands in the path of an error: quoted when it would
// not read well there, and never empty.
func pathKey(k string) string {
	for _, r := range k {
		if r <= ' ' || r == '"' || r == '[' || !strconv.IsPrint(r) {
			return strconv.Quote(shorten(k))
		}
	}
	if k == "" {
		return `""`
	}
	return shorten(k)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// describe says what stands in a node, for "expected …, found …".
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "number " + shorten(n.Value)
	case "!!bool":
		return n.Value
	}
	return fmt.Sprintf("text %q", shorten(n.Value))
}
