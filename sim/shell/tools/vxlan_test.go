package tools_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"
	"hoplab/sim/simtest"
)

// vxlanMasks hide what differs between two runs on a real kernel, and the
// number of receive queues, which the kernel that is modelled does not tell.
var vxlanMasks = []struct {
	find *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`time=[\d.]+ ms`), "time=T"}, {regexp.MustCompile(`, time \d+ms`), ", time T"}, {regexp.MustCompile(`= [\d.]+(/[\d.]+){3} ms`), "= T"},
	{regexp.MustCompile(`\]  [\d.]+ms`), "]  T"},
	{regexp.MustCompile(`, id [1-9]\d*, (offset|seq)`), ", id N, $1"},
	{regexp.MustCompile(`(\d+\.\d+\.\d+\.\d+)\.\d{5}( >|: )`), "$1.PORT$2"},
	{regexp.MustCompile(`\b(REACHABLE|STALE|DELAY|PROBE)\b`), "VALID"},
	{regexp.MustCompile(`expires \d+sec`), "expires Nsec"},
	{regexp.MustCompile(` numrxqueues 1|"num_rx_queues":1,|\s+"num_rx_queues": 1,`), ""},
}

// hashed are lines in the order of a hash table, which later kernels have
// changed: entries of forwarding databases and neighbours.
var hashed = regexp.MustCompile(`^[0-9a-f:]{17} (dev|dst|self|master|via) |^\d+\.\d+\.\d+\.\d+ dev `)

func vxlanText(s string) []string {
	for _, m := range vxlanMasks {
		s = m.find.ReplaceAllString(s, m.with)
	}
	lines := strings.Split(s, "\n")
	for i := 0; i < len(lines); i++ {
		j := i
		for j < len(lines) && hashed.MatchString(lines[j]) {
			j++
		}
		slices.Sort(lines[i:j])
		i = max(i, j-1)
	}
	return lines
}

// Small networks with bridges and VXLAN that a real kernel ran by the same scripts: what the
// commands said and what tcpdump saw.
func TestBridgesAndVXLANAreThoseOfALiveKernel(t *testing.T) {
	scripts, err := filepath.Glob("testdata/vxlan/*.sh")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".sh"), func(t *testing.T) {
			src, err := os.ReadFile(script)
			require.NoError(t, err)
			want, err := os.ReadFile(strings.TrimSuffix(script, ".sh") + ".out")
			require.NoError(t, err)
			lab := sim.Empty()
			var out bytes.Buffer
			s, err := tools.NewShell(lab, shell.Options{Start: sim.HostName, Stdout: &out, Stderr: &out})
			require.NoError(t, err)
			_, err = s.RunScript("script.sh", string(src))
			require.NoError(t, err)
			require.Equal(t, vxlanText(string(want)), vxlanText(out.String()))
			s.Close()
			simtest.Check(t, lab)
			lab.Close()
		})
	}
}

// The way of the outer packets may be in a VRF. No kernel at hand had one: what
// is expected is what its authors say.
func TestVXLANGoesThroughAVRF(t *testing.T) {
	lab := sim.Empty()
	var out bytes.Buffer
	s, err := tools.NewShell(lab, shell.Options{Start: sim.HostName, Stdout: &out, Stderr: &out})
	require.NoError(t, err)
	_, err = s.RunScript("script.sh", `
ip netns add a; ip netns add b
ip link add name eth0 netns a type veth peer name eth0 netns b
for n in a b; do
  i=1; [ $n = b ] && i=2
  ip -n $n link add under type vrf table 1; ip -n $n link set under up
  ip -n $n link set eth0 vrf under; ip -n $n link set eth0 up; ip -n $n addr add 10.0.0.$i/24 dev eth0
  ip -n $n link add vx type vxlan id 10 local 10.0.0.$i remote 10.0.0.$((3-i)) dev eth0 dstport 4789
  ip -n $n link set vx up; ip -n $n addr add 192.168.99.$i/24 dev vx
done
ip netns exec a ping -c 1 192.168.99.2 | grep received
ip -n b link set eth0 nomaster
ip netns exec a ping -c 1 -W 1 192.168.99.2 | grep received
ip -n b link set vx down; ip -n b link set vx up
ip netns exec a ping -c 1 -W 3 192.168.99.2 | grep received
`)
	require.NoError(t, err)
	require.Regexp(t, `^1 packets transmitted, 1 received.*\n1 packets transmitted, 0 received.*\n1 packets transmitted, 1 received`, out.String())
	s.Close()
	simtest.Check(t, lab)
	lab.Close()
}
