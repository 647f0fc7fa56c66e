package iptables

import "errors"

// Errors of Split.
var (
	errQuote     = errors.New("unterminated quote: add the closing ' or \"")
	errBackslash = errors.New("backslash at the end of the line")
)

// Split breaks a line into words as a POSIX shell does: single quotes keep
// everything, double quotes keep all but backslash before $ ` " \, a backslash
// outside keeps the next character. Nothing is expanded; a # at the start of a
// word begins a comment.
func Split(line string) ([]string, error) {
	var words []string
	var word []byte
	inWord := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\t', '\n', '\r':
			if inWord {
				words = append(words, string(word))
				word, inWord = word[:0], false
			}
		case '#':
			if !inWord {
				return words, nil
			}
			word = append(word, c)
		case '\'':
			inWord = true
			for i++; ; i++ {
				if i >= len(line) {
					return nil, errQuote
				}
				if line[i] == '\'' {
					break
				}
				word = append(word, line[i])
			}
		case '"':
			inWord = true
			for i++; ; i++ {
				if i >= len(line) {
					return nil, errQuote
				}
				if line[i] == '"' {
					break
				}
				if line[i] == '\\' && i+1 < len(line) {
					switch line[i+1] {
					case '"', '\\', '$', '`', '\n':
						i++
					case '\'': // iptables-save escapes these too
						i++
					}
				}
				word = append(word, line[i])
			}
		case '\\':
			i++
			if i >= len(line) {
				return nil, errBackslash
			}
			inWord = true
			word = append(word, line[i])
		default:
			inWord = true
			word = append(word, c)
		}
	}
	if inWord {
		words = append(words, string(word))
	}
	return words, nil
}
