// Package replay is a scenario that one walks through: forwards, and backwards
// with everything as it was. It knows no screen.
//
//	s, err := replay.Open(entry, replay.Options{})
//	s.Advance(replay.Goal{Kind: replay.Hop})   // to the next crossing of an interface
//	s.Back(replay.Goal{Kind: replay.Hop})
//	s.Mirror().At(ctx, s.Point(n), func(l *sim.Lab) { … })  // the lab as it was then
//
// A run is its file, its seed and its inputs: the steps that were begun and the
// lines that were typed, each with the tick at which it came. A tick is one
// event of the lab's clock, or one input. What happened is kept as History, over
// which the cursor moves at once. The tables of the past come from a second lab,
// the Mirror, that gets the same inputs and stops inside the tick that is asked
// for; nobody listens to it on the way.
//
// Where to look:
//
//	world.go       a lab and its inputs, tick by tick; a session and its mirror alike
//	recorder.go    events become History: copies that stay, hops, journeys
//	history.go     what is kept, and who follows whom through NAT and tunnels
//	goal.go        where to stop; breakpoints
//	session.go     the cursor, running on, going back, typing
//	mirror.go      the lab as it was
//	tables.go      what commands print about a machine
//
// A Session belongs to one goroutine. Work and Mirror.At may run on another one,
// each by itself, while the session's goroutine only reads what it has taken.
package replay
