// Package cli is the command line of hoplab. Main runs one command line and
// gives its exit code; what it needs of the operating system comes in an Env,
// so that tests drive it without a process.
//
// Results go to stdout, diagnostics to stderr. The exit codes are 0 (all
// expectations met), 1 (one was not), 2 (invalid input, not modelled, or the
// results could not be written) and 3 (nothing was checked).
//
// Where to look:
//
//	cli.go       Main, the root command and what all commands share
//	run.go       hoplab run
//	sh.go        hoplab sh; interact.go its terminal, editor.go line editing,
//	             tree.go --in and --out
//	tcpdump.go   hoplab tcpdump
//	commands.go  list, validate, expand, version
//	files.go     which files a command line names
//	capture.go   --pcap
//	suggest.go   "did you mean" for commands and flags
//	env.go       the operating system
package cli
