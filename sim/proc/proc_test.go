package proc

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/sim/clock"
)

func TestProcessesTakeTurnsInOneOrder(t *testing.T) {
	run := func() []string {
		var q clock.Queue
		s := NewScheduler(&q)
		var log []string
		for i := range 3 {
			s.Go(func(p *Proc) error {
				for n := range 3 {
					log = append(log, fmt.Sprintf("%d: p%d step %d", p.Now(), i, n))
					p.Sleep(time.Duration(3-i) * time.Second)
				}
				return nil
			})
		}
		for q.Step() {
		}
		require.Zero(t, s.Live())
		return log
	}
	first := run()
	require.Len(t, first, 9)
	require.Equal(t, "0: p0 step 0", first[0])
	require.Equal(t, "1040000000: p2 step 1", first[3], "timers tick in jiffies, far ones in buckets of eight")
	require.Equal(t, first, run())
}

func TestWakeEndsAWaitAndIsNotLost(t *testing.T) {
	var q clock.Queue
	s := NewScheduler(&q)
	var woken []bool
	p := s.Go(func(p *Proc) error {
		woken = append(woken, p.Wait(p.Now().Add(time.Second))) // by the timer
		woken = append(woken, p.Wait(p.Now().Add(time.Second))) // by Wake
		p.Wake()
		woken = append(woken, p.Wait(p.Now().Add(time.Second))) // it came before
		return errors.New("end")
	})
	q.After(1500*time.Millisecond, clock.HandlerFunc(func(uint64) { p.Wake(); p.Wake() }), 0)
	for q.Step() {
	}
	require.Equal(t, []bool{false, true, true}, woken)
	require.EqualError(t, p.Err(), "end")
	require.Equal(t, clock.Instant(1500*time.Millisecond), q.Now(), "the instant of the Wake")
}

func TestKillRunsDeferredFunctions(t *testing.T) {
	var q clock.Queue
	s := NewScheduler(&q)
	cleaned, ended := false, false
	p := s.Go(func(p *Proc) error {
		defer func() { cleaned = true }()
		p.Pause()
		return nil
	})
	never := s.Go(func(*Proc) error { t.Error("started after Kill"); return nil })
	p.OnEnd(func() { ended = true })
	never.Kill()
	q.Step()
	q.Step()
	p.Kill()
	require.True(t, cleaned)
	require.True(t, ended)
	require.True(t, p.Done())
	require.ErrorIs(t, p.Err(), ErrKilled)
	require.Zero(t, s.Live())
	for q.Step() {
	}
}

func TestAPanicOfTheProgramReachesTheEventLoop(t *testing.T) {
	var q clock.Queue
	s := NewScheduler(&q)
	s.Go(func(*Proc) error { panic("bug") })
	require.PanicsWithValue(t, "bug", func() { q.Step() })
}

func BenchmarkSwitch(b *testing.B) {
	var q clock.Queue
	s := NewScheduler(&q)
	s.Go(func(p *Proc) error {
		for {
			p.Sleep(time.Microsecond)
		}
	})
	b.ReportAllocs()
	for b.Loop() {
		q.Step()
	}
	s.KillAll()
}

func TestSignalsComeInOrderAndEachOnce(t *testing.T) {
	var q clock.Queue
	s := NewScheduler(&q)
	var got []int
	p := s.Go(func(p *Proc) error {
		for len(got) < 2 {
			p.Pause()
			if n := p.Signaled(); n != 0 {
				got = append(got, n)
			}
		}
		return nil
	})
	q.Step()
	p.Signal(10)
	p.Signal(2)
	p.Signal(10)
	for q.Step() {
	}
	require.Equal(t, []int{10, 2}, got)
	require.True(t, p.Done())
}
