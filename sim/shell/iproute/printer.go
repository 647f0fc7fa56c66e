package iproute

import (
	"bytes"
	"strconv"
)

// printer writes what a command shows: as text or, with -j, as JSON. Each
// method but text names the member of the JSON object, then says how the value
// stands in the text; like print_… of iproute2's lib/json_print.c, a method
// writes one of the two.
type printer struct {
	buf     bytes.Buffer
	json    *jsonWriter // nil: text
	color   bool
	oneline bool
}

// color is one of iproute2's colours: lib/color.c, palette for a light
// background. The values are SGR parameters.
type color string

const (
	noColor     color = ""
	colorIfname color = "36"
	colorMAC    color = "33"
	colorInet   color = "35"
	colorUp     color = "32"
	colorDown   color = "31"
)

// start begins the output of one command.
func (p *printer) start(json, pretty bool) {
	p.json = nil
	if json {
		p.json = &jsonWriter{pretty: pretty}
		p.json.beginArray()
	}
}

// finish ends the output of a command that succeeded.
func (p *printer) finish() {
	if p.json == nil {
		return
	}
	p.json.endArray()
	p.spill()
	p.buf.WriteByte('\n')
}

// spill hands unfinished JSON out as it is: the command failed.
func (p *printer) spill() {
	if p.json != nil {
		p.buf.WriteString(p.json.b.String())
		p.json = nil
	}
}

// text appears in the text only.
func (p *printer) text(s string) {
	if p.json == nil {
		p.buf.WriteString(s)
	}
}

// newline breaks the line, with -o by a backslash.
func (p *printer) newline() {
	if p.oneline {
		p.text("\\")
		return
	}
	p.text("\n")
}

// str prints before, the value and after.
func (p *printer) str(key, before, value, after string) {
	if p.json != nil {
		if key != "" {
			p.json.str(key, value)
		}
		return
	}
	p.buf.WriteString(before)
	p.buf.WriteString(value)
	p.buf.WriteString(after)
}

// colored is str; value and after are in colour.
func (p *printer) colored(c color, key, before, value, after string) {
	if p.json != nil || !p.color || c == noColor {
		p.str(key, before, value, after)
		return
	}
	p.buf.WriteString(before)
	p.buf.WriteString("\x1b[" + string(c) + "m" + value + after + "\x1b[0m")
}

// num is str with a number, which JSON does not quote.
func (p *printer) num(key, before string, n int64, after string) {
	v := strconv.FormatInt(n, 10)
	if p.json != nil {
		p.json.value(key, v)
		return
	}
	p.str(key, before, v, after)
}

// raw is a member that JSON takes as it is.
func (p *printer) raw(key, text, json string) {
	if p.json != nil {
		p.json.value(key, json)
		return
	}
	p.text(text)
}

// null is a word whose presence says all.
func (p *printer) null(key, text string) { p.raw(key, text, "null") }

// truth is a word that JSON shows as true.
func (p *printer) truth(key, text string) { p.raw(key, text, "true") }

// element is one string of an array.
func (p *printer) element(before, value, after string) {
	if p.json != nil {
		p.json.str("", value)
		return
	}
	p.str("", before, value, after)
}

// Objects and arrays exist in JSON only.

func (p *printer) object() {
	if p.json != nil {
		p.json.beginObject()
	}
}

func (p *printer) member(key string) {
	if p.json != nil {
		p.json.name(key)
		p.json.beginObject()
	}
}

func (p *printer) endObject() {
	if p.json != nil {
		p.json.endObject()
	}
}

func (p *printer) array(key string) {
	if p.json != nil {
		p.json.name(key)
		p.json.beginArray()
	}
}

func (p *printer) endArray() {
	if p.json != nil {
		p.json.endArray()
	}
}
