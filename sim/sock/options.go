package sock

import (
	"fmt"
	"net/netip"
	"strings"

	"hoplab/sim/clock"
	"hoplab/sim/stack"
)

// PingOptions say what to ping and how. With Host alone they are those of
// `ping HOST`. A negative value stands for the zero of the command line where
// 0 means the default.
type PingOptions struct {
	Host string   // destination: an address as inet_aton(3) reads it, or a name for Lookup
	Hops []string // destinations before it: those that -T tsprespec asks for their time

	Count    int            // -c: stop after so many replies; 0 never
	Interval clock.Duration // -i, in whole milliseconds; 0: one second, negative: none
	Size     int            // -s: bytes of payload; 0: 56, negative: none
	TTL      int            // -t: 0: the namespace's default, negative: the 0 that the kernel refuses
	Linger   clock.Duration // -W, in whole milliseconds; 0: ten seconds, negative: for ever
	Deadline clock.Duration // -w, in whole seconds; 0 none
	Preload  int            // -l: probes to send at once; 0: 1
	TOS      uint8          // -Q
	Mark     uint32         // -m
	Pattern  []byte         // -p: what to fill the payload with; nil: 0, 1, 2 …
	PMTU     PathMTU        // -M

	Source    netip.Addr // -I ADDRESS
	Dev       string     // -I DEVICE
	FixIdent  bool       // -e: Ident is the identifier; otherwise it is random
	Ident     uint16
	Route     bool // -R: record route
	Timestamp TimestampOption

	Flood       bool // -f
	Adaptive    bool // -A
	Quiet       bool // -q
	Broadcast   bool // -b
	WallTime    bool // -D: the time of day in front of each line
	Audible     bool // -a
	Verbose     bool // -v
	Outstanding bool // -O: say when an answer is late
	Sticky      bool // -B: bind to the source address
	DontRoute   bool // -r: only what is on a link
	NoLoop      bool // -L
	Numeric     bool // -n: do not ask Name
	IPv4        bool // -4

	// Lookup finds the address and the canonical name of a host; its error is
	// printed after the name. nil: no name is known.
	Lookup func(host string) (addr netip.Addr, canonical string, err error)
	// Name finds the name of an address, empty if it has none.
	Name func(a netip.Addr) string
	// Terminal says that the output is one, so that the first line appears at
	// once. Otherwise it waits for the first reply, as stdio has it, and is
	// lost when a signal kills ping before.
	Terminal bool

	warnings string // of ParsePing, for stderr
	hasDev   bool   // -I was given a device, if an empty one
}

// PathMTU is the argument of -M.
type PathMTU uint8

// The values of -M.
const (
	PMTUDefault PathMTU = iota // what the namespace has; "do" to several receivers
	PMTUDo                     // DF; what does not fit is not sent
	PMTUWant                   // DF where it fits
	PMTUDont                   // no DF
)

func (m PathMTU) disc() stack.PMTUDisc {
	switch m {
	case PMTUDo:
		return stack.PMTUDo
	case PMTUDont:
		return stack.PMTUDont
	}
	return stack.PMTUWant
}

// TimestampOption is the argument of -T.
type TimestampOption uint8

// The values of -T.
const (
	TSNone TimestampOption = iota
	TSOnly
	TSAndAddr
	TSPrespec
)

// ExitError ends ping before it sends anything: wrong arguments, no route,
// something that is not modelled.
type ExitError struct {
	Status int
	Stderr string // all that ping prints there, with its newlines
	Stdout string // of -V
}

// Error is the first line of what ping prints.
func (e *ExitError) Error() string {
	line, _, _ := strings.Cut(strings.TrimSpace(e.Stderr+e.Stdout), "\n")
	return line
}

func exitf(status int, format string, args ...any) *ExitError {
	return &ExitError{Status: status, Stderr: "ping: " + fmt.Sprintf(format, args...) + "\n"}
}

func notModelled(what string) *ExitError { return exitf(2, "not modelled: %s", what) }

// withArgument are the options that take an argument.
const (
	withArgument    = "TFNceiIlmMpQsStwW"
	withoutArgument = "h?4bR6aABCdDfLnOqrUvV"
)

// ParsePing reads the words after `ping`. The error is an *ExitError with what
// ping prints about wrong ones. Options may follow the destination, as with
// getopt(3).
func ParsePing(args []string) (PingOptions, error) {
	var o PingOptions
	if err := o.parse(args); err != nil {
		err.Stderr = o.warnings + err.Stderr
		return PingOptions{}, err
	}
	return o, nil
}

func (o *PingOptions) parse(args []string) *ExitError {
	var operands []string
	pattern, filled := "", false
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		if word == "--" {
			operands = append(operands, args...)
			break
		}
		if len(word) < 2 || word[0] != '-' {
			operands = append(operands, word)
			continue
		}
		for word = word[1:]; word != ""; {
			c := word[0]
			word = word[1:]
			arg := ""
			switch {
			case c != ':' && strings.IndexByte(withArgument, c) >= 0:
				if arg, word = word, ""; arg == "" {
					if len(args) == 0 {
						return usage(fmt.Sprintf("ping: option requires an argument -- '%c'\n", c))
					}
					arg, args = args[0], args[1:]
				}
			case strings.IndexByte(withoutArgument, c) < 0:
				return usage(fmt.Sprintf("ping: invalid option -- '%s'\n", string([]byte{c})))
			}
			if c == 'p' {
				pattern, filled = arg, true
			}
			if err := o.option(c, arg); err != nil {
				return err
			}
		}
	}
	if len(operands) == 0 {
		return exitf(1, "usage error: Destination address required")
	}
	if filled {
		if err := o.fill(pattern); err != nil {
			return err
		}
	}
	o.Host, o.Hops = operands[len(operands)-1], operands[:len(operands)-1]
	return nil
}

// option takes one option: the switch in main of ping.c.
func (o *PingOptions) option(c byte, arg string) *ExitError {
	var err *ExitError
	switch c {
	case '4':
		o.IPv4 = true
	case '6':
		if o.IPv4 {
			return exitf(2, "only one -4 or -6 option may be specified")
		}
		return notModelled("-6")
	case 'C', 'F', 'N':
		return notModelled("-" + string(c))
	case 'b':
		o.Broadcast = true
	case 'e':
		o.FixIdent = true
		err = number(arg, 0, 0xffff, &o.Ident)
	case 'R':
		if o.Timestamp != TSNone {
			return exitf(2, "only one of -T or -R may be used")
		}
		o.Route = true
	case 'T':
		return o.timestamp(arg)
	case 'a':
		o.Audible = true
	case 'A':
		o.Adaptive = true
	case 'B':
		o.Sticky = true
	case 'c':
		err = number(arg, 1, maxLong, &o.Count)
	case 'd': // SO_DEBUG has no effect on a raw socket
	case 'D':
		o.WallTime = true
	case 'i':
		return o.interval(arg)
	case 'I':
		return o.iface(arg)
	case 'l':
		err = number(arg, 1, maxDup, &o.Preload)
	case 'L':
		o.NoLoop = true
	case 'm':
		err = number(arg, 0, 0xffffffff, &o.Mark)
	case 'M':
		return o.pmtu(arg)
	case 'n':
		o.Numeric = true
	case 'O':
		o.Outstanding = true
	case 'f':
		o.Flood, o.Numeric = true, true
	case 'p': // see fill
	case 'q':
		o.Quiet = true
	case 'Q':
		return o.tos(arg)
	case 'r':
		o.DontRoute = true
	case 's':
		if err = number(arg, 0, maxInt, &o.Size); o.Size == 0 {
			o.Size = -1
		}
	case 'S':
		var bytes int
		if err = number(arg, 1, maxInt, &bytes); err == nil {
			err = notModelled("-S")
		}
	case 't':
		if err = number(arg, 0, 255, &o.TTL); o.TTL == 0 {
			o.TTL = -1
		}
	case 'U': // user-to-user latency: the same, as programs take no time
	case 'v':
		o.Verbose = true
	case 'V':
		return &ExitError{Stdout: versionText}
	case 'w':
		var s int
		err = number(arg, 0, maxInt, &s)
		o.Deadline = clock.Duration(s) * second
	case 'W':
		return o.linger(arg)
	default:
		return usage("")
	}
	return err
}

func (o *PingOptions) timestamp(arg string) *ExitError {
	if o.Route {
		return exitf(2, "only one of -T or -R may be used")
	}
	switch arg {
	case "tsonly":
		o.Timestamp = TSOnly
	case "tsandaddr":
		o.Timestamp = TSAndAddr
	case "tsprespec":
		o.Timestamp = TSPrespec
	default:
		return exitf(2, "invalid timestamp type: %s", arg)
	}
	return nil
}

func (o *PingOptions) interval(arg string) *ExitError {
	s, err := o.seconds(arg, "bad timing interval")
	if err != nil {
		return err
	}
	if s > maxInt/1000.0 {
		return exitf(2, "bad timing interval: %s", arg)
	}
	o.Interval = clock.Duration(int(s*1000)) * millisecond
	switch {
	case o.Interval < 0:
		return notModelled("-i " + arg)
	case o.Interval == 0:
		o.Interval = -1
	}
	return nil
}

func (o *PingOptions) linger(arg string) *ExitError {
	s, err := o.seconds(arg, "bad linger time")
	if err != nil {
		return err
	}
	if s < 0 || s > maxInt/1000.0 {
		return exitf(2, "bad linger time: %s", arg)
	}
	if o.Linger = clock.Duration(int(s*1000)) * millisecond; o.Linger == 0 {
		o.Linger = -1
	}
	return nil
}

func (o *PingOptions) iface(arg string) *ExitError {
	if strings.Contains(arg, ":") {
		addr, _, _ := strings.Cut(arg, "%")
		if a, err := netip.ParseAddr(addr); err != nil || !a.Is6() {
			return exitf(2, "invalid source address: %s", arg)
		}
		return notModelled("-I " + arg)
	}
	if a, err := netip.ParseAddr(arg); err == nil {
		o.Source, o.Sticky = a, true
		return nil
	}
	o.Dev, o.hasDev = arg, true
	return nil
}

func (o *PingOptions) pmtu(arg string) *ExitError {
	switch arg {
	case "do":
		o.PMTU = PMTUDo
	case "dont":
		o.PMTU = PMTUDont
	case "want":
		o.PMTU = PMTUWant
	default:
		return exitf(2, "invalid -M argument: %s", arg)
	}
	return nil
}

// tos reads -Q: decimal, or hexadecimal after 0x.
func (o *PingOptions) tos(arg string) *ExitError {
	digits, base := arg, 10
	if strings.HasPrefix(arg, "0x") || strings.HasPrefix(arg, "0X") {
		digits, base = arg[2:], 16
	}
	n, rest := strtol(digits, base)
	switch {
	case rest != "":
		return exitf(2, "bad TOS value: %s", arg)
	case int32(n) > 255:
		return exitf(2, "the decimal value of TOS bits must be in range 0-255: %d", int32(n))
	}
	o.TOS = uint8(n)
	return nil
}

// fill reads -p: up to 16 bytes in hex digits.
func (o *PingOptions) fill(pattern string) *ExitError {
	for i := range len(pattern) {
		if !isHex(pattern[i]) {
			return exitf(2, "patterns must be specified as hex digits: %s", pattern[i:])
		}
	}
	o.Pattern = []byte{}
	for pattern != "" && len(o.Pattern) < 16 {
		n, _ := strtol(pattern[:min(2, len(pattern))], 16)
		o.Pattern = append(o.Pattern, byte(n))
		pattern = pattern[min(2, len(pattern)):]
	}
	return nil
}
