// Package proc runs programs in virtual time. A program is straight code that
// sleeps and waits; a coroutine hands the one thread of control back and forth
// between it and the event loop, so that the order of everything is
// deterministic and nothing needs a lock.
package proc

import (
	"errors"
	"iter"
	"slices"

	"hoplab/sim/clock"
)

// ErrKilled is what a killed process ends with.
var ErrKilled = errors.New("killed")

// Scheduler starts processes on a clock.
type Scheduler struct {
	clock *clock.Queue
	live  []*Proc
	last  int

	aside *Proc   // the one that is inside of Aside
	ready []*Proc // that were woken meanwhile
}

// NewScheduler returns a scheduler without processes.
func NewScheduler(q *clock.Queue) *Scheduler { return &Scheduler{clock: q} }

// Live is the number of processes that have not ended.
func (s *Scheduler) Live() int { return len(s.live) }

// Proc is one process. Its methods are for the program itself, unless they say
// otherwise.
type Proc struct {
	PID int

	s       *Scheduler
	resume  func() (struct{}, bool)
	stop    func()
	yield   func(struct{}) bool
	timer   clock.Ref
	woken   bool // a Wake came while the program was running
	asleep  bool
	killed  bool
	done    bool
	err     error
	signals []int // that came and were not taken, each once
	onEnd   []func()
}

// Go starts f as a process at the current instant, behind what is already
// scheduled. It may be called from anywhere on the lab's thread.
func (s *Scheduler) Go(f func(p *Proc) error) *Proc {
	s.last++
	p := &Proc{PID: s.last, s: s}
	p.resume, p.stop = iter.Pull(func(yield func(struct{}) bool) {
		p.yield = yield
		defer func() {
			if r := recover(); r != nil {
				if r != killedPanic { //nolint:errorlint // identity of our own value
					panic(r)
				}
				p.err = ErrKilled
			}
		}()
		p.err = f(p)
	})
	s.live = append(s.live, p)
	p.asleep = true
	s.clock.After(0, p, wakeUp)
	return p
}

type killed struct{}

var killedPanic any = killed{}

// Events of a process.
const (
	wakeUp uint64 = iota
	timeOut
	asideOver
)

// Fire continues the program: the event loop calls it.
func (p *Proc) Fire(why uint64) {
	if p.done || !p.asleep {
		return
	}
	switch {
	case why == asideOver:
		p.s.aside = nil
	case p.s.aside == p:
		return
	case why == timeOut:
		// The kernel's own timers of this tick run first, then programs.
		p.timer = p.s.clock.After(0, p, wakeUp)
		return
	case p.s.aside != nil:
		p.s.ready = append(p.s.ready, p)
		return
	}
	p.run()
	p.s.goOn()
}

// goOn lets those run whom Aside held up, once the program that was in it
// waits for something else.
func (s *Scheduler) goOn() {
	if s.aside != nil {
		return
	}
	for _, p := range s.ready {
		s.clock.After(0, p, wakeUp)
	}
	s.ready = s.ready[:0]
}

func (p *Proc) run() {
	p.asleep = false
	if _, more := p.resume(); more {
		return
	}
	p.end()
}

func (p *Proc) end() {
	if p.done {
		return
	}
	p.done = true
	if p.s.aside == p {
		p.s.aside = nil
		p.s.goOn()
	}
	p.s.clock.Cancel(p.timer)
	for i, x := range p.s.live {
		if x == p {
			p.s.live = append(p.s.live[:i:i], p.s.live[i+1:]...)
			break
		}
	}
	for _, f := range p.onEnd {
		f()
	}
}

// block gives control back to the event loop until the next Fire.
func (p *Proc) block() {
	p.asleep = true
	if !p.yield(struct{}{}) || p.killed {
		panic(killedPanic)
	}
}

// Now is the virtual time.
func (p *Proc) Now() clock.Instant { return p.s.clock.Now() }

// Wait blocks until somebody calls Wake, or until the first jiffy after the
// instant; whichever comes first. A Wake that came since the last Wait counts. It reports whether it
// was woken.
func (p *Proc) Wait(until clock.Instant) bool {
	if p.woken {
		p.woken = false
		return true
	}
	if until <= p.Now() {
		return false
	}
	return p.waitFor(tick(p.Now(), until))
}

func (p *Proc) waitFor(end clock.Instant) bool {
	p.timer = p.s.clock.Schedule(end, p, timeOut)
	for !p.woken && p.Now() < end { // an earlier Wake may still be on its way
		p.block()
	}
	p.s.clock.Cancel(p.timer)
	p.timer = clock.Ref{}
	woken := p.woken
	p.woken = false
	return woken
}

// tick is when a kernel without high-resolution timers wakes a program that
// asked to sleep until an instant: schedule_timeout of as many jiffies, rounded
// up, and one more. So `ping -i 1` sends every 1.01 to 1.08 s, as on the
// machine of the recordings.
func tick(now, until clock.Instant) clock.Instant {
	n := (int64(until-now) + int64(clock.Jiffy) - 1) / int64(clock.Jiffy)
	return now.Wheel(n)
}

// WaitTick is Wait for programs that sleep on a high-resolution timer, as
// nanosleep and poll do. On the simulated machine such timers, too, expire at a
// tick: at the first one that is not before the instant.
func (p *Proc) WaitTick(until clock.Instant) bool {
	if p.woken {
		p.woken = false
		return true
	}
	if until <= p.Now() {
		return false
	}
	end := (until + clock.Instant(clock.Jiffy) - 1) / clock.Instant(clock.Jiffy) * clock.Instant(clock.Jiffy)
	return p.waitFor(end)
}

// Pause is Wait without an end.
func (p *Proc) Pause() {
	for !p.woken {
		p.block()
	}
	p.woken = false
}

// Sleep blocks for d, whatever wakes it, and returns early only for a signal.
func (p *Proc) Sleep(d clock.Duration) {
	until := p.Now().Add(d)
	for !p.HasSignal() && p.Now() < until {
		p.Wait(until)
	}
}

// Aside stops the program until w is quiet, as a system call does that the
// kernel is not done with: no other program runs before this one waits for
// something. What wakes it meanwhile counts when it waits the next time.
func (p *Proc) Aside(w interface {
	Quiet(h clock.Handler, arg uint64) bool
}) {
	if w.Quiet(p, asideOver) {
		return
	}
	for p.s.aside = p; p.s.aside == p; {
		p.block()
	}
}

// Wake lets the program go on from Wait; it runs when the event loop comes to
// it. It may be called from anywhere on the lab's thread.
func (p *Proc) Wake() {
	if p.done || p.woken {
		return
	}
	p.woken = true
	if p.asleep {
		p.s.clock.After(0, p, wakeUp)
	}
}

// Signal sends a signal; the program reads it with Signaled when it is woken.
// It may be called from anywhere on the lab's thread.
func (p *Proc) Signal(n int) {
	if !slices.Contains(p.signals, n) {
		p.signals = append(p.signals, n)
	}
	p.Wake()
}

// Signaled is the signal that came first, 0 none; reading takes it. Where
// another one waits the program's next wait ends at once.
func (p *Proc) Signaled() int {
	if len(p.signals) == 0 {
		return 0
	}
	n := p.signals[0]
	p.signals = slices.Delete(p.signals, 0, 1)
	if len(p.signals) > 0 {
		p.Wake()
	}
	return n
}

// HasSignal says that a signal came that Signaled has not yet taken.
func (p *Proc) HasSignal() bool { return len(p.signals) > 0 }

// Kill ends the process at once; its deferred functions run. It may be called
// from anywhere on the lab's thread but the process itself.
func (p *Proc) Kill() {
	if p.done {
		return
	}
	p.killed = true
	p.stop()
	if p.err == nil {
		p.err = ErrKilled
	}
	p.end()
}

// Running reports that the program's own code runs at this moment.
func (p *Proc) Running() bool { return !p.asleep && !p.done }

// Done reports that the program has ended.
func (p *Proc) Done() bool { return p.done }

// Err is what the program returned, once it is Done.
func (p *Proc) Err() error { return p.err }

// OnEnd lets f be called when the process ends.
func (p *Proc) OnEnd(f func()) {
	if p.done {
		f()
		return
	}
	p.onEnd = append(p.onEnd, f)
}

// KillAll ends every process, the youngest first.
func (s *Scheduler) KillAll() {
	for len(s.live) > 0 {
		s.live[len(s.live)-1].Kill()
	}
}
