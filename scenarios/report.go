package scenarios

import (
	"time"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/sock"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// Exit codes of commands that run scenarios.
const (
	ExitOK        = 0 // all expectations were met
	ExitFailed    = 1 // one was not
	ExitInvalid   = 2 // invalid input, or not modelled: an error, never a Report
	ExitUnchecked = 3 // nothing was checked
)

// Report is what a run of a scenario came to.
type Report struct {
	Scenario   string
	Pos        topology.Pos
	Title      topology.Text
	Lab        string
	Seed       uint64
	Start      time.Time     // what the lab's clock showed at instant 0
	End        clock.Instant // when the last step was over
	Steps      []*StepReport
	Events     uint64 // of the whole run
	Accounting sim.Accounting
	Notes      []topology.Note // what the expansion of the lab left out
	Taps       []Tap           // in the order in which the steps name them, each once
	Frames     []Frame         // what crossed them; only with Options.KeepFrames
}

// StepReport is what a step came to.
type StepReport struct {
	Name         string // may be empty
	Pos          topology.Pos
	In           string // namespace the command was typed in; empty without a command
	Command      string
	Output       string // what was printed while it ran: stdout and stderr in order
	Exit         int    // its exit status
	Printed      []Printed
	Pings        []sock.PingResult // of each ping that has ended, in order
	Begin, End   clock.Instant
	Expectations []Result
	Answers      []Answer // to the step's predictions
}

// Result is the outcome of one expectation.
type Result struct {
	Kind    topology.ExpectKind
	Pos     topology.Pos
	Not     bool
	OK      bool
	Text    string        // what was expected, in a line
	Message string        // of a failed one: expected, happened, where, who decided; several lines
	Because topology.Text // what the author says about it
	Event   uint64        // Seq of the event that a failure is about, 0 for none
}

// Tap is an interface whose frames are of interest.
type Tap struct {
	NetNS, Dev string
	LinkType   int // pcap.LinkEthernet or pcap.LinkRaw
}

// Name is NETNS:DEV.
func (t Tap) Name() string { return t.NetNS + ":" + t.Dev }

// Frame is one frame that crossed a tap.
type Frame struct {
	Tap    int // index in Report.Taps
	At     clock.Instant
	Dir    trace.Dir
	Seq    uint64 // of the event of the crossing
	Packet packet.ID
	Data   []byte // from the link header on, or the IP header on tunl0
}

// Checked is the number of expectations that were judged.
func (r *Report) Checked() int {
	n := 0
	for _, s := range r.Steps {
		n += len(s.Expectations)
	}
	return n
}

// Failed is the number of expectations that were not met.
func (r *Report) Failed() int {
	n := 0
	for _, s := range r.Steps {
		for i := range s.Expectations {
			if !s.Expectations[i].OK {
				n++
			}
		}
	}
	return n
}

// ExitCode is the exit code of a run: ExitOK, ExitFailed or ExitUnchecked.
func (r *Report) ExitCode() int {
	switch {
	case r.Failed() > 0:
		return ExitFailed
	case r.Checked() == 0:
		return ExitUnchecked
	}
	return ExitOK
}
