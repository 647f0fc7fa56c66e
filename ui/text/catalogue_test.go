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
		"mark is 0x10000 under mask 0x10000":                                             "mark = 0x10000 / 0x10000",
		"source in pods (10.0.0.0/24), but reverse path is not by the input interface":   "출발지 ∈ pods (10.0.0.0/24), 그러나 역경로 ≠ 들어온 인터페이스",
		"something new": "something new",
	} {
		require.Equal(t, ko, Korean.facts(en))
		require.Equal(t, en, English.facts(en))
	}
}

func TestWhoPutItThereInKorean(t *testing.T) {
	for en, ko := range map[string]string{
		"kernel": "커널", "Felix": "Felix", "lab.yaml:3:4": "lab.yaml:3:4",
		"CNI plugin: pod pod1":                          "CNI 플러그인: 파드 pod1",
		"BIRD: own block":                               "BIRD: 자신의 블록",
		"BIRD: learnt from k8s-w2, block of pod2":       "BIRD: k8s-w2에서 학습, pod2의 블록",
		"BIRD: learnt from k8s-w2, address of pod2":     "BIRD: k8s-w2에서 학습, pod2의 주소",
		"Felix: to k8s-w2, block of a, b, c and 2 more": "Felix: k8s-w2 쪽 경로, a, b, c 외 2개의 블록",
	} {
		require.Equal(t, ko, Korean.By(en))
		require.Equal(t, en, English.By(en))
	}
}

func TestWhatChangedInAConnection(t *testing.T) {
	before := "icmp     1 29 src=10.0.0.1 dst=8.8.8.8 type=8 code=0 id=7 [UNREPLIED] src=8.8.8.8 dst=10.0.0.1 type=0 code=0 id=7 mark=0 use=1"
	after := "icmp     1 30 src=10.0.0.1 dst=8.8.8.8 type=8 code=0 id=7 src=8.8.8.8 dst=192.0.2.1 type=0 code=0 id=9 mark=0 use=1"
	require.Equal(t, "[UNREPLIED] is gone, reply dst=10.0.0.1 -> 192.0.2.1, reply id=7 -> 9, timeout 29 -> 30 s", English.connDiff(before, after))
	require.Empty(t, English.connDiff(before, before))
	require.Empty(t, English.connDiff("", after))
	tcp := "tcp      6 120 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1"
	open := "tcp      6 432000 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 [ASSURED] mark=1 use=1"
	require.Equal(t, "[UNREPLIED] 사라짐, [ASSURED] 추가됨, SYN_SENT -> ESTABLISHED, mark=0 -> 1, timeout 120 -> 432000초", Korean.connDiff(tcp, open))
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
