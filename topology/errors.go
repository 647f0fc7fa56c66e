package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a file. Line and Col count from 1; the zero Pos is nowhere,
// which is what a Lab built by a program instead of a file has.
type Pos struct {
	File      string
	Line, Col int
}

// IsValid reports whether the place is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String gives file:line:col as compilers print it, or "-" for nowhere.
func (p Pos) String() string {
	if !p.IsValid() {
		return cmp.Or(p.File, "-")
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// compare orders places by file, line and column.
func (p Pos) compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Errorf makes an error about the thing at p. The path names the thing inside
// its document ("spec.machines.w1.routes[0]") and may be empty.
func (p Pos) Errorf(path, format string, args ...any) *Error {
	return &Error{Pos: p, Path: path, Msg: fmt.Sprintf(format, args...)}
}

// Error is one fault at one place: what is wrong and what to do about it.
type Error struct {
	Pos
	Path string // field inside the document; may be empty
	Msg  string
}

// Error prints file:line:col: path: message.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Pos.String() + ": " + e.Msg
	}
	return e.Pos.String() + ": " + e.Path + ": " + e.Msg
}

// String is Error; without it the embedded Pos would answer.
func (e *Error) String() string { return e.Error() }

// maxPrinted is how many faults Errors.Error prints: a screenful.
const maxPrinted = 20

// Errors are all faults of a bundle, sorted by file, line and column.
type Errors []*Error

// Error prints one fault a line, at most 20, and says how many were left out.
func (es Errors) Error() string {
	var b strings.Builder
	for i, e := range es {
		if i == maxPrinted {
			fmt.Fprintf(&b, "\nand %d more", len(es)-maxPrinted)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// Unwrap lets errors.As find the single faults.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// sorted orders the faults by place, keeps the order of detection within one
// place, and drops exact repetitions. No faults give a nil error.
func (es Errors) sorted() error {
	if len(es) == 0 {
		return nil
	}
	slices.SortStableFunc(es, func(a, b *Error) int { return a.compare(b.Pos) })
	return slices.CompactFunc(es, func(a, b *Error) bool { return *a == *b })
}
