// Package scenarios runs scenarios: it finds the lab that one names, builds it,
// types the commands of its steps, and judges what came out against what was
// expected. The scenarios that come with the program are here too.
//
//	entry, err := scenarios.NewResolver().Find("cross-node-ping")
//	report, err := scenarios.Run(ctx, entry.Scenario, entry.Bundle, scenarios.Options{})
//	os.Exit(report.ExitCode())
//
// Where to look:
//
//	resolve.go    names become scenarios and labs: same file, files beside it, built-ins
//	run.go        a lab is built and its steps run, one after the other
//	step.go       one step, event by event for whoever drives the clock
//	question.go   what a run answers to a prediction
//	desk.go       the shells in which the commands of steps are typed
//	refs.go       pod/NAME, node/NAME:cali(POD), NODE:* become namespaces and interfaces
//	journal.go    what happened to each packet of a step, and who decided it
//	expect.go     an expectation of the file becomes a check; ping
//	path.go       path
//	packets.go    packets
//	headers.go    headers of packets, layer by layer
//	fields.go     their fields: how a value is written, and read from a packet
//	drop.go, arp.go, route.go, nat.go, conntrack.go, icmperror.go, output.go
//	(command) and hash.go: the expectations of these names
//	report.go     what comes out
//
// Everything is judged from the events of the lab; no output is parsed. The
// package reads no files: whoever calls it hands in their bytes.
//
// Nobody is asked the predictions here; a report has their answers.
package scenarios
