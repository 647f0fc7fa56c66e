package text

import (
	"regexp"
	"slices"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"hoplab/sim/fib"
	"hoplab/sim/trace"
)

func hasHangul(s string) bool {
	return regexp.MustCompile(`\p{Hangul}`).MatchString(s)
}

func TestEveryPhraseStandsInEveryLanguageWithTheSameGaps(t *testing.T) {
	gap := regexp.MustCompile(`\{\d\}`)
	for p := range numPhrases {
		var want []string
		for l := range numLangs {
			s := phrases[p][l]
			require.NotEmpty(t, s, "phrase %d in %s", p, l)
			gaps := gap.FindAllString(s, -1)
			slices.Sort(gaps)
			if l == English {
				want = gaps
				require.False(t, hasHangul(s), s)
			}
			require.Equal(t, want, gaps, "gaps of phrase %d in %s: %q", p, l, s)
		}
	}
}

func TestEveryReasonHasASentenceInEveryLanguage(t *testing.T) {
	for _, r := range trace.Reasons() {
		en, _ := English.Reason(r)
		require.NotEmpty(t, en, r.String())
		_, known := korean(r)
		require.True(t, known, "no Korean sentence for %s", r)
		ko, hint := Korean.Reason(r)
		require.True(t, hasHangul(ko), "%s: %q", r, ko)
		require.Equal(t, r.Hint() == "", hint == "", "hint of %s", r)
	}
}

func TestEveryLostRouteHasAReasonInKorean(t *testing.T) {
	require.Len(t, koWhy, int(fib.LaterAdded)+1)
	require.Equal(t, "unknown", fib.Why(len(koWhy)).String(), "a new reason needs a Korean one")
	for w := range koWhy {
		require.NotEmpty(t, koWhy[w], fib.Why(w).String())
		require.Equal(t, koWhy[w], Korean.why(fib.Why(w).String()))
		require.Equal(t, fib.Why(w).String(), English.why(fib.Why(w).String()))
	}
}

func TestConditionsOfRulesInKorean(t *testing.T) {
	for en, ko := range map[string]string{
		"it matches every packet": "모든 패킷에 해당",
		"source in cali40masq-ipam-pools, but destination in cali40all-ipam-pools":       "출발지 ∈ cali40masq-ipam-pools, 그러나 목적지 ∈ cali40all-ipam-pools",
		"destination is not 10.0.0.3, protocol is icmp and source port not in 1000:2000": "목적지 ≠ 10.0.0.3, 프로토콜 = icmp, 출발지 포트 ∉ 1000:2000",
		"something new": "something new",
	} {
		require.Equal(t, ko, Korean.facts(en))
		require.Equal(t, en, English.facts(en))
	}
}

func TestLocalesChooseTheLanguage(t *testing.T) {
	for locale, want := range map[string]Lang{"": English, "C": English, "ko_KR.UTF-8": Korean, "ko": Korean, "ko_KR.eucKR": Korean, "en_US.UTF-8": English, "kok_IN": English, "fr_FR": English} {
		require.Equal(t, want, LangOfLocale(locale), locale)
	}
}

func TestWidthsOfCharacters(t *testing.T) {
	for s, want := range map[string]int{"": 0, "eth0": 4, "경로": 4, "id→": 3, "✓ 경": 4} {
		require.Equal(t, want, cells(s), s)
	}
	require.False(t, unicode.IsSpace('→'))
}
