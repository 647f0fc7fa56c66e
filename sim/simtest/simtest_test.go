package simtest

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/proc"
	"hoplab/topology"
)

func pair(t *testing.T) *sim.Lab {
	t.Helper()
	b, err := topology.Parse("lab.yaml", []byte(`
apiVersion: hoplab/v1
kind: Lab
metadata: {name: pair}
spec:
  machines:
    h1: {interfaces: {eth0: {veth: "h2:eth0", address: 10.0.0.1/24}}}
    h2: {interfaces: {eth0: {veth: "h1:eth0", address: 10.0.0.2/24}}}
`))
	require.NoError(t, err)
	lab, err := sim.New(b.Lab("pair"))
	require.NoError(t, err)
	return lab
}

// failures is a test that only remembers that it failed.
type failures struct {
	testing.TB
	n int
}

func (f *failures) Helper()      {}
func (f *failures) Error(...any) { f.n++ }

func firstRequest(e *sim.Event) bool {
	return e.After.Proto == packet.ProtoICMP && e.After.ICMPType == uint8(packet.ICMPEcho) && e.After.B == 1
}

func TestCheck(t *testing.T) {
	lab := pair(t)
	rec := Record(t, lab)
	res, err := lab.Ping("h1", netip.MustParseAddr("10.0.0.2"), 2)
	require.NoError(t, err)
	require.Equal(t, 2, res.Received)
	Check(t, lab)
	require.Equal(t, []string{"h1:eth0", "h2:eth0"}, rec.Path(firstRequest))

	lab.World().Pool.New(84) // a buffer that nobody ever gives back
	f := &failures{TB: t}
	Check(f, lab)
	require.Equal(t, 1, f.n, "a leaked buffer")
}

func TestRecordsOfTwoRunsAreEqual(t *testing.T) {
	run := func() string {
		lab := pair(t)
		rec := Record(t, lab)
		_, err := lab.Ping("h1", netip.MustParseAddr("10.0.0.2"), 2)
		require.NoError(t, err)
		Check(t, lab)
		return rec.String()
	}
	first := run()
	require.NotEmpty(t, first)
	require.Equal(t, first, run())
}

func TestProgramsThatNobodyEndedAreCounted(t *testing.T) {
	lab := pair(t)
	before := programs()
	lab.Start(func(p *proc.Proc) error { p.Pause(); return nil })
	lab.RunFor(1)
	require.Equal(t, before+1, programs())
	lab.Close()
	require.Equal(t, before, programs())
}
