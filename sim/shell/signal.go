package shell

import (
	"strconv"
	"strings"
)

// Signal is the number of a signal, as on Linux on x86.
type Signal uint8

// The signals that mean something here.
const (
	SIGHUP   Signal = 1
	SIGINT   Signal = 2
	SIGQUIT  Signal = 3
	SIGABRT  Signal = 6
	SIGKILL  Signal = 9
	SIGUSR1  Signal = 10
	SIGUSR2  Signal = 12
	SIGPIPE  Signal = 13
	SIGALRM  Signal = 14
	SIGTERM  Signal = 15
	SIGCHLD  Signal = 17
	SIGCONT  Signal = 18
	SIGSTOP  Signal = 19
	SIGTSTP  Signal = 20
	SIGURG   Signal = 23
	SIGWINCH Signal = 28
)

// maxSignal is the highest signal that is not a real-time one.
const maxSignal = 31

// signalNames is in the order of numbers, from 1 on.
const signalNames = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"

// String is the name without SIG.
func (s Signal) String() string {
	names := strings.Fields(signalNames)
	if s >= 1 && int(s) <= len(names) {
		return names[s-1]
	}
	return strconv.Itoa(int(s))
}

// ParseSignal finds a signal by number or name, with or without SIG; 0 is no
// signal but a valid number.
func ParseSignal(text string) (Signal, bool) {
	if n, err := strconv.Atoi(text); err == nil {
		return Signal(n), n >= 0 && n <= maxSignal
	}
	name := strings.TrimPrefix(strings.ToUpper(text), "SIG")
	for i, n := range strings.Fields(signalNames) {
		if n == name {
			return Signal(i + 1), true
		}
	}
	return 0, false
}

// ignoredByDefault are the signals that nobody dies of.
func (s Signal) ignoredByDefault() bool {
	switch s {
	case SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, 21, 22:
		return true // stopping is not modelled: kill says so
	}
	return false
}

// describe is what bash prints about a job that died of the signal, as
// strsignal(3) has it.
func (s Signal) describe() string {
	switch s {
	case SIGHUP:
		return "Hangup"
	case SIGINT:
		return "Interrupt"
	case SIGQUIT:
		return "Quit"
	case SIGABRT:
		return "Aborted"
	case SIGKILL:
		return "Killed"
	case SIGUSR1:
		return "User defined signal 1"
	case SIGUSR2:
		return "User defined signal 2"
	case SIGPIPE:
		return "Broken pipe"
	case SIGALRM:
		return "Alarm clock"
	case SIGTERM:
		return "Terminated"
	}
	return "Signal " + strconv.Itoa(int(s))
}
