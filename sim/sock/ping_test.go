package sock

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/netdev"
	"hoplab/sim/proc"
	"hoplab/sim/trace"
)

// masks hide what differs between two runs of the real ping.
var masks = []struct {
	re *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`time=[0-9.]+ ms`), "time=T ms"},
	{regexp.MustCompile(`time \d+ms`), "time Tms"},
	{regexp.MustCompile(`= [0-9./]+ ms`), "= T ms"},
	{regexp.MustCompile(`ipg/ewma [0-9./]+ ms`), "ipg/ewma T ms"},
	{regexp.MustCompile(`^\[\d+\.\d{6}\]`), "[TIME]"},
	{regexp.MustCompile(`\t\d+ absolute`), "\tT absolute"},
	{regexp.MustCompile(`\t\d+$`), "\tT"},
}

func mask(line string) string {
	for _, m := range masks {
		line = m.re.ReplaceAllString(line, m.to)
	}
	return line
}

// visible turns what was printed into lines of a recording.
func visible(s string) []string {
	if s == "" {
		return nil
	}
	s = strings.NewReplacer("\r", `\r`, "\b", `\b`, "\a", `\a`).Replace(s)
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// testdata/sessions.txt is what the real ping printed on the network of
// newNetwork: `% NS …` changes something, `$ [SECONDS:SIGNAL,…] ARGS` is a ping
// in pa, `|` its lines, `#` its exit status.
//
// Recorded on Linux with iputils 20221126; the times are masked.
func TestPingPrintsWhatTheRealOnePrinted(t *testing.T) {
	first := replay(t)
	require.Equal(t, first, replay(t), "a second run")
}

// replay runs all sessions and returns what they printed, times included.
func replay(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/sessions.txt")
	require.NoError(t, err)
	n := newNetwork(t, 1)
	var got *session
	var all strings.Builder
	cases := 0
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "% "):
			n.change(strings.Fields(line[2:]))
		case strings.HasPrefix(line, "$ "):
			got = n.session(line[2:])
		case strings.HasPrefix(line, "|"):
			got.want = append(got.want, mask(line[1:]))
		case strings.HasPrefix(line, "# "):
			cases++
			all.WriteString(got.text)
			var lines []string
			for _, l := range visible(got.text) {
				lines = append(lines, mask(l))
			}
			require.Equal(t, got.want, lines, "line %d: ping %s", i+1, got.args)
			require.Equal(t, line[2:], strconv.Itoa(got.status), "line %d: exit status of ping %s", i+1, got.args)
		}
	}
	require.Greater(t, cases, 90)
	n.settled()
	return all.String()
}

type session struct {
	args, text string
	status     int
	want       []string
}

var signals = map[string]int{"INT": 2, "QUIT": 3, "TERM": 15, "ALRM": 14, "HUP": 1}

func (n *network) session(line string) *session {
	s := &session{args: line}
	args := strings.Split(line, " ")
	when := ""
	if strings.Contains(args[0], ":") {
		when, args = args[0], args[1:]
	}
	var out bytes.Buffer
	o, err := ParsePing(args)
	if err != nil {
		s.text, s.status = err.(*ExitError).Stderr, err.(*ExitError).Status
		return s
	}
	r := n.start(o, &out)
	for _, x := range strings.Split(when, ",") {
		if at, sig, ok := strings.Cut(x, ":"); ok {
			sec, err := strconv.ParseFloat(at, 64)
			require.NoError(n.t, err)
			n.after(time.Duration(sec*float64(time.Second)), func() { r.p.Signal(signals[sig]) })
		}
	}
	res, _ := r.wait()
	// A while between the commands, as in the recording.
	n.w.Clock.RunUntil(n.w.Clock.Now().Add(2200 * time.Millisecond))
	s.text, s.status = out.String(), res.Exit
	return s
}

// change does what a `%` line says.
func (n *network) change(words []string) {
	ns := n.ns[words[0]]
	switch words[1] {
	case "at":
		sec, err := strconv.ParseFloat(words[2], 64)
		require.NoError(n.t, err)
		n.after(time.Duration(sec*float64(time.Second)), func() { n.change(append([]string{words[0]}, words[3:]...)) })
	case "ip":
		n.route(words[0], strings.Join(words[3:], " "))
	case "sysctl":
		key, value, _ := strings.Cut(words[2], "=")
		require.NoError(n.t, ns.SetSysctl(key, value))
	case "mtu":
		mtu, err := strconv.Atoi(words[3])
		require.NoError(n.t, err)
		ns.Device(words[2]).MTU = mtu
	default:
		require.Fail(n.t, "unknown change", "%q", words)
	}
}

// testdata/usage.txt is what the real ping said about arguments.
func TestArgumentsAreRefusedInTheRealOnesWords(t *testing.T) {
	text, err := os.ReadFile("testdata/usage.txt")
	require.NoError(t, err)
	cases := 0
	for _, c := range strings.Split(strings.TrimSuffix(string(text), "\n\n"), "\n\n") {
		head, body, _ := strings.Cut(c, "\n")
		args := strings.Split(strings.TrimPrefix(head, "$ ping "), " ")
		if head == "$ ping" {
			args = nil
		}
		for i, a := range args {
			args[i] = strings.NewReplacer("''", "", "_", " ").Replace(a)
		}
		t.Run(strings.TrimPrefix(head, "$ "), func(t *testing.T) {
			n := newNetwork(t, 1)
			var out bytes.Buffer
			res, err := n.ping(&out, args...)
			var exit *ExitError
			require.ErrorAs(t, err, &exit)
			body, status, _ := strings.Cut(body, "# ")
			body = strings.Replace(body, "USAGE\n", usageText, 1)
			require.Equal(t, body, out.String())
			require.Equal(t, status, strconv.Itoa(res.Exit))
			n.settled()
		})
		cases++
	}
	require.Greater(t, cases, 50)
}

func TestNotModelledOptionsSaySo(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-6 10.0.2.2", "ping: not modelled: -6"},
		{"-F 1 10.0.2.2", "ping: not modelled: -F"},
		{"-N name 10.0.2.2", "ping: not modelled: -N"},
		{"-C 10.0.2.2", "ping: not modelled: -C"},
		{"-S 1000 10.0.2.2", "ping: not modelled: -S"},
		{"-i -1 10.0.2.2", "ping: not modelled: -i -1"},
		{"-I fe80::1 10.0.2.2", "ping: not modelled: -I fe80::1"},
		{"-L 224.0.0.1", "ping: not modelled: -L to a multicast address"},
		{"-r -I pa0 10.0.2.2", "ping: not modelled: -r with -I DEVICE"},
		{"fe80::1", "ping: not modelled: IPv6 (fe80::1)"},
		{"10.0.1.1 10.0.2.2", "ping: not modelled: source routing (more than one destination)"},
	} {
		t.Run(c.args, func(t *testing.T) {
			n := newNetwork(t, 1)
			if strings.Contains(c.args, "224") {
				n.route("pa", "add 224.0.0.0/4 dev pa0")
			}
			var out bytes.Buffer
			res, err := n.ping(&out, strings.Fields(c.args)...)
			require.EqualError(t, err, c.want)
			require.Equal(t, c.want+"\n", out.String())
			require.Equal(t, 2, res.Exit)
			n.settled()
		})
	}
}

func TestWhenPingSendsAndEnds(t *testing.T) {
	for _, c := range []struct {
		name, args string
		sent       int           // 0: it does not matter
		from, to   time.Duration // when it ends
	}{
		{"it stops with the last reply", "-c 2 10.0.2.2", 2, 1010 * time.Millisecond, 1090 * time.Millisecond},
		{"without replies it waits for -W", "-c 1 -W 3 10.8.1.1", 1, 3 * time.Second, 3010 * time.Millisecond},
		{"and for ten seconds otherwise", "-c 1 10.8.1.1", 1, 10 * time.Second, 10010 * time.Millisecond},
		{"after a reply the last one has an interval to come", "-c 2 -i 0.3 -W 9 -s 1473 10.0.2.2", 2, 600 * time.Millisecond, 700 * time.Millisecond},
		{"an error is as good as a reply", "-c 1 -t 1 -W 9 10.0.2.2", 1, 0, time.Millisecond},
		{"-w ends it to the tick", "-w 2 10.8.1.1", 2, 2 * time.Second, 2010 * time.Millisecond},
		{"with -w, -c counts replies", "-w 3 -c 1 10.8.1.1", 3, 3 * time.Second, 3010 * time.Millisecond},
		{"-l sends at once", "-l 3 -c 3 10.0.2.2", 3, 0, time.Millisecond},
		{"-f is as fast as the replies", "-f -c 100 10.0.2.2", 100, 8 * time.Millisecond, 9 * time.Millisecond},
		{"-f without replies waits 10 ms and more", "-f -c 3 -W 1 10.8.1.1", 3, 1020 * time.Millisecond, 1050 * time.Millisecond},
		{"-A follows the round trip time", "-A -c 100 10.0.2.2", 100, 8 * time.Millisecond, 9 * time.Millisecond},
		{"-f to lo passes time all the same", "-f -c 100 127.0.0.1", 100, 990 * time.Microsecond, time.Millisecond},
		{"-w ends a flood of lo", "-f -w 1 127.0.0.1", 0, time.Second, 1010 * time.Millisecond},
		{"-A to lo too", "-A -c 100 127.0.0.1", 100, 990 * time.Microsecond, time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(t, 1)
			n.route("pr", "add blackhole 10.8.1.0/24")
			var out bytes.Buffer
			_, err := n.ping(&out, "-c1", "10.0.2.2") // everybody knows everybody
			require.NoError(t, err)
			if strings.Contains(c.args, "1473") {
				// The second probe, a fragment of which is lost, gets no reply.
				n.after(200*time.Millisecond, func() { n.ns["pr"].Device("pr1").SetLink(netdev.Properties{Loss: 1}) })
			}
			from := n.w.Clock.Now()
			res, err := n.ping(&out, strings.Fields(c.args)...)
			require.NoError(t, err)
			if c.sent > 0 {
				require.Equal(t, c.sent, res.Sent)
			}
			took := n.w.Clock.Now().Sub(from)
			require.GreaterOrEqual(t, took, c.from)
			require.LessOrEqual(t, took, c.to)
			n.settled()
		})
	}
}

func TestOptionsAreUnderstood(t *testing.T) {
	for _, c := range []struct {
		args string
		want PingOptions
	}{
		{"10.0.0.1", PingOptions{}},
		{"-c3 -i0.2 -s0 -t9 -W0 -w4 10.0.0.1", PingOptions{Count: 3, Interval: 200 * time.Millisecond, Size: -1, TTL: 9, Linger: -1, Deadline: 4 * time.Second}},
		{"10.0.0.1 -qbnavOALDBrdU4 -l 5", PingOptions{Quiet: true, Broadcast: true, Numeric: true, Audible: true, Verbose: true, Outstanding: true, Adaptive: true, NoLoop: true, WallTime: true, Sticky: true, DontRoute: true, IPv4: true, Preload: 5}},
		{"-f -M do -Q 0xb8 -m 7 -e 9 10.0.0.1", PingOptions{Flood: true, Numeric: true, PMTU: PMTUDo, TOS: 0xb8, Mark: 7, FixIdent: true, Ident: 9}},
		{"-p c0ffee -I 10.0.0.2 10.0.0.1", PingOptions{Pattern: []byte{0xc0, 0xff, 0xee}, Source: netip.MustParseAddr("10.0.0.2"), Sticky: true}},
		{"-i 0 -I eth0 -R 10.0.0.1", PingOptions{Interval: -1, Dev: "eth0", hasDev: true, Route: true}},
		{"-T tsprespec 10.0.0.9 10.0.0.1", PingOptions{Timestamp: TSPrespec, Hops: []string{"10.0.0.9"}}},
	} {
		t.Run(c.args, func(t *testing.T) {
			got, err := ParsePing(strings.Fields(c.args))
			require.NoError(t, err)
			c.want.Host = "10.0.0.1"
			if c.want.Hops == nil {
				c.want.Hops = []string{}
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestAddressesAreReadAsInetAtonDoes(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.1": "10.0.0.1", "127.1": "127.0.0.1", "10.1.258": "10.1.1.2", "1": "0.0.0.1", "0x7f.1": "127.0.0.1", "017700000001": "127.0.0.1",
		"4294967295": "255.255.255.255", "4294967296": "", "256.1": "", "1.2.3.256": "", "1.2.3.4.5": "", "": "", "1.": "", ".1": "", "08.1": "", "+1": "", "1_0": "", "0x": "", "a": "",
	} {
		a, ok := inetAton(in)
		require.Equal(t, want != "", ok, in)
		if ok {
			require.Equal(t, want, a.String(), in)
		}
	}
}

func TestThePayloadIsTheTimeOfDayThenAPattern(t *testing.T) {
	n := newNetwork(t, 1)
	var frames [][]byte
	n.ns["pa"].Device("pa0").AddTap(func(_ *netdev.Device, _ trace.Dir, _ clock.Instant, f []byte) {
		if packet.Ethernet(f).Type() == packet.EtherIPv4 {
			frames = append(frames, append([]byte(nil), f[packet.EthernetLen:]...))
		}
	})
	n.w.Clock.RunUntil(clock.Instant(1500 * time.Millisecond))
	var out bytes.Buffer
	_, err := n.ping(&out, "-c1", "-e", "258", "10.0.2.2")
	require.NoError(t, err)
	require.Len(t, frames, 2)
	m := packet.ICMP(packet.IPv4(frames[0]).Payload())
	require.True(t, m.ChecksumOK())
	require.Equal(t, uint16(258), m.ID())
	require.Equal(t, uint16(1), m.Seq())
	want := []byte{0x71, 0xdf, 0xee, 0x66, 0, 0, 0, 0, 0x20, 0xa1, 7, 0, 0, 0, 0, 0} // 1726930801 s, 500000 µs
	for i := byte(16); i < 56; i++ {
		want = append(want, i)
	}
	require.Equal(t, want, []byte(m.Payload()))
	n.settled()
}

func TestResultForACallerWithoutWriters(t *testing.T) {
	n := newNetwork(t, 1)
	res, err := n.quiet(PingOptions{Host: "10.0.2.2", Count: 3})
	require.NoError(t, err)
	require.Equal(t, 3, res.Sent)
	require.Equal(t, 3, res.Received)
	require.Equal(t, []uint8{63, 63, 63}, res.TTLs)
	require.Len(t, res.RTTs, 3)
	require.Equal(t, 80*time.Microsecond, res.RTTs[2])
	require.Zero(t, res.Exit)

	res, err = n.quiet(PingOptions{Host: "10.0.2.2", Count: 2, TTL: 1})
	require.NoError(t, err)
	require.Equal(t, 1, res.Exit)
	require.Equal(t, []PingFailure{
		{From: netip.MustParseAddr("10.0.1.1"), Seq: 1, Type: packet.ICMPTimeExceeded},
		{From: netip.MustParseAddr("10.0.1.1"), Seq: 2, Type: packet.ICMPTimeExceeded},
	}, res.Failures)

	res, err = n.quiet(PingOptions{Host: "10.9.9.9", Dev: "none"})
	require.EqualError(t, err, "ping: SO_BINDTODEVICE none: No such device")
	require.Equal(t, 2, res.Exit)
	n.settled()
}

func (n *network) quiet(o PingOptions) (PingResult, error) {
	r := &run{n: n, from: n.w.Clock.Now()}
	r.p = n.sched.Go(func(p *proc.Proc) error {
		r.res, r.err = Ping(p, n.ns["pa"], o, nil, nil, labStart)
		return nil
	})
	return r.wait()
}

func TestDamageDuplicatesAndOvertaking(t *testing.T) {
	for _, c := range []struct {
		name  string
		args  string
		props netdev.Properties
		want  string
	}{
		{"a duplicate is marked and counted", "-c 1 10.0.2.2", netdev.Properties{Duplicate: 1}, "64 bytes from 10.0.2.2: icmp_seq=2 ttl=63 time=T ms (DUP!)"},
		{"duplicates of -f are counted", "-f -c 4 10.0.2.2", netdev.Properties{Duplicate: 1}, " duplicates, "},
		{"lost probes show in the loss", "-c 7 -i 0.2 10.0.2.2", netdev.Properties{Loss: 0.5}, "% packet loss"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(t, 3)
			var warm bytes.Buffer
			_, err := n.ping(&warm, "-c1", "10.0.2.2")
			require.NoError(t, err)
			n.ns["pr"].Device("pr0").SetLink(c.props)
			var out bytes.Buffer
			args := strings.Fields(c.args)
			if c.props.Duplicate > 0 && args[0] == "-c" {
				args[1] = "3"
			}
			_, err = n.ping(&out, args...)
			require.NoError(t, err)
			var lines []string
			for _, l := range visible(out.String()) {
				lines = append(lines, mask(l))
			}
			require.Contains(t, strings.Join(lines, "\n"), c.want)
			n.settled()
		})
	}
}

func TestChangedDataIsReported(t *testing.T) {
	n := newNetwork(t, 1)
	// Somebody on the way back writes over a byte of the payload.
	n.ns["pa"].Device("pa0").AddTap(func(d *netdev.Device, dir trace.Dir, _ clock.Instant, f []byte) {
		if dir == trace.In && packet.Ethernet(f).Type() == packet.EtherIPv4 {
			f[len(f)-2] = 0xee
		}
	})
	var out bytes.Buffer
	_, err := n.ping(&out, "-c1", "-s", "36", "10.0.2.2")
	require.NoError(t, err)
	require.Contains(t, out.String(), " ms\nwrong data byte #34 should be 0x22 but was 0xee\n#16\t10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 ee 23 \n\n--- ")
	n.settled()
}

func TestNamesComeFromTheResolver(t *testing.T) {
	n := newNetwork(t, 1)
	o, err := ParsePing([]string{"-c1", "web"})
	require.NoError(t, err)
	o.Lookup = func(host string) (netip.Addr, string, error) {
		require.Equal(t, "web", host)
		return netip.MustParseAddr("10.0.2.2"), "web.example", nil
	}
	o.Name = func(a netip.Addr) string { return "web.example" }
	var out bytes.Buffer
	_, err = n.start(o, &out).wait()
	require.NoError(t, err)
	require.Contains(t, out.String(), "PING web.example (10.0.2.2) 56(84) bytes of data.\n64 bytes from web.example (10.0.2.2): icmp_seq=1 ttl=63 ")
	require.Contains(t, out.String(), "--- web.example ping statistics ---")

	out.Reset()
	o.Lookup = func(string) (netip.Addr, string, error) {
		return netip.Addr{}, "", errors.New("Temporary failure in name resolution")
	}
	res, err := n.start(o, &out).wait()
	require.EqualError(t, err, "ping: web: Temporary failure in name resolution")
	require.Equal(t, 2, res.Exit)
	n.settled()
}

func TestKillLeavesNothingBehind(t *testing.T) {
	n := newNetwork(t, 1)
	o, err := ParsePing([]string{"-w", "50", "10.0.2.2"})
	require.NoError(t, err)
	var out bytes.Buffer
	r := n.start(o, &out)
	n.w.Clock.RunUntil(clock.Instant(2500 * time.Millisecond))
	r.p.Kill()
	require.Equal(t, 3, strings.Count(out.String(), "icmp_seq"))
	require.NotContains(t, out.String(), "statistics")
	n.settled()
}

func TestAReaderThatGoesAwayEndsPing(t *testing.T) {
	n := newNetwork(t, 1)
	o, err := ParsePing([]string{"10.0.2.2"})
	require.NoError(t, err)
	res, err := n.start(o, &closing{lines: 2}).wait()
	require.NoError(t, err)
	require.Equal(t, 141, res.Exit)
	n.settled()
}

// closing is a pipe whose reader takes so many writes.
type closing struct{ lines int }

func (c *closing) Write(b []byte) (int, error) {
	if c.lines--; c.lines < 0 {
		return 0, errors.New("broken pipe")
	}
	return len(b), nil
}

func TestTwoPingsDoNotMixAndRunTheSameTwice(t *testing.T) {
	once := func() string {
		n := newNetwork(t, 7)
		var a, b bytes.Buffer
		oa, err := ParsePing([]string{"-v", "-c4", "-i0.3", "10.0.2.2"})
		require.NoError(t, err)
		ob, err := ParsePing([]string{"-v", "-c4", "-i0.2", "-t1", "10.0.2.2"})
		require.NoError(t, err)
		ra, rb := n.start(oa, &a), n.start(ob, &b)
		resA, err := ra.wait()
		require.NoError(t, err)
		resB, err := rb.wait()
		require.NoError(t, err)
		require.Equal(t, 4, resA.Received)
		require.Zero(t, resA.Errors)
		require.Equal(t, 4, resB.Errors)
		require.Zero(t, resB.Received)
		require.NotEqual(t, resA.Ident, resB.Ident)
		n.settled()
		return a.String() + b.String()
	}
	require.Equal(t, once(), once())
}

func TestAProbeAllocatesLittle(t *testing.T) {
	n := newNetwork(t, 1)
	cost := func(count int) float64 {
		return testing.AllocsPerRun(5, func() {
			res, err := n.quiet(PingOptions{Host: "10.0.2.2", Count: count, Interval: -1})
			require.NoError(t, err)
			require.Equal(t, count, res.Received)
		})
	}
	cost(10)
	require.Less(t, (cost(1010)-cost(10))/1000, 0.1, "allocations a probe")
}

func FuzzParsePing(f *testing.F) {
	for _, s := range []string{"-c 3 10.0.0.1", "-i 0x1p3 -W 1e3 x", "-p zz a", "-Q 0x10 b", "--", "-T tsonly", "-I a:b c", "-e -0 d", "-i .e1", "-i 0x.p", "-s +5 e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := ParsePing(strings.Split(s, " "))
		if err != nil {
			var exit *ExitError
			require.ErrorAs(t, err, &exit)
			require.NotEmpty(t, exit.Error())
			return
		}
		inetAton(o.Host)
	})
}

func BenchmarkPing(b *testing.B) {
	for _, c := range []struct {
		name string
		out  *bytes.Buffer
	}{{"silent", nil}, {"printed", new(bytes.Buffer)}} {
		b.Run(c.name, func(b *testing.B) {
			n := newNetwork(b, 1)
			b.ReportAllocs()
			o := PingOptions{Host: "10.0.2.2", Count: b.N, Interval: -1}
			b.ResetTimer()
			n.sched.Go(func(p *proc.Proc) error {
				var err error
				if c.out == nil {
					_, err = Ping(p, n.ns["pa"], o, nil, nil, labStart)
				} else {
					_, err = Ping(p, n.ns["pa"], o, c.out, c.out, labStart)
				}
				return err
			})
			for n.sched.Live() > 0 && n.w.Clock.Step() {
			}
		})
	}
}
