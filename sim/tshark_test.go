package sim_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/simtest"
	"hoplab/topology"
)

// Wireshark, the third opinion, finds nothing malformed in what the recorded
// situations make the simulator send.
func TestTsharkFindsNothingMalformed(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	file := filepath.Join(t.TempDir(), "all.pcapng")
	f, err := os.Create(file)
	require.NoError(t, err)
	w := pcap.NewWriter(f)
	packets := 0
	for _, dir := range caseDirs(t) {
		text, err := os.ReadFile(filepath.Join(dir, "case.yaml"))
		require.NoError(t, err)
		c := readCase(t, text)
		o := c.run(t)
		for _, place := range places(c, dir) {
			capt := o.captures[place]
			id := w.AddInterface(pcap.Interface{Name: filepath.Base(dir) + " " + place, LinkType: capt.LinkType})
			for _, fr := range capt.Frames {
				packets++
				require.NoError(t, w.WritePacket(id, o.lab.Time(fr.At).UnixNano(), fr.Data, len(fr.Data), ""))
			}
		}
	}
	require.NoError(t, w.Flush())
	require.NoError(t, f.Close())
	require.Greater(t, packets, 1000)
	read := func(filter string) string {
		cmd := exec.Command(tshark, "-r", file, "-o", "ip.check_checksum:TRUE", "-Y", filter)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		require.NoError(t, err, stderr.String())
		return string(bytes.TrimSpace(out))
	}
	require.NotEmpty(t, read("frame.number == 1"), "tshark reads the file")
	for _, bad := range []string{"_ws.malformed", "ip.checksum.status == 0", "icmp.checksum.status == 0", "_ws.short"} {
		require.Empty(t, read(bad), bad)
	}
}

// What `hoplab expand` prints runs to the same packets.
func TestTheExpandedTextRunsToTheSamePackets(t *testing.T) {
	plain := expanded(t, twoNodes)
	b, err := topology.Parse("expanded.yaml", topology.MarshalLab(plain))
	require.NoError(t, err)
	require.Len(t, b.Labs, 1)
	require.Empty(t, b.Pods)
	run := func(l *topology.Lab) string {
		lab, err := sim.New(l)
		require.NoError(t, err)
		var captures []*sim.Capture
		for _, at := range [][2]string{{"pod1", "eth0"}, {"k8s-w1", "tunl0"}, {"k8s-w1", "ens5"}, {"k8s-w2", "ens5"}, {"pod2", "eth0"}} {
			c, err := lab.Capture(at[0], at[1])
			require.NoError(t, err)
			captures = append(captures, c)
		}
		pod2 := lab.Namespace("pod2")
		res, err := lab.Ping("pod1", pod2.Addresses(pod2.Device("eth0"))[0].Prefix.Addr(), 3)
		require.NoError(t, err)
		require.Equal(t, 3, res.Received)
		simtest.Check(t, lab)
		var frames bytes.Buffer
		for _, c := range captures {
			for _, f := range c.Frames {
				fmt.Fprintf(&frames, "%s %s %d %x\n", c.NetNS, c.Dev, f.At, f.Data)
			}
		}
		return frames.String()
	}
	require.Equal(t, run(plain), run(b.Labs[0]))
}
