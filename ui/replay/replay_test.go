package replay

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
	"hoplab/sim"
)

func open(t testing.TB, name string) *Session {
	t.Helper()
	e, err := scenarios.NewResolver().Find(name)
	require.NoError(t, err)
	s, err := Open(e, Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func TestTry(t *testing.T) {
	s := open(t, "cross-node-ping")
	require.NoError(t, s.Input(BeginStep, 0, ""))
	for s.Advance(Goal{Kind: NextHop}) {
		h := s.History.Hops[s.Hop()]
		fmt.Println(s.Cursor(), h.Journey, h.Place(), h.Line)
		s.History.Of(s.Hop(), func(i int, e *Event) { fmt.Println("     ", i, e.Stage, e.Verdict, e.Ref.Text, e.Hop) })
		if s.Hop() > 14 {
			break
		}
	}
	require.NoError(t, s.Mirror().At(context.Background(), s.Point(s.Cursor()-3), func(l *sim.Lab) {
		for _, x := range Tables(l, "k8s-w1", Commands()) {
			fmt.Println("##", x.Command)
			for _, y := range x.Lines {
				fmt.Println(y)
			}
		}
	}))
}
