package iproute

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonWriter lays JSON out as lib/json_writer.c of iproute2 does.
type jsonWriter struct {
	b      strings.Builder
	pretty bool
	depth  int
	comma  bool
}

// newline starts an indented line, if that is wanted.
func (w *jsonWriter) newline() {
	if w.pretty {
		w.b.WriteByte('\n')
		w.b.WriteString(strings.Repeat("    ", w.depth))
	}
}

// separate ends the element before.
func (w *jsonWriter) separate() {
	if w.comma {
		w.b.WriteByte(',')
	}
	w.comma = true
}

func (w *jsonWriter) begin(c byte) {
	w.separate()
	w.b.WriteByte(c)
	w.depth++
	w.comma = false
}

func (w *jsonWriter) beginArray() {
	w.begin('[')
	if w.pretty {
		w.b.WriteByte(' ')
	}
}

func (w *jsonWriter) endArray() {
	if w.pretty && w.comma {
		w.b.WriteByte(' ')
	}
	w.depth--
	w.b.WriteByte(']')
	w.comma = true
}

func (w *jsonWriter) beginObject() { w.begin('{') }

func (w *jsonWriter) endObject() {
	w.depth--
	if w.comma {
		w.newline()
	}
	w.b.WriteByte('}')
	w.comma = true
}

// name starts a member of an object.
func (w *jsonWriter) name(key string) {
	w.separate()
	w.newline()
	w.comma = false
	w.quote(key)
	w.b.WriteByte(':')
	if w.pretty {
		w.b.WriteByte(' ')
	}
}

// value writes an element or the value of a member; key is empty for an
// element.
func (w *jsonWriter) value(key, text string) {
	if key != "" {
		w.name(key)
	}
	w.separate()
	w.b.WriteString(text)
}

// str is value with a string.
func (w *jsonWriter) str(key, s string) {
	if key != "" {
		w.name(key)
	}
	w.separate()
	w.quote(s)
}

func (w *jsonWriter) quote(s string) {
	w.b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.b.WriteByte('\\')
			w.b.WriteRune(r)
		case r == '\n':
			w.b.WriteString(`\n`)
		case r == '\t':
			w.b.WriteString(`\t`)
		case r == '\r':
			w.b.WriteString(`\r`)
		case r < ' ':
			h := strconv.FormatInt(int64(r), 16)
			w.b.WriteString(`\u` + strings.Repeat("0", 4-len(h)) + h)
		case r == utf8.RuneError:
			w.b.WriteString("\uFFFD")
		default:
			w.b.WriteRune(r)
		}
	}
	w.b.WriteByte('"')
}
