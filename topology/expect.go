package topology

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// ExpectedARP is about the requests for one address, or all, and the replies to
// them, as they cross interfaces.
type ExpectedARP struct {
	At                RefAt      // which interfaces
	Who               netip.Addr // the address that is asked for; the zero Addr is any
	From              netip.Addr // who asks
	MAC               *MAC       // that every reply tells
	Requests, Replies *int       // both nil means at least one reply
}

// ExpectedRoute is about where a machine would send a packet when the step is
// over.
type ExpectedRoute struct {
	In     RefAt // the zero Ref is the step's
	To     netip.Addr
	From   netip.Addr // source of the packet; the zero Addr leaves it to the machine
	IIF    string     // interface by which it came in; "" is a packet of the machine's own
	Mark   int
	Via    netip.Addr // gateway
	Direct bool       // via: none
	Dev    string
	Src    netip.Addr // source that the machine chooses
	Type   string     // one of RouteResults
	Prefix netip.Prefix
	By     string // who put the route there, as in the hop log
}

// RouteResults are what a look-up may come to.
func RouteResults() []string {
	return []string{"unicast", "local", "broadcast", "multicast", "blackhole", "unreachable", "prohibit", "none"}
}

// ExpectedNAT is about packets whose addresses a machine translates.
type ExpectedNAT struct {
	At                  RefAt      // the zero Ref is anywhere
	From, To            netip.Addr // source and destination before; the zero Addr is any
	Source, Destination netip.Addr // and after
	Count               *int       // nil means at least one
}

// ExpectedConntrack is about entries of a machine's connection tracking when the
// step is over.
type ExpectedConntrack struct {
	In               RefAt // the zero Ref is the step's
	Proto            string
	Original, Reply  ExpectedTuple
	State            string // of TCP
	Replied, Assured *bool
	Mark             *int
	Count            *int // nil means at least one
}

// ExpectedTuple is one direction of an entry; what is zero, or nil, is any.
type ExpectedTuple struct {
	Src, Dst     netip.Addr
	SPort, DPort *int
}

// ExpectedICMPError is about ICMP errors that arrive at a machine.
type ExpectedICMPError struct {
	To    RefAt      // the zero Ref is the step's
	From  netip.Addr // who sends it; the zero Addr is any
	Type  string     // one of ICMPErrors; "" is any
	Code  string     // a number, or one of ICMPCodes; "" is any
	MTU   *int       // of fragmentation-needed
	Count *int       // nil means at least one
}

// ICMPErrors are the types of messages that are errors.
func ICMPErrors() []string {
	return []string{"unreachable", "source-quench", "redirect", "time-exceeded", "parameter-problem"}
}

// ICMPCodes are the names of the codes of unreachable, in the order of their
// numbers: RFC 792, RFC 1122 and RFC 1812.
func ICMPCodes() []string {
	return []string{"net-unreachable", "host-unreachable", "protocol-unreachable", "port-unreachable", "fragmentation-needed", "source-route-failed",
		"net-unknown", "host-unknown", "host-isolated", "net-prohibited", "host-prohibited", "net-tos", "host-tos", "admin-prohibited"}
}

// ExpectedCommand is about how the command of a step ended.
type ExpectedCommand struct {
	Exit           *int
	Stdout, Stderr *ExpectedText
}

// ExpectedText is what a text must be like. Line ends at its end do not count.
type ExpectedText struct {
	Equals   *string
	Contains []string
	Matches  []*regexp.Regexp // somewhere; ^ and $ are those of lines
}

func readARP(v value) *ExpectedARP {
	x := &ExpectedARP{}
	v.object(fields{
		"at":       func(v value) { x.At = readInterface(v) },
		"who":      func(v value) { x.Who = v.addr() },
		"from":     func(v value) { x.From = v.addr() },
		"mac":      func(v value) { m := v.mac(); x.MAC = &m },
		"requests": func(v value) { x.Requests = v.count() },
		"replies":  func(v value) { x.Replies = v.count() },
	})
	switch {
	case !v.isMapping():
	case !v.has("at"):
		v.errorf("at is missing; it says at which interface ARP is seen")
	case x.MAC != nil && x.Replies != nil && *x.Replies == 0:
		v.errorf("no reply is expected, so it can tell no mac")
	}
	return x
}

func readRoute(v value) *ExpectedRoute {
	x := &ExpectedRoute{}
	v.object(fields{
		"in":   func(v value) { x.In = readPlace(v) },
		"to":   func(v value) { x.To = v.addr() },
		"from": func(v value) { x.From = v.addr() },
		"iif":  func(v value) { x.IIF = v.oneWord() },
		"mark": func(v value) { x.Mark = *v.count() },
		"via": func(v value) {
			if x.Direct = v.isScalar() && v.node.Value == "none"; !x.Direct {
				x.Via = v.addr()
			}
		},
		"dev":    func(v value) { x.Dev = v.oneWord() },
		"src":    func(v value) { x.Src = v.addr() },
		"type":   func(v value) { x.Type = v.word(RouteResults()...) },
		"prefix": func(v value) { x.Prefix = v.prefix() },
		"by":     func(v value) { x.By = v.line().Text },
	})
	wanted := slices.ContainsFunc([]string{"via", "dev", "src", "type", "prefix", "by"}, v.has)
	switch {
	case !v.isMapping():
	case !v.has("to"):
		v.errorf("to is missing; it is the destination that is looked up")
	case !wanted:
		v.errorf("nothing is expected of the route; write via, dev, src, type, prefix or by")
	case slices.Contains(RouteResults()[4:], x.Type) && (x.Via.IsValid() || x.Direct || x.Dev != "" || x.Src.IsValid()):
		v.errorf("%s leads nowhere; leave via, dev and src out", x.Type)
	}
	return x
}

func readNAT(v value) *ExpectedNAT {
	x := &ExpectedNAT{}
	v.object(fields{
		"at":          func(v value) { x.At = readPlace(v) },
		"from":        func(v value) { x.From = v.addr() },
		"to":          func(v value) { x.To = v.addr() },
		"source":      func(v value) { x.Source = v.addr() },
		"destination": func(v value) { x.Destination = v.addr() },
		"count":       func(v value) { x.Count = v.count() },
	})
	return x
}

func readConntrack(v value) *ExpectedConntrack {
	x := &ExpectedConntrack{}
	tuple := func(t *ExpectedTuple) fields {
		return fields{
			"src":   func(v value) { t.Src = v.addr() },
			"dst":   func(v value) { t.Dst = v.addr() },
			"sport": func(v value) { n := v.integer(0, 65535); t.SPort = &n },
			"dport": func(v value) { n := v.integer(0, 65535); t.DPort = &n },
		}
	}
	f := tuple(&x.Original)
	f["in"] = func(v value) { x.In = readPlace(v) }
	f["proto"] = func(v value) { x.Proto = v.word("icmp", "tcp", "udp") }
	f["reply"] = func(v value) { v.object(tuple(&x.Reply)) }
	f["state"] = func(v value) { x.State = strings.ToUpper(v.oneWord()) }
	f["replied"] = func(v value) { b := v.boolean(); x.Replied = &b }
	f["assured"] = func(v value) { b := v.boolean(); x.Assured = &b }
	f["mark"] = func(v value) { x.Mark = v.count() }
	f["count"] = func(v value) { x.Count = v.count() }
	v.object(f)
	if v.isMapping() && x.State != "" && x.Proto != "tcp" {
		v.errorf("only entries of tcp have a state; write proto: tcp")
	}
	return x
}

func readICMPError(v value) *ExpectedICMPError {
	x := &ExpectedICMPError{}
	v.object(fields{
		"to":    func(v value) { x.To = readPlace(v) },
		"from":  func(v value) { x.From = v.addr() },
		"type":  func(v value) { x.Type = v.word(ICMPErrors()...) },
		"code":  func(v value) { x.Code = v.icmpCode() },
		"mtu":   func(v value) { x.MTU = v.count() },
		"count": func(v value) { x.Count = v.count() },
	})
	if v.isMapping() && x.Code != "" && x.Type == "" {
		v.errorf("code has a meaning only with a type; write type: unreachable")
	}
	return x
}

// icmpCode reads a number, or a name of ICMPCodes.
func (v value) icmpCode() string {
	if _, ok := v.decimal(255); ok {
		return v.text()
	}
	return v.word(ICMPCodes()...)
}

func readCommand(v value) *ExpectedCommand {
	x := &ExpectedCommand{}
	v.object(fields{
		"exit":   func(v value) { n := v.integer(0, 255); x.Exit = &n },
		"stdout": func(v value) { x.Stdout = readExpectedText(v) },
		"stderr": func(v value) { x.Stderr = readExpectedText(v) },
	})
	if v.isMapping() && *x == (ExpectedCommand{}) {
		v.errorf("nothing is expected of the command; write exit, stdout or stderr")
	}
	return x
}

// readExpectedText reads a text, which must be equal, or {equals, contains,
// matches}.
func readExpectedText(v value) *ExpectedText {
	x := &ExpectedText{}
	if v.isScalar() {
		s := v.text()
		x.Equals = &s
		return x
	}
	several := func(v value, f func(value)) {
		if v.isList() {
			v.list(f)
		} else {
			f(v)
		}
	}
	v.object(fields{
		"equals":   func(v value) { s := v.text(); x.Equals = &s },
		"contains": func(v value) { several(v, func(v value) { x.Contains = append(x.Contains, v.filled()) }) },
		"matches": func(v value) {
			several(v, func(v value) {
				text := v.filled()
				re, err := regexp.Compile("(?m)" + text)
				if err != nil {
					v.errorf("%q is no regular expression: %s", shorten(text), strings.Replace(strings.TrimPrefix(err.Error(), "error parsing regexp: "), "(?m)", "", 1))
					return
				}
				x.Matches = append(x.Matches, re)
			})
		},
	})
	if v.isMapping() && x.Equals == nil && len(x.Contains) == 0 && len(x.Matches) == 0 && !v.has("matches") {
		v.errorf("nothing is expected of the text; write equals, contains or matches")
	}
	return x
}

// readEventHash reads the beginning of a hash in hexadecimal.
func readEventHash(v value) Line {
	l := v.line()
	l.Text = strings.ToLower(l.Text)
	if bad := strings.Trim(l.Text, "0123456789abcdef"); bad != "" || len(l.Text) < minHash || len(l.Text) > maxHash {
		v.errorf("expected %d to %d hexadecimal digits, as a failed run prints them, found %q", minHash, maxHash, shorten(l.Text))
	}
	return l
}

// How many digits of a hash are enough, and how many it has.
const (
	minHash = 12
	maxHash = 64
)
