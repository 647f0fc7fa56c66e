package shell

import (
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// quoteArith makes ((a $op b)) into (("a $op b")) where the parser stumbled.
// Bash expands an arithmetic command as a text before it reads it, so that
// operators may come out of variables; the parser knows expressions only, and
// what is quoted is one word, which is expanded and then read.
func quoteArith(src string, err error) (string, bool) {
	var pe syntax.ParseError
	if !errors.As(err, &pe) || !strings.HasPrefix(pe.Text, "not a valid arithmetic operator") {
		return "", false
	}
	at := int(pe.Pos.Offset())
	if at > len(src) {
		return "", false
	}
	start := strings.LastIndex(src[:at], "((") + 2
	if start < 2 {
		return "", false
	}
	depth, end := 2, -1
	for i := start; i < len(src) && src[i] != '\n' && end < 0; i++ {
		switch src[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 1 {
				end = i
			}
		case '"', '\\', '`', ';':
			return "", false
		}
	}
	if end < at || !strings.HasPrefix(src[end:], "))") {
		return "", false
	}
	return src[:start] + `"` + src[start:end] + `"` + src[end:], true
}
