package sim

import (
	"fmt"
	"io"
	"net/netip"
	"time"

	"hoplab/sim/clock"
	"hoplab/sim/ctl/expand"
	"hoplab/sim/netdev"
	"hoplab/sim/proc"
	"hoplab/sim/sock"
	"hoplab/sim/stack"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// Lab is a running network.
type Lab struct {
	Topology *topology.Lab // what it was built from

	kernel *stack.Kernel
	world  *netdev.World
	procs  *proc.Scheduler
	start  time.Time
	seed   uint64
	nodes  map[string]string // namespace -> node it lives on
	byName map[string]*stack.Namespace
	host   *stack.Namespace // of a lab without machines
	ipip   bool             // the module is loaded
	limit  uint64
}

// Option changes how a lab is built.
type Option func(*options)

type options struct {
	seed  *uint64
	trace trace.Mode
	limit uint64
}

// WithSeed replaces the seed of the topology.
func WithSeed(seed uint64) Option { return func(o *options) { o.seed = &seed } }

// WithTrace keeps records of the walk: the last ones (trace.Ring) or all
// (trace.Keep).
func WithTrace(m trace.Mode) Option { return func(o *options) { o.trace = m } }

// DefaultEventLimit is how many events a run may take before it is given up
// as endless.
const DefaultEventLimit = 500_000_000

// WithEventLimit changes the number of events after which Run gives up.
func WithEventLimit(n uint64) Option { return func(o *options) { o.limit = n } }

// New builds the network that t declares. The error is topology.Errors with
// the place of each fault when t comes from a file.
func New(t *topology.Lab, opts ...Option) (*Lab, error) {
	o := options{limit: DefaultEventLimit}
	for _, f := range opts {
		f(&o)
	}
	seed := t.Seed
	if o.seed != nil {
		seed = *o.seed
	}
	w := netdev.NewWorld(seed)
	w.Log.SetMode(o.trace)
	l := &Lab{Topology: t, kernel: stack.NewKernel(w), world: w, procs: proc.NewScheduler(&w.Clock), start: t.Clock, seed: seed,
		nodes: map[string]string{}, byName: map[string]*stack.Namespace{}, limit: o.limit}
	if l.start.IsZero() {
		l.start = topology.DefaultClock()
	}
	l.kernel.SinceMidnight = l.start.Sub(l.start.UTC().Truncate(24 * time.Hour))
	if err := l.build(t); err != nil {
		return nil, err
	}
	l.ipip = l.hasIPIP()
	return l, nil
}

// Load reads one YAML stream with one Lab (and, if it likes, Kubernetes and
// Calico objects), expands it and builds the lab. The error is topology.Errors.
// Notes say what of the stream is kept but not modelled.
func Load(name string, src []byte, opts ...Option) (*Lab, []topology.Note, error) {
	b, err := topology.Parse(name, src)
	if err != nil {
		return nil, nil, err
	}
	if len(b.Labs) != 1 {
		return nil, nil, topology.Errors{topology.Pos{File: name, Line: 1, Col: 1}.Errorf("", "there are %d documents of kind Lab; one is wanted", len(b.Labs))}
	}
	plain, notes, err := expand.Expand(b, b.Labs[0])
	if err != nil {
		return nil, nil, err
	}
	l, err := New(plain, opts...)
	return l, append(b.Notes, notes...), err
}

// Seed is what all chance of the lab comes from.
func (l *Lab) Seed() uint64 { return l.seed }

// World gives access to clock, buffers and log, for benchmarks and tests.
func (l *Lab) World() *netdev.World { return l.world }

// Now is the virtual time since the lab started.
func (l *Lab) Now() clock.Instant { return l.world.Clock.Now() }

// Time is the date that an instant of the lab shows.
func (l *Lab) Time(at clock.Instant) time.Time { return l.start.Add(time.Duration(at)) }

// Namespace finds a machine or pod by name; nil if there is none.
func (l *Lab) Namespace(name string) *stack.Namespace {
	if ns := l.byName[name]; ns != nil || name != HostName {
		return ns
	}
	return l.host
}

// Namespaces lists all namespaces in order of creation.
func (l *Lab) Namespaces() []*stack.Namespace { return l.kernel.Namespaces() }

// Node is the node that a namespace lives on: a pod's node, otherwise itself.
func (l *Lab) Node(name string) string {
	if n, ok := l.nodes[name]; ok {
		return n
	}
	return name
}

// Step runs the next event. It reports false when nothing is left to happen.
func (l *Lab) Step() bool { return l.world.Clock.Step() }

// RunFor lets virtual time pass.
func (l *Lab) RunFor(d time.Duration) { l.world.Clock.RunUntil(l.Now().Add(d)) }

// EndlessError says that a run was given up.
type EndlessError struct{ Events uint64 }

// Error says how many events ran.
func (e *EndlessError) Error() string {
	return fmt.Sprintf("the run was given up after %d events: does something send for ever?", e.Events)
}

// Wait runs until the program has ended. Timers of the kernel (neighbours,
// conntrack) go on for ever and are no reason to wait.
func (l *Lab) Wait(p *proc.Proc) error {
	return l.runWhile(func() bool { return !p.Done() })
}

// Run runs until no program is alive and no frame is on a wire.
func (l *Lab) Run() error {
	return l.runWhile(func() bool { return l.procs.Live() > 0 || l.world.InFlight() > 0 })
}

func (l *Lab) runWhile(more func() bool) error {
	first := l.world.Clock.Fired()
	for more() {
		if n := l.world.Clock.Fired() - first; n >= l.limit {
			return &EndlessError{n}
		}
		if !l.Step() {
			break
		}
	}
	return nil
}

// Start starts a program in a namespace at the current instant.
func (l *Lab) Start(f func(p *proc.Proc) error) *proc.Proc { return l.procs.Go(f) }

// Ping sends count echo requests from a machine or pod, one a second, and runs
// the clock until it is over.
func (l *Lab) Ping(from string, to netip.Addr, count int) (sock.PingResult, error) {
	return l.PingWith(from, sock.PingOptions{Host: to.String(), Count: count}, io.Discard)
}

// PingWith is Ping with all of ping's options; out gets what ping prints.
func (l *Lab) PingWith(from string, o sock.PingOptions, out io.Writer) (sock.PingResult, error) {
	ns := l.Namespace(from)
	if ns == nil {
		return sock.PingResult{}, fmt.Errorf("there is no machine or pod called %q in lab %s", from, l.Topology.Name)
	}
	var res sock.PingResult
	p := l.Start(func(p *proc.Proc) (err error) {
		res, err = sock.Ping(p, ns, o, out, out, l.start)
		return err
	})
	if err := l.Wait(p); err != nil {
		return res, err
	}
	return res, p.Err()
}

// StartPing starts a ping without running the clock: step or run until the
// process is Done. An unknown machine ends it at once with an error.
func (l *Lab) StartPing(from string, to netip.Addr, count int) *proc.Proc {
	return l.Start(func(p *proc.Proc) error {
		ns := l.Namespace(from)
		if ns == nil {
			return fmt.Errorf("there is no machine or pod called %q in lab %s", from, l.Topology.Name)
		}
		_, err := sock.Ping(p, ns, sock.PingOptions{Host: to.String(), Count: count}, nil, nil, l.start)
		return err
	})
}

// Close ends all programs. What is still on wires or waiting for neighbours
// stays accounted as queued.
func (l *Lab) Close() { l.procs.KillAll() }

// Accounting says where all packets of the run are: created + copied =
// delivered + absorbed + dropped + queued.
type Accounting struct {
	Created, Copied              uint64
	Delivered, Absorbed, Dropped uint64
	Queued                       uint64 // on wires, waiting for ARP or for more fragments
	Live                         int    // buffers with an owner; equals Queued
	ByReason                     []ReasonCount
}

// ReasonCount is the number of packets dropped for one reason.
type ReasonCount struct {
	Reason trace.Reason
	N      uint64
}

// Accounting counts.
func (l *Lab) Accounting() Accounting {
	s, a := l.world.Pool.Stats(), l.world.Account
	r := Accounting{Created: s.Created, Copied: s.Copied, Delivered: a.Delivered, Absorbed: a.Absorbed, Dropped: a.Dropped, Live: s.Live()}
	r.Queued = uint64(l.world.InFlight())
	for _, ns := range l.Namespaces() {
		r.Queued += uint64(ns.Held())
	}
	for _, why := range trace.Reasons() {
		if n := l.world.Log.Drops(why); n > 0 {
			r.ByReason = append(r.ByReason, ReasonCount{why, n})
		}
	}
	return r
}

// Check says what does not add up; nil when everything does.
func (a Accounting) Check() error {
	in, out := a.Created+a.Copied, a.Delivered+a.Absorbed+a.Dropped+a.Queued
	if in != out {
		return fmt.Errorf("sim: packets do not add up: created %d + copied %d = %d, but delivered %d + absorbed %d + dropped %d + queued %d = %d",
			a.Created, a.Copied, in, a.Delivered, a.Absorbed, a.Dropped, a.Queued, out)
	}
	if uint64(a.Live) != a.Queued {
		return fmt.Errorf("sim: %d packet buffers have an owner, but %d packets are queued", a.Live, a.Queued)
	}
	var byReason uint64
	for _, r := range a.ByReason {
		byReason += r.N
	}
	if byReason != a.Dropped {
		return fmt.Errorf("sim: %d packets dropped, but the reasons add up to %d", a.Dropped, byReason)
	}
	return nil
}
