package sock

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
)

// TracepathOptions are those of tracepath, iputils 20221126. The zero values
// are its defaults.
type TracepathOptions struct {
	Host    string
	Port    int  // -p, or HOST/PORT
	Length  int  // -l: bytes with headers
	MaxHops int  // -m
	Numeric bool // -n
	Both    bool // -b

	// Lookup and Name are those of PingOptions.
	Lookup func(host string) (addr netip.Addr, canonical string, err error)
	Name   func(a netip.Addr) string
}

// Numbers of tracepath.c.
const (
	tpHops    = 30
	tpPort    = 44444
	tpLength  = 65535
	tpColumn  = 52
	tpHistory = 64
	tpTries   = 10
	tpHeaders = packet.IPv4Len + packet.UDPLen
	tpProbe   = 24 // struct probehdr: the TTL, padding, and the time
)

func tpError(status int, format string, args ...any) *ExitError {
	return &ExitError{Status: status, Stderr: "tracepath: " + fmt.Sprintf(format, args...) + "\n"}
}

// ParseTracepath reads the words after `tracepath`. The error is an *ExitError.
func ParseTracepath(args []string) (TracepathOptions, error) {
	var o TracepathOptions
	var words []string
	number := func(s string, most int) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0, tpError(1, "invalid argument: '%s'", s)
		}
		if n < 0 || n > most {
			return 0, tpError(1, "invalid argument: '%s': out of range: 0 <= value <= %d", s, most)
		}
		return n, nil
	}
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			words = append(words, args[i+1:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			words = append(words, a)
			continue
		}
		for rest := a[1:]; rest != ""; {
			f := rest[0]
			rest = rest[1:]
			value := rest
			if strings.IndexByte("lmp", f) >= 0 {
				if value == "" {
					if i+1 >= len(args) {
						return o, &ExitError{Status: 255, Stderr: fmt.Sprintf("tracepath: option requires an argument -- '%c'\n", f) + tpUsage}
					}
					i++
					value = args[i]
				}
				rest = ""
			}
			var err error
			switch f {
			case '4':
			case '6':
				err = tpError(2, "not modelled: -6")
			case 'n':
				o.Numeric = true
			case 'b':
				o.Both = true
			case 'l':
				o.Length, err = number(value, 1<<31-1)
			case 'm':
				o.MaxHops, err = number(value, 255)
			case 'p':
				o.Port, err = number(value, 0xffff)
			case 'V':
				err = &ExitError{Stdout: "tracepath from iputils 20221126\n"}
			case 'h', '?':
				err = &ExitError{Status: 255, Stderr: tpUsage}
			default:
				err = &ExitError{Status: 255, Stderr: fmt.Sprintf("tracepath: invalid option -- '%c'\n", f) + tpUsage}
			}
			if err != nil {
				return o, err
			}
		}
	}
	if len(words) != 1 {
		return o, &ExitError{Status: 255, Stderr: tpUsage}
	}
	o.Host = words[0]
	if host, port, ok := strings.Cut(o.Host, "/"); ok && o.Port == 0 {
		n, err := number(port, 0xffff)
		if err != nil {
			return o, err
		}
		o.Host, o.Port = host, n
	}
	return o, nil
}

// TracepathResult is what tracepath found out.
type TracepathResult struct {
	PMTU     int
	Hops     int // to the destination, -1 unknown
	HopsBack int // likewise, guessed from the TTL of the answer
}

// Tracepath runs tracepath in a namespace, as process p.
func Tracepath(p *proc.Proc, ns *stack.Namespace, o TracepathOptions, out, errOut io.Writer) (TracepathResult, error) {
	t := &pathTracer{p: p, ns: ns, o: o, out: out, res: TracepathResult{PMTU: or(o.Length, tpLength), Hops: -1, HopsBack: -1}}
	err := t.run()
	if t.c != nil {
		t.c.Close()
	}
	if t.errs != "" && errOut != nil {
		_, _ = io.WriteString(errOut, t.errs)
	}
	if err != nil {
		if errOut != nil {
			_, _ = io.WriteString(errOut, err.Stderr)
		}
		return t.res, err
	}
	return t.res, nil
}

// pathTracer is one run: struct run_state of tracepath.c.
type pathTracer struct {
	p    *proc.Proc
	ns   *stack.Namespace
	o    TracepathOptions
	out  io.Writer
	errs string
	c    *UDPConn
	dst  netip.Addr
	port int
	ttl  int
	his  [tpHistory]struct {
		hops int
		at   clock.Instant
	}
	slot int
	res  TracepathResult
}

func (t *pathTracer) printf(format string, args ...any) {
	if t.out != nil {
		fmt.Fprintf(t.out, format, args...)
	}
}

func (t *pathTracer) run() *ExitError {
	var ok bool
	if t.dst, ok = inetAton(t.o.Host); !ok {
		if t.o.Lookup == nil {
			return tpError(1, "%s: Name or service not known", t.o.Host)
		}
		a, _, err := t.o.Lookup(t.o.Host)
		if err != nil {
			return tpError(1, "%s: %v", t.o.Host, err)
		}
		t.dst = a.Unmap()
	}
	t.port = or(t.o.Port, tpPort)
	if t.res.PMTU <= tpHeaders {
		return tpError(1, "pktlen must be within: %d < value <= %d", tpHeaders, 1<<31-1)
	}
	t.c = OpenUDP(t.p, t.ns)
	t.c.PMTU = stack.PMTUDo
	t.c.EnableErrors()
	for t.ttl = 1; t.ttl <= or(t.o.MaxHops, tpHops); t.ttl++ {
		t.c.TTL = uint8(t.ttl)
		progress := -1
		for i := 0; i < 3; i++ {
			old := t.res.PMTU
			progress = t.probe()
			if t.res.PMTU != old {
				i = -1
				continue
			}
			if n := t.p.Signaled(); n != 0 {
				return &ExitError{Status: 128 + n}
			}
			if progress == 0 {
				t.resume()
				return nil
			}
			if progress > 0 {
				break
			}
		}
		if progress < 0 {
			t.printf("%2d:  no reply\n", t.ttl)
		}
	}
	t.printf("     Too many hops: pmtu %d\n", t.res.PMTU)
	t.resume()
	return nil
}

func (t *pathTracer) resume() {
	t.printf("     Resume: pmtu %d ", t.res.PMTU)
	if t.res.Hops >= 0 {
		t.printf("hops %d ", t.res.Hops)
	}
	if t.res.HopsBack >= 0 {
		t.printf("back %d ", t.res.HopsBack)
	}
	t.printf("\n")
}

// probe is probe_ttl: 0 means the end, -1 no answer.
func (t *pathTracer) probe() int {
	tries := 0
	for tries < tpTries {
		h := &t.his[t.slot]
		h.hops, h.at = t.ttl, t.p.Now()
		// The TTL and the time go along, so that answers can be told apart.
		data := make([]byte, t.res.PMTU-tpHeaders)
		if len(data) >= tpProbe {
			data[0] = byte(t.ttl)
			for i := range 8 {
				data[8+i] = byte(h.at / 1e9 >> (8 * i))
				data[16+i] = byte(h.at % 1e9 >> (8 * i))
			}
		}
		if _, err := t.c.WriteTo(data, netip.AddrPortFrom(t.dst, uint16(t.port+t.slot))); err == nil {
			break
		}
		res := t.readErrors()
		h.hops = 0
		if res == 0 {
			return 0
		}
		if res > 0 {
			tries = 0
			continue
		}
		tries++
	}
	t.slot = (t.slot + 1) % tpHistory
	if tries >= tpTries {
		t.printf("%2d:  send failed\n", t.ttl)
		return 0
	}
	for until := t.p.Now().Add(second); !t.c.Readable() && t.p.WaitTick(until); {
	}
	if len(t.c.inbox) > 0 {
		t.printf("%2d?: reply received 8)\n", t.ttl)
		return 0
	}
	return t.readErrors()
}

// readErrors is recverr: it tells of each entry of the error queue.
func (t *pathTracer) readErrors() int {
	progress := -1
	for {
		e, ok := t.c.ReadError()
		if !ok {
			return progress
		}
		sent, known := -1, false
		var at clock.Instant
		if slot := int(e.To.Port()) - t.port; slot >= 0 && slot < tpHistory-1 && t.his[slot].hops != 0 {
			sent, at, known = t.his[slot].hops, t.his[slot].at, true
			t.his[slot].hops = 0
		}
		if !e.Local && len(e.Data) >= tpProbe && e.Data[0] != 0 {
			sent, known = int(e.Data[0]), true
			var s, n int64
			for i := range 8 {
				s |= int64(e.Data[8+i]) << (8 * i)
				n |= int64(e.Data[16+i]) << (8 * i)
			}
			at = clock.Instant(s*1e9 + n)
		}
		if e.Local {
			t.printf("%2d?: %-32s ", t.ttl, "[LOCALHOST]")
		} else {
			if sent > 0 {
				t.printf("%2d:  ", sent)
			} else {
				t.printf("%2d?: ", t.ttl)
			}
			t.printf("%s", t.host(e.From))
		}
		if known {
			d := int64(t.p.Now().Sub(at) / time.Microsecond)
			t.printf("%3d.%03dms ", d/1000, d%1000)
		}
		if t.tell(e, sent) {
			return 0
		}
		progress = t.res.PMTU
	}
}

// host is print_host: the name in a column.
func (t *pathTracer) host(a netip.Addr) string {
	s := a.String()
	name := s
	if !t.o.Numeric && t.o.Name != nil {
		if n := t.o.Name(a); n != "" {
			name = n
		}
	}
	switch {
	case t.o.Both && t.o.Numeric:
		s = fmt.Sprintf("%s (%s)", s, name)
	case t.o.Both:
		s = fmt.Sprintf("%s (%s)", name, s)
	default:
		s = name
	}
	return s + strings.Repeat(" ", max(tpColumn-len(s), 1))
}

// tell prints what the error means. It reports whether it is the end.
func (t *pathTracer) tell(e SocketError, sent int) bool {
	back := -1
	if e.TTL != 0 {
		back = ttlToHops(e.TTL)
	} else {
		back = 66 // what tracepath makes of "none"
	}
	switch e.Errno {
	case stack.EMSGSIZE:
		t.printf("pmtu %d\n", e.Info)
		t.res.PMTU = max(e.Info, tpHeaders+1)
		return false
	case stack.ECONNREFUSED:
		t.printf("reached\n")
		t.res.Hops, t.res.HopsBack = sent, back
		if sent < 0 {
			t.res.Hops = t.ttl
		}
	case stack.EPROTO:
		t.printf("!P\n")
	case fib.EHOSTUNREACH:
		if e.Type == packet.ICMPTimeExceeded && e.Code == packet.CodeTTLExceeded {
			if sent >= 0 && back != sent || sent < 0 && back != t.ttl {
				t.printf("asymm %2d ", back)
			}
			t.printf("\n")
			return false
		}
		t.printf("!H\n")
	case fib.ENETUNREACH:
		t.printf("!N\n")
	case fib.EACCES:
		t.printf("!A\n")
	default:
		t.printf("\n")
		t.errs += "tracepath: NET ERROR: " + strerror(e.Errno) + "\n"
	}
	return true
}

const tpUsage = `
Usage
  tracepath [options] <destination>

Options:
  -4             use IPv4
  -6             use IPv6
  -b             print both name and IP
  -l <length>    use packet <length>
  -m <hops>      use maximum <hops>
  -n             no reverse DNS name resolution
  -p <port>      use destination <port>
  -V             print version and exit
  <destination>  DNS name or IP address

For more details see tracepath(8).
`
