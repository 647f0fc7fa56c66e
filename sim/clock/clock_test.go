package clock

import (
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A slow, obviously right twin: a slice, stably sorted by time.
func TestQueueKeepsTimeThenInsertionOrder(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	var q Queue
	type want struct {
		at Instant
		id uint64
	}
	var twin []want
	var got []uint64
	id := uint64(0)
	var record HandlerFunc
	add := func() {
		at := q.Now() + Instant(rng.Intn(5))
		if rng.Intn(4) == 0 { // as timers among frames
			at += Instant(rng.Intn(1000))
		}
		q.Schedule(at, record, id)
		twin = append(twin, want{at, id})
		id++
	}
	record = func(arg uint64) {
		got = append(got, arg)
		if len(twin) < 5000 {
			for range rng.Intn(3) {
				add()
			}
		}
	}
	for range 50 {
		add()
	}
	for q.Step() {
	}
	slices.SortStableFunc(twin, func(a, b want) int { return int(a.at - b.at) })
	require.Len(t, got, len(twin))
	for i := range twin {
		require.Equal(t, twin[i].id, got[i], "event %d", i)
	}
	require.Zero(t, q.Pending())
}

func TestCancelledEventsDoNotFire(t *testing.T) {
	var q Queue
	fired := 0
	h := HandlerFunc(func(uint64) { fired++ })
	a := q.After(time.Second, h, 0)
	b := q.After(0, h, 0)
	require.True(t, q.Cancel(a))
	require.False(t, q.Cancel(a), "a second time")
	q.RunUntil(Instant(2 * time.Second))
	require.Equal(t, 1, fired)
	require.False(t, q.Cancel(b), "after it fired")
	require.False(t, q.Cancel(Ref{}), "the zero Ref")
	require.Equal(t, Instant(2*time.Second), q.Now())
	c := q.After(time.Second, h, 0) // reuses a slot
	require.False(t, q.Cancel(a), "an old Ref must not cancel the slot's next user")
	require.True(t, q.Cancel(c))
}

func TestScheduleAllocatesNothing(t *testing.T) {
	var q Queue
	h := HandlerFunc(func(uint64) {})
	var hh Handler = h
	for range 64 {
		q.After(time.Duration(q.Pending()), hh, 0)
	}
	for q.Step() {
	}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		q.After(0, hh, 1)
		q.After(time.Microsecond, hh, 2)
		q.Step()
		q.Step()
	}))
}

func BenchmarkQueue(b *testing.B) {
	for _, pending := range []int{1, 16, 1000} {
		b.Run("pending="+time.Duration(pending).String(), func(b *testing.B) {
			var q Queue
			var h Handler = HandlerFunc(func(uint64) {})
			for i := range pending {
				q.After(time.Duration(i)*time.Microsecond, h, 0)
			}
			b.ReportAllocs()
			for b.Loop() {
				q.Step()
				q.After(time.Duration(pending)*time.Microsecond, h, 0)
			}
		})
	}
}

// One event of the future at an instant that the clock reaches, and others
// scheduled there: the older one goes first, whichever structure holds it.
func TestTheOlderOfTheFutureAndTheInstantGoesFirst(t *testing.T) {
	var q Queue
	var got []uint64
	var h Handler
	h = HandlerFunc(func(arg uint64) {
		got = append(got, arg)
		if arg == 1 {
			q.After(0, h, 3)
			q.Cancel(q.After(0, h, 99))
		}
	})
	q.Schedule(10, h, 1)
	q.Schedule(10, h, 2)
	for {
		at, ok := q.Next()
		if !ok {
			break
		}
		require.Equal(t, Instant(10), at)
		q.Step()
	}
	require.Equal(t, []uint64{1, 2, 3}, got)
}
