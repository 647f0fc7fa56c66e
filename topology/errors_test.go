package topology

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// all prints every fault, however many there are.
func all(t *testing.T, err error) string {
	t.Helper()
	var es Errors
	require.ErrorAs(t, err, &es)
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestManyFaultsAtOnceAreSortedByPlace(t *testing.T) {
	_, err := Parse("faults.yaml", testdata(t, "faults.yaml"))
	golden(t, "faults.golden", all(t, err))
}

func TestErrorsPrintsAScreenful(t *testing.T) {
	_, err := Parse("faults.yaml", testdata(t, "faults.yaml"))
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, maxPrinted+1)
	require.Regexp(t, `^and \d+ more$`, lines[maxPrinted])
	var one *Error
	require.True(t, errors.As(err, &one))
	require.Equal(t, 5, one.Line)
}

func TestPosErrorf(t *testing.T) {
	for _, tt := range []struct {
		pos  Pos
		path string
		want string
	}{
		{Pos{"lab.yaml", 3, 7}, "spec.seed", "lab.yaml:3:7: spec.seed: bad 1"},
		{Pos{"lab.yaml", 3, 7}, "", "lab.yaml:3:7: bad 1"},
		{Pos{}, "routes[0]", "-: routes[0]: bad 1"},
		{Pos{File: "lab.yaml"}, "", "lab.yaml: bad 1"},
	} {
		require.Equal(t, tt.want, tt.pos.Errorf(tt.path, "bad %d", 1).Error())
	}
}
