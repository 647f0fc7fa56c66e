package scenarios

import (
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"hoplab/sim"
)

// hashCheck compares a hash over the events of the step: for each its instant in
// nanoseconds, namespace, interface, stage, verdict and reason, separated by
// blanks, and the bytes of the frame that crosses an interface. Two runs in which
// the same happens to the same packets at the same time have the same.
type hashCheck struct {
	want string // its first digits
	sum  hash.Hash
	n    int
	last uint64
}

func (c *hashCheck) text() string { return "the hash of the step's events begins with " + c.want }

func (c *hashCheck) see(e *sim.Event, _ *trail) {
	c.n, c.last = c.n+1, e.Seq
	fmt.Fprintf(c.sum, "%d %s %s %s %s %s\n", int64(e.At), e.NetNS, e.Dev, e.Stage, e.Verdict, e.Reason)
	if _, ok := crossing(e); ok {
		c.sum.Write(e.Frame)
	}
}

func (c *hashCheck) judge(*outcome) verdict {
	is := hex.EncodeToString(c.sum.Sum(nil))
	if strings.HasPrefix(is, c.want) {
		return verdict{ok: true, why: "it is " + is, seq: c.last}
	}
	return verdict{why: fmt.Sprintf("expected that %s, but of these %s it is\n  %s\nif that is right, write eventHash: %q", c.text(), count(c.n, "event"), is, is[:16]), seq: c.last}
}
