package text

import "strings"

// Lang is a language that sentences are made in. Kernel words, addresses and
// what tools print are the same in all of them.
type Lang uint8

// The languages. The zero value is English.
const (
	English Lang = iota
	Korean
	numLangs
)

// String is the language's code as in --lang and LANG.
func (l Lang) String() string {
	if l == Korean {
		return "ko"
	}
	return "en"
}

// ParseLang reads "en" or "ko".
func ParseLang(s string) (Lang, bool) {
	for l := range numLangs {
		if l.String() == s {
			return l, true
		}
	}
	return English, false
}

// LangOfLocale picks the language for a locale such as ko_KR.UTF-8; English
// for those that have no catalogue.
func LangOfLocale(locale string) Lang {
	code, _, _ := strings.Cut(locale, ".")
	code, _, _ = strings.Cut(code, "_")
	l, _ := ParseLang(strings.ToLower(code))
	return l
}
