// Package simtest helps tests that run labs: it checks that nothing of a lab
// vanished or was left behind, keeps events to compare, and builds the networks
// that a real kernel was recorded in (recording.go).
//
//	func TestMain(m *testing.M) { os.Exit(simtest.Main(m)) }
//
//	func TestPing(t *testing.T) {
//		lab, err := sim.New(plain)
//		…
//		rec := simtest.Record(t, lab)
//		…
//		simtest.Check(t, lab)
//		if got := rec.Path(isRequest); !slices.Equal(got, want) { … }
//	}
package simtest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"hoplab/sim"
)

// Main runs the tests of a package and returns their exit code, for TestMain.
// The code is 1 when all tests passed but some lab still has programs: it was
// not closed.
func Main(m *testing.M) int {
	code := m.Run()
	if n := programs(); code == 0 && n > 0 {
		fmt.Printf("simtest: %d programs of labs are still alive: a test did not call Lab.Close\n", n)
		return 1
	}
	return code
}

// programs counts the coroutines of sim/proc that exist in this process.
func programs() int {
	stacks := make([]byte, 1<<16)
	for {
		n := runtime.Stack(stacks, true)
		if n < len(stacks) {
			stacks = stacks[:n]
			break
		}
		stacks = make([]byte, 2*len(stacks))
	}
	n := 0
	for s := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(s, "hoplab/sim/proc.(*Scheduler).Go.func") {
			n++
		}
	}
	return n
}

// Check closes the lab and fails the test when packets do not add up: created
// and copied against delivered, absorbed, dropped and queued, buffers with an
// owner against packets that are queued, and drops against their reasons.
func Check(t testing.TB, lab *sim.Lab) {
	t.Helper()
	lab.Close()
	if err := lab.Accounting().Check(); err != nil {
		t.Error(err)
	}
}

// Recorder keeps the events of a lab.
type Recorder struct {
	Events []sim.Event // without Frame, which does not live long enough
}

// Record keeps every event of a lab from now until the end of the test.
func Record(t testing.TB, lab *sim.Lab) *Recorder {
	r := &Recorder{}
	t.Cleanup(lab.Subscribe(func(e *sim.Event) {
		c := *e
		c.Frame, c.Notes = nil, append([]sim.Note(nil), e.Notes...)
		r.Events = append(r.Events, c)
	}))
	return r
}

// Path lists the interfaces, "pod1:eth0", that the packets crossed which want
// chooses, in order and without repeating one that is left and entered at the
// same place.
func (r *Recorder) Path(want func(*sim.Event) bool) []string {
	var path []string
	for i := range r.Events {
		e := &r.Events[i]
		if e.Line == "" || !want(e) {
			continue
		}
		if at := e.NetNS + ":" + e.Dev; len(path) == 0 || path[len(path)-1] != at {
			path = append(path, at)
		}
	}
	return path
}

// String has one line per event, with all that it says: two runs of the same
// lab give the same text.
func (r *Recorder) String() string {
	var b strings.Builder
	for i := range r.Events {
		fmt.Fprintf(&b, "%+v\n", r.Events[i])
	}
	return b.String()
}
