package iproute

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hoplab/sim"
	"hoplab/sim/netfilter/iptables"
	"hoplab/sim/stack"

	"github.com/stretchr/testify/require"
)

// machine runs single command lines on a lab, without a shell's language.
type machine struct {
	t   testing.TB
	lab *sim.Lab
	in  string
}

func newMachine(t testing.TB) *machine { return &machine{t: t, lab: sim.Empty(sim.WithSeed(1))} }

// run runs ip, bridge or what they exec in a namespace.
func (m *machine) run(ns *stack.Namespace, words []string, out io.Writer) int {
	switch words[0] {
	case "ip", "bridge", "tc":
		c := &command{name: words[0], lab: m.lab, home: ns, ns: ns, in: strings.NewReader(m.in), out: out, err: out, sys: &fakeSystem{m, out}}
		switch words[0] {
		case "bridge":
			return c.runBridge(words[1:])
		case "tc":
			return c.runTC(words[1:])
		}
		return c.runIP(words[1:])
	case "modprobe":
		if words[1] == "ipip" {
			m.lab.LoadIPIP()
		}
	case "sleep":
		d, err := time.ParseDuration(words[1] + "s")
		require.NoError(m.t, err)
		m.lab.RunFor(d)
	case "ping":
		_, err := m.lab.Ping(ns.Name, netip.MustParseAddr(words[3]), 1)
		require.NoError(m.t, err)
	case "bash": // -c 'LINE; LINE'
		for line := range strings.SplitSeq(words[2], "; ") {
			if key, value := sysctlOf(line); key != "" {
				require.NoError(m.t, ns.SetSysctl(key, value))
				continue
			}
			if status := m.run(ns, strings.Fields(line), out); status != 0 {
				return status
			}
		}
	case "echo":
		fmt.Fprintln(out, strings.Join(words[1:], " "))
	case "false":
		return 1
	case "sysctl", "iptables", "ipset":
		if words[0] == "sysctl" && words[1] == "-qw" {
			words = append([]string{"sysctl", "-w"}, words[2:]...)
		}
		line := ""
		for _, w := range words {
			line += " '" + w + "'"
		}
		if err := m.lab.Command(ns.Name, line, "script"); err != nil {
			fmt.Fprintln(out, err)
			return 1
		}
	default:
		return 127
	}
	return 0
}

// do runs a line on the host and returns what it printed and its status.
func (m *machine) do(line string) (string, int) {
	words, err := iptables.Split(line)
	require.NoError(m.t, err)
	var out bytes.Buffer
	status := m.run(m.lab.Host(), words, &out)
	return out.String(), status
}

// must runs a line that prints nothing and succeeds.
func (m *machine) must(lines ...string) {
	m.t.Helper()
	for _, line := range lines {
		out, status := m.do(line)
		require.Zero(m.t, status, "%s\n%s", line, out)
		require.Empty(m.t, out, line)
	}
}

type fakeSystem struct {
	m   *machine
	out io.Writer
}

func (s *fakeSystem) Exec(ns *stack.Namespace, argv []string, _ bool) (int, bool) {
	status := s.m.run(ns, argv, s.out)
	return status, status != 127
}

func (s *fakeSystem) Open(name string) (io.ReadCloser, error) {
	return nil, fmt.Errorf("No such file or directory") //nolint:staticcheck // strerror's text
}

func (s *fakeSystem) Processes() []process {
	list := []process{{1, s.m.lab.Host()}}
	for i, ns := range s.m.lab.Namespaces() {
		list = append(list, process{100 + i, ns})
	}
	return list
}

// Follow follows for the rest of the test.
func (s *fakeSystem) Follow(start func(wake func()) (cancel func()), drain func()) { start(drain) }

func (*fakeSystem) Terminal() bool { return false }

// sysctlOf reads `echo VALUE > /proc/sys/KEY`.
func sysctlOf(line string) (key, value string) {
	if rest, ok := strings.CutPrefix(line, "echo "); ok {
		value, key, _ = strings.Cut(rest, " > /proc/sys/")
	}
	return key, value
}
