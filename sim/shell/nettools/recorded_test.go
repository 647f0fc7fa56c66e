package nettools_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"hoplab/sim"
	"hoplab/sim/proc"
	"hoplab/sim/shell"
	"hoplab/sim/shell/nettools"
	"hoplab/sim/simtest"
	"hoplab/sim/sock"
	"hoplab/topology"
)

// kernelCase is one recording of a real kernel: the network as data, what was
// done, and what every interface saw.
type kernelCase struct {
	Topology struct {
		Segments []struct{ Name, Subnet string }
		Hosts    []kernelHost
		Pods     []kernelPod
	}
	SetupExtra []kernelAction `yaml:"setup_extra"`
	Warmup     []kernelAction
	Actions    []kernelAction
	Captures   []string
	Linger     float64
}

type kernelHost struct {
	Name, Role string
	Interfaces []struct {
		Type, Name, Segment, MAC string
		MTU                      int
		Addr                     []string
		PeerHost                 string `yaml:"peer_host"`
		PeerIf                   string `yaml:"peer_if"`
	}
	Routes   []string
	Sysctl   yaml.Node
	IPSet    []string `yaml:"ipset"`
	IPTables []string `yaml:"iptables"`
}

type kernelPod struct {
	Name, Node, IP, MAC, Cali string
	CaliMAC                   string `yaml:"cali_mac"`
	MTU                       int
	Routes                    []string
	CaliSysctl                yaml.Node `yaml:"cali_sysctl"`
}

type kernelAction struct {
	In, Cmd    string
	Background bool
}

func readCase(t *testing.T, text []byte) *kernelCase {
	t.Helper()
	c := new(kernelCase)
	require.NoError(t, yaml.Unmarshal(text, c))
	return c
}

func lines(texts []string) []topology.Line {
	var l []topology.Line
	for _, x := range texts {
		l = append(l, topology.Line{Text: x})
	}
	return l
}

func sysctls(n yaml.Node, dev string) []topology.Sysctl {
	var l []topology.Sysctl
	for i := 0; i+1 < len(n.Content); i += 2 {
		l = append(l, topology.Sysctl{Key: strings.ReplaceAll(n.Content[i].Value, "/IF/", "/"+dev+"/"), Value: n.Content[i+1].Value})
	}
	return l
}

func addresses(t *testing.T, texts ...string) []topology.Address {
	var l []topology.Address
	for _, x := range texts {
		p, err := netip.ParsePrefix(x)
		require.NoError(t, err)
		l = append(l, topology.Address{Prefix: p, Scope: topology.ScopeGlobal})
	}
	return l
}

func mac(t *testing.T, s string) topology.MAC {
	if s == "" {
		return topology.MAC{}
	}
	m, err := topology.ParseMAC(s)
	require.NoError(t, err)
	return m
}

// lab makes the plain network of a case, in the order in which the recording's
// script made it, so that interface indexes agree.
func (c *kernelCase) lab(t *testing.T) *topology.Lab {
	l := &topology.Lab{Name: "case", Seed: 1}
	for _, s := range c.Topology.Segments {
		l.Segments = append(l.Segments, &topology.Segment{Name: s.Name, MTU: 65535})
	}
	tunnels := false
	for _, h := range c.Topology.Hosts {
		for _, i := range h.Interfaces {
			tunnels = tunnels || i.Type == "ipip"
		}
	}
	idle := func() *topology.Interface { // modprobe ipip makes one in every namespace
		return &topology.Interface{Name: "tunl0", Kind: topology.IPIP, MTU: 1480}
	}
	for _, h := range c.Topology.Hosts {
		m := &topology.Machine{Name: h.Name, Role: topology.Role(h.Role), Routes: lines(h.Routes), Sysctls: sysctls(h.Sysctl, ""), IPSets: lines(h.IPSet), IPTables: lines(h.IPTables)}
		for _, i := range h.Interfaces {
			x := &topology.Interface{Name: i.Name, MTU: i.MTU, MAC: mac(t, i.MAC), Addresses: addresses(t, i.Addr...), Up: true}
			switch i.Type {
			case "lan":
				x.Kind, x.Segment = topology.NIC, i.Segment
			case "ipip":
				x.Kind = topology.IPIP
			case "p2p":
				x.Kind, x.Peer = topology.Veth, topology.Endpoint{Machine: i.PeerHost, Interface: i.PeerIf}
			case "p2p-peer":
				x.Kind, x.Peer = topology.Veth, c.peerOf(h.Name, i.Name)
			case "lo":
				x.Kind = topology.Loopback
			default:
				t.Fatalf("interface type %q", i.Type)
			}
			m.Interfaces = append(m.Interfaces, x)
		}
		if tunnels && m.Interface("tunl0") == nil {
			m.Interfaces = append(m.Interfaces, idle())
		}
		l.Machines = append(l.Machines, m)
	}
	for _, p := range c.Topology.Pods {
		node := l.Machine(p.Node)
		node.Interfaces = append(node.Interfaces, &topology.Interface{Name: p.Cali, Kind: topology.Veth, Peer: topology.Endpoint{Machine: p.Name, Interface: "eth0"}, MAC: mac(t, p.CaliMAC), MTU: p.MTU, Up: true})
		node.Sysctls = append(node.Sysctls, sysctls(p.CaliSysctl, p.Cali)...)
		pod := &topology.Machine{Name: p.Name, Role: topology.RolePod, Routes: lines(p.Routes)}
		if tunnels {
			pod.Interfaces = append(pod.Interfaces, idle())
		}
		pod.Interfaces = append(pod.Interfaces, &topology.Interface{Name: "eth0", Kind: topology.Veth, Peer: topology.Endpoint{Machine: p.Node, Interface: p.Cali}, MAC: mac(t, p.MAC), MTU: p.MTU, Addresses: addresses(t, p.IP+"/32"), Up: true})
		l.Machines = append(l.Machines, pod)
	}
	return l
}

func (c *kernelCase) peerOf(host, iface string) topology.Endpoint {
	for _, h := range c.Topology.Hosts {
		for _, i := range h.Interfaces {
			if i.PeerHost == host && i.PeerIf == iface {
				return topology.Endpoint{Machine: h.Name, Interface: i.Name}
			}
		}
	}
	return topology.Endpoint{}
}

// bench is a lab with a shell on it, for running one command after the other.
type bench struct {
	lab *sim.Lab
	sh  *shell.Shell
	out bytes.Buffer

	argv []string // what in runs in place of its own arguments
}

// newBench puts the tools on a lab, and one more that runs a command in another
// namespace: in NS COMMAND.
func newBench(t testing.TB, lab *sim.Lab) *bench {
	t.Helper()
	b := &bench{lab: lab}
	suite := nettools.New(lab)
	in := shell.Tool{Name: "in", Run: func(c *shell.Call) int {
		if b.argv != nil {
			status, _ := c.Exec(c.Lab.Namespace(c.Args[1]), b.argv)
			return status
		}
		status, found := c.Exec(c.Lab.Namespace(c.Args[1]), c.Args[2:])
		if !found {
			c.Errorf("%s: not found", c.Args[2])
		}
		return status
	}}
	cat := shell.Tool{Name: "cat", Run: func(c *shell.Call) int {
		data, err := c.View.ReadFile(c.Args[1])
		if err != nil {
			return c.Fail(1, "%s: %v", c.Args[1], err)
		}
		c.Out.Write(data)
		return 0
	}}
	sh, err := shell.New(lab, shell.Options{Tools: append(suite.Tools(), in, cat), Stdout: &b.out, Stderr: &b.out})
	require.NoError(t, err)
	require.NoError(t, suite.Mount(sh))
	b.sh = sh
	return b
}

// exec runs one command in a namespace, without the shell's language.
func (b *bench) exec(t *testing.T, netns string, argv []string) {
	t.Helper()
	b.argv = argv
	defer func() { b.argv = nil }()
	b.out.Reset()
	_, err := b.sh.RunCommand("in " + netns)
	require.NoError(t, err)
}

// run runs a line in a namespace; stdout and stderr are one.
func (b *bench) run(t *testing.T, netns, line string) (string, int) {
	t.Helper()
	b.out.Reset()
	status, err := b.sh.RunCommand("in " + netns + " " + line)
	require.NoError(t, err)
	return b.out.String(), status
}

var procWrite = regexp.MustCompile(`^echo (\S+) > /proc/sys/(\S+)$`)

// run does what the recording's script does: the same pauses, warm-up and
// actions. look is called where the script shows the state, and for each action
// that is no ping.
func (c *kernelCase) run(t *testing.T, look func(b *bench, when string)) {
	t.Helper()
	lab, err := sim.New(c.lab(t))
	require.NoError(t, err)
	for _, x := range c.SetupExtra {
		for cmd := range strings.SplitSeq(x.Cmd, ";") {
			if m := procWrite.FindStringSubmatch(strings.TrimSpace(cmd)); m != nil {
				cmd = "sysctl -w " + m[2] + "=" + m[1]
			}
			require.NoError(t, lab.Command(x.In, cmd, "setup"))
		}
	}
	ping := func(a kernelAction) *proc.Proc {
		o, err := sock.ParsePing(strings.Fields(a.Cmd)[1:])
		require.NoError(t, err)
		return lab.Start(func(p *proc.Proc) error {
			_, err := sock.Ping(p, lab.Namespace(a.In), o, io.Discard, io.Discard, lab.Time(0))
			return err
		})
	}
	b := newBench(t, lab)
	lab.RunFor(500 * time.Millisecond)
	for _, a := range c.Warmup {
		require.NoError(t, lab.Wait(ping(a)))
	}
	if len(c.Warmup) > 0 {
		lab.RunFor(7 * time.Second)
	}
	look(b, "before")
	lab.RunFor(3 * time.Second)
	var background []*proc.Proc
	for i, a := range c.Actions {
		if !strings.HasPrefix(a.Cmd, "ping ") {
			look(b, fmt.Sprintf("action-%d", i+1))
			continue
		}
		p := ping(a)
		if a.Background {
			background = append(background, p)
			lab.RunFor(1500 * time.Millisecond)
			continue
		}
		require.NoError(t, lab.Wait(p))
	}
	for _, p := range background {
		require.NoError(t, lab.Wait(p))
	}
	lab.RunFor(700*time.Millisecond + time.Duration(c.Linger*float64(time.Second)))
	lab.RunFor(5 * time.Second)
	look(b, "after")
	simtest.Check(t, lab)
}

// section is what one command printed at one time on the real kernel.
type section struct{ when, netns, command, text string }

// sections reads testdata/recorded: "### WHEN NS $ COMMAND" and the text below.
func sections(t *testing.T, file string) []section {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var all []section
	for part := range strings.SplitSeq("\n"+string(data), "\n### ") {
		if part == "" {
			continue
		}
		head, text, _ := strings.Cut(part, "\n")
		where, command, ok := strings.Cut(head, " $ ")
		require.True(t, ok, head)
		when, netns, _ := strings.Cut(where, " ")
		all = append(all, section{when, netns, command, text})
	}
	return all
}

// What differs between two runs of the real kernel.
var masks = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(` initval 0x[0-9a-f]+`), " initval X"},
	{regexp.MustCompile(`Size in memory: \d+`), "Size in memory: N"},
	{regexp.MustCompile(`(?m)^((?:icmp|tcp|udp|unknown)\s+\d+) \d+ `), "$1 T "},
	{regexp.MustCompile(`\bid=\d+`), "id=I"},
}

var arpingTime = regexp.MustCompile(`  \d+\.\d+ms`)

var unorderedLine = regexp.MustCompile(`^((icmp|tcp|udp|unknown)\s+\d+ T |\d+\.\d+\.\d+\.\d+ +(ether|\(incomplete\)|0x1 ))`)

// mask hides what is volatile, and sorts the entries of hash tables.
func mask(s string) string {
	for _, m := range masks {
		s = m.re.ReplaceAllString(s, m.by)
	}
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := 0; i < len(lines); {
		j := i
		for j < len(lines) && unorderedLine.MatchString(lines[j]) {
			j++
		}
		slices.SortFunc(lines[i:j], cmp.Compare[string])
		i = j + 1
	}
	return strings.Join(lines, "\n")
}

func caseFiles(t *testing.T) []string {
	files, err := filepath.Glob("testdata/recorded/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// The state that the recorded scripts show with these tools, before and after
// what they do, is what a real kernel and the real tools printed.
func TestToolsPrintWhatTheyPrintedOnARealKernel(t *testing.T) {
	for _, file := range caseFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("../../testdata/kernel/" + name + "/case.yaml")
			require.NoError(t, err)
			want := sections(t, file)
			seen := 0
			readCase(t, text).run(t, func(b *bench, when string) {
				for _, s := range want {
					if s.when != when {
						continue
					}
					seen++
					got, status := b.run(t, s.netns, s.command)
					if strings.HasPrefix(when, "action") {
						got += fmt.Sprintf("# exit status %d\n", status)
					}
					if w, g := mask(s.text), mask(got); w != g {
						t.Errorf("%s, %s: %s prints%s", when, s.netns, s.command, lineDiff(w, g))
					}
				}
			})
			require.Equal(t, len(want), seen, "every recorded section was compared")
		})
	}
}

// lineDiff shows the lines that differ, one by one.
func lineDiff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for i := range max(len(w), len(g)) {
		x, y := "(nothing)", "(nothing)"
		if i < len(w) {
			x = w[i]
		}
		if i < len(g) {
			y = g[i]
		}
		if x != y {
			fmt.Fprintf(&b, "\n  kernel:    %s\n  simulator: %s", x, y)
		}
	}
	return b.String()
}
