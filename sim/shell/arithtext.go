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
	var le syntax.LangError
	pos := syntax.Pos{}
	switch {
	case errors.As(err, &pe) && strings.HasPrefix(pe.Text, "not a valid arithmetic operator"):
		pos = pe.Pos
	case errors.As(err, &le) && strings.Contains(le.Feature, "floating point"):
		pos = le.Pos
	default:
		return "", false
	}
	at := int(pos.Offset())
	if at > len(src) {
		return "", false
	}
	if text, ok := quoteSubscript(src, at); ok {
		return text, true
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

// quoteSubscript makes ${m["c d"]} of ${m[c d]}, and of m[c d]=.
func quoteSubscript(src string, at int) (string, bool) {
	line := strings.LastIndexByte(src[:at], '\n') + 1
	start := strings.LastIndexByte(src[line:at], '[') + line + 1
	if start == line || start < 2 || !validName(src[start-2:start-1]) && (src[start-2] < '0' || src[start-2] > '9') {
		return "", false
	}
	n := strings.IndexAny(src[start:], "]\"'`\\\n")
	if n < 0 || src[start+n] != ']' || start+n < at {
		return "", false
	}
	end := start + n
	return src[:start] + `"` + src[start:end] + `"` + src[end:], true
}
