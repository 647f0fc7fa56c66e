package topology

import (
	"fmt"
	"strings"
)

// Nearest is the candidate that a misspelt word is likely to stand for, empty
// when none is near. Case does not matter; of equally near ones the first wins.
func Nearest(word string, candidates []string) string {
	const longest = 64 // of a word worth comparing
	if word == "" || len(word) > longest {
		return ""
	}
	best, bestDist := "", max(1, len(word)/3)+1
	for _, c := range candidates {
		if len(c) > longest {
			continue
		}
		if d := editDistance(strings.ToLower(word), strings.ToLower(c)); d < bestDist {
			best, bestDist = c, d
		}
	}
	return best
}

// didYouMean gives `; did you mean "WORD"?` for the nearest candidate, or
// nothing.
func didYouMean(word string, candidates []string) string {
	if best := Nearest(word, candidates); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// suggest is didYouMean for names out of the file, of which there may be many.
func (s *source) suggest(word string, names func() []string) string {
	if len(s.errs) >= maxSuggested {
		return ""
	}
	candidates := names()
	return didYouMean(word, candidates[:min(len(candidates), maxCompared)])
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (the restricted Damerau-Levenshtein distance).
func editDistance(a, b string) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}

// oneOf lists words for "expected …": a, b or c.
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
