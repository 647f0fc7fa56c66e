package iproute

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"hoplab/sim"
	"hoplab/sim/shell"

	"github.com/stretchr/testify/require"
)

// run runs a script in a lab without machines.
func runScript(t testing.TB, src string) (out, errs string, status int) {
	var o, e bytes.Buffer
	s, err := shell.New(sim.Empty(), shell.Options{Tools: Tools(), Stdout: &o, Stderr: &e})
	require.NoError(t, err)
	status, err = s.RunScript("test.sh", src)
	require.NoError(t, err)
	return o.String(), e.String(), status
}

func TestIPRunsInTheShell(t *testing.T) {
	for _, tt := range []struct {
		name, script, out, err string
		status                 int
	}{
		{"exec runs a command in a namespace", "ip netns add a; ip netns exec a ip -br link; ip -br link",
			"lo               DOWN           00:00:00:00:00:00 <LOOPBACK> \nlo               DOWN           00:00:00:00:00:00 <LOOPBACK> \n", "", 0},
		{"exec hands on the status", "ip netns add a; ip netns exec a bash -c 'exit 7'", "", "", 7},
		{"exec of what is not there", "ip netns add a; ip netns exec a nosuch", "", "exec of \"nosuch\" failed: No such file or directory\n", 1},
		{"a batch from standard input", "ip -batch - <<E\nnetns add a # one\n\nnetns add \\\n 'b'\nnetns list\nE", "b\na\n", "", 0},
		{"a batch stops at the first error", "printf 'netns add a\\nnetns add a\\nnetns add b\\n' > f; ip -b f; s=$?; ip netns; exit $s", "a\n",
			"Cannot create namespace file \"/run/netns/a\": File exists\nCommand failed f:2\n", 1},
		{"a forced batch goes on", "printf 'netns add a\\nnetns add a\\nnetns add b\\n' > f; ip -force -b f; s=$?; ip netns; exit $s", "b\na\n",
			"Cannot create namespace file \"/run/netns/a\": File exists\nCommand failed f:2\n", 1},
		{"words that are wrong end a batch at once", "printf 'link foo\\nnetns add b\\n' | ip -force -b -; s=$?; ip netns; exit $s", "",
			"Command \"foo\" is unknown, try \"ip link help\".\n", 255},
		{"a batch in a namespace", "ip netns add a; echo 'link add x address 02:00:00:00:00:09 type dummy' | ip -n a -b -; ip -n a -br link show x",
			"x                DOWN           02:00:00:00:00:09 <BROADCAST,NOARP> \n", "", 0},
		{"exec in a batch comes back", "ip netns add a; printf 'netns exec a ip netns identify\\nnetns list\\n' | ip -b -", "a\na\n", "", 0},
		{"a batch that is not there", "ip -batch nosuch", "", "Cannot open file \"nosuch\" for reading: No such file or directory\n", 1},
		{"a quote without end", "echo \"netns add 'a\" | ip -b -", "", "Unterminated quoted string\n", 1},
		{"what is not modelled says so", "ip xfrm state", "", "ip: not modelled: ip xfrm\n", 255},
		{"an option that is not modelled says so", "ip -h link", "", "ip: not modelled: -h\n", 255},
		{"a route that is not modelled says so", "ip route add 1.0.0.0/8 encap mpls 5 via 1.2.3.4", "", "ip: not modelled: ip route … encap\n", 255},
		{"a device that is not modelled says so", "ip link add v type bond", "", "ip: not modelled: ip link add … type bond\n", 255},
		{"processes of a namespace", "ip netns add a; ip netns exec a bash -c 'ip netns pids a | while read p; do [ $p = $$ ] && ip netns identify $p; done; :'", "a\n", "", 0},
		{"a namespace that is deleted leaves its programs without devices", "ip netns add a; ip netns exec a bash -c 'ip netns del a; ip link; ip netns identify'", "\n", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, status := runScript(t, tt.script)
			require.Equal(t, tt.err, errs)
			require.Equal(t, tt.out, out)
			require.Equal(t, tt.status, status)
		})
	}
}

// BenchmarkBatch builds 1,000 namespaces, each with a veth pair to a bridge's.
func BenchmarkBatch(b *testing.B) {
	var batch bytes.Buffer
	fmt.Fprintln(&batch, "netns add lan")
	for i := range 1000 {
		fmt.Fprintf(&batch, "netns add n%d\nlink add eth0 netns n%d type veth peer name v%d netns lan\n", i, i, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		m := newMachine(b)
		m.in = batch.String()
		out, status := m.do("ip -batch -")
		require.Zero(b, status, out)
	}
	b.ReportMetric(2001, "lines/op")
}

// FuzzIP gives ip words of strangers: it neither panics nor loses a packet.
func FuzzIP(f *testing.F) {
	for _, s := range []string{"link set v0 mtu 1400 name x up", "addr add 1.2.3.4/24 brd + dev v0", "route add default via 10.0.0.2", "route get 1.1.1.1 from 10.0.0.1 iif v0",
		"neigh add 10.0.0.9 lladdr 1:2:3:4:5:6 dev v0", "rule add from 1.0.0.0/8 goto 5", "netns add %d", "link add x%d type veth peer y%d", "link set v0 netns b", "-j -p addr show to 10/8",
		"-s -s route flush table all", "link set v0 master br0", "link add index 65536 type bridge", "addr show label '['"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		m := newMachine(t)
		m.must("ip link add v0 type veth peer name v1", "ip link set v0 up", "ip link set v1 up", "ip addr add 10.0.0.1/24 dev v0", "ip netns add b", "ip link add br0 type bridge")
		words := strings.Fields(line)
		if len(words) > 0 && words[0] == "batch" {
			return
		}
		var out bytes.Buffer
		m.run(m.lab.Host(), append([]string{"ip"}, words...), &out)
		m.run(m.lab.Host(), []string{"ip", "-d", "-s", "-s", "addr"}, &out)
		m.run(m.lab.Host(), []string{"ip", "-j", "route", "show", "table", "all"}, &out)
		require.NoError(t, m.lab.Accounting().Check())
	})
}
