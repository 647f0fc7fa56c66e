package trace

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
)

func TestEveryReasonHasNameAndSentence(t *testing.T) {
	seen := map[string]Reason{}
	for _, r := range Reasons() {
		require.NotEmpty(t, r.String(), "reason %d", r)
		require.NotEmpty(t, r.Sentence(), "sentence of %s", r)
		_, twice := seen[r.String()]
		require.False(t, twice, "two reasons are called %s", r)
		seen[r.String()] = r
		back, ok := ParseReason(r.String())
		require.True(t, ok)
		require.Equal(t, r, back)
	}
}

func TestEveryEnumValueHasAName(t *testing.T) {
	for s := range numStages {
		require.NotEmpty(t, s.String(), "stage %d", s)
	}
	for v := range numVerdicts {
		require.NotEmpty(t, v.String(), "verdict %d", v)
	}
	for k := RefKind(1); k < numRefKinds; k++ {
		require.NotEmpty(t, k.String(), "ref kind %d", k)
	}
	for s := Sysctl(1); s < numSysctls; s++ {
		require.NotEmpty(t, s.String(), "sysctl %d", s)
	}
}

func TestRecordIsAtMost48Bytes(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(Record{}), uintptr(48))
}

func TestLogKeepsWhatItsModeSays(t *testing.T) {
	for _, tt := range []struct {
		mode Mode
		n    int
		want int
	}{{Off, 10, 0}, {Ring, 10, 10}, {Ring, 3*RingSize + 5, RingSize}, {Keep, 3*RingSize + 5, 3*RingSize + 5}, {Keep, RingSize, RingSize}} {
		var l Log
		l.SetMode(tt.mode)
		for i := range tt.n {
			if l.On() {
				r := l.Next(0, 1, 0, 0, StageRoute, Continue, RefNone, 0)
				r.RefIdx = uint32(i)
				l.Commit(r, nil)
			}
		}
		got := 0
		l.Each(func(seq uint64, r *Record, _ *packet.Flow) bool {
			require.Equal(t, uint64(r.RefIdx)+1, seq)
			got++
			return true
		})
		require.Equal(t, tt.want, got, "mode %d, %d records", tt.mode, tt.n)
	}
}

type countSink int

func (c *countSink) Trace(*Record, *packet.Flow, []byte) { *c++ }

func TestSinksComeAndGo(t *testing.T) {
	var l Log
	var a, b countSink
	require.False(t, l.On())
	l.Attach(&a)
	l.Attach(&b)
	l.Commit(l.Next(0, 1, 0, 0, StageRoute, Continue, RefNone, 0), nil)
	l.Detach(&a)
	l.Commit(l.Next(0, 1, 0, 0, StageRoute, Continue, RefNone, 0), nil)
	l.Detach(&b)
	require.Equal(t, countSink(1), a)
	require.Equal(t, countSink(2), b)
	require.False(t, l.On())
}
