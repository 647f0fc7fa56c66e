// Package shell is the command line of a lab: the bash language, processes,
// pipes and signals in virtual time, on the lab's own file system.
//
// A Shell is one userland on one lab. Everything that runs in it is a Process:
// a coroutine of sim/proc, so that pipes, background jobs, wait, kill and
// sleep are deterministic and cost no real time. Scripts are parsed by
// mvdan.cc/sh/v3/syntax and evaluated here, because the expansion and the
// interpreter of that module start goroutines, look into the host's user
// database and visit maps in Go's random order.
//
// Commands are Tools, given by the caller; see sim/shell/coreutils for those
// that work on text and files. The language itself brings only bash's builtins.
//
//	shell.go     Shell: starting scripts and lines, driving the clock
//	tool.go      Tool and Call: what a command is and gets
//	process.go   processes, their descriptors, signals and limits
//	file.go      descriptors: files, pipes, the caller's streams
//	interp.go    statements; redir.go redirections; jobs.go &, wait, kill
//	expand.go    words; param.go ${…}; arith.go $((…)); pattern.go globs
//	vars.go      variables; builtin*.go commands of bash itself
//
// Not modelled: history, programmable completion, aliases,
// locales (all text is UTF-8), users other than root. What is not modelled says
// so on stderr and fails.
package shell
