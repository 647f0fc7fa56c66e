package text

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/trace"
)

func routeEvent() *sim.Event {
	f := packet.Flow{Src: 0xac109e01, Dst: 0xac10b801, Len: 84, IPID: 9598, A: 17950, B: 1, Proto: packet.ProtoICMP, TTL: 64, ICMPType: 8, Frag: 1}
	return &sim.Event{Seq: 18, At: 6000, Packet: 1, Node: "k8s-w1", NetNS: "k8s-w1", Dev: "calice0906292e2", Stage: trace.StageRoute,
		Ref:    sim.Ref{Kind: trace.RefRoute, Text: "172.16.184.0/24 via 192.168.10.102 dev tunl0 proto bird onlink", By: "BIRD: learnt from k8s-w2, block of pod2"},
		Before: f, After: f, Notes: []sim.Note{{Kind: sim.NoteNotRoute, Text: "default via 192.168.10.1", Why: "shorter"}}}
}

func TestTheDocumentedExampleIsWhatIsWritten(t *testing.T) {
	doc, err := os.ReadFile("../../docs/events.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(doc), "```json\n")
	require.True(t, ok)
	example, _, _ := strings.Cut(rest, "\n```")
	var want strings.Builder
	for _, l := range strings.Split(example, "\n") {
		want.WriteString(strings.TrimSpace(l))
	}
	require.Equal(t, want.String(), string(AppendEvent(nil, routeEvent())))
}

func TestEveryFieldIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/events.md")
	require.NoError(t, err)
	e := routeEvent()
	e.Table, e.Action, e.Answer, e.Value = "nat", "ACCEPT", 3, 1480
	e.After = packet.Flow{Proto: packet.ProtoTCP, A: 1, B: 2}
	var m map[string]any
	require.NoError(t, json.Unmarshal(AppendEvent(nil, e), &m))
	e.After = packet.Flow{ARP: true, A: 1}
	var arp map[string]any
	require.NoError(t, json.Unmarshal(AppendEvent(nil, e), &arp))
	var walk func(m map[string]any)
	walk = func(m map[string]any) {
		for k, v := range m {
			require.Contains(t, string(doc), "`"+k+"`")
			if sub, ok := v.(map[string]any); ok {
				walk(sub)
			}
		}
	}
	walk(m)
	walk(arp)
	for s := trace.StageIngress; s.String() != "unknown"; s++ {
		require.Contains(t, string(doc), "`"+s.String()+"`")
	}
	for k := trace.RefRoute; k.String() != "unknown"; k++ {
		require.Contains(t, string(doc), "`"+k.String()+"`")
	}
	for k := sim.NoteNotRoute; k <= sim.NoteCounter; k++ {
		require.Contains(t, string(doc), "| `"+k.String()+"` |")
	}
	for v := trace.Continue; v.String() != "unknown"; v++ {
		require.Contains(t, string(doc), "`"+v.String()+"`")
	}
}

func TestStringsAreEscaped(t *testing.T) {
	for _, s := range []string{"", "plain", `"quoted" \`, "a\nb\tc\x01\x7f", "경로 ✓", "bad \xff utf-8", "\u2028"} {
		var back string
		require.NoError(t, json.Unmarshal(appendString(nil, s), &back), s)
		require.Equal(t, strings.ToValidUTF8(s, "\ufffd"), back)
	}
}

func TestWritingAnEventAllocatesNothing(t *testing.T) {
	e, buf := routeEvent(), make([]byte, 0, 4096)
	require.Zero(t, testing.AllocsPerRun(100, func() { buf = AppendEvent(buf[:0], e) }))
}

func BenchmarkAppendEvent(b *testing.B) {
	b.ReportAllocs()
	e, buf := routeEvent(), make([]byte, 0, 4096)
	for b.Loop() {
		buf = AppendEvent(buf[:0], e)
	}
	b.SetBytes(int64(len(buf)))
}
