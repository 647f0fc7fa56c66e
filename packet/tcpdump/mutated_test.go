package tcpdump

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

// TestDamagedPacketsEqualTcpdump flips bytes of recorded packets, cuts some,
// and compares with the tcpdump on this machine: what a printer does at the
// edge of the bytes is where it differs first.
func TestDamagedPacketsEqualTcpdump(t *testing.T) {
	tool, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed")
	}
	if version, _ := exec.Command(tool, "--version").CombinedOutput(); !bytes.HasPrefix(version, []byte("tcpdump version 4.99.3")) {
		t.Skip("another version of tcpdump is installed")
	}
	for _, link := range []int{pcap.LinkEthernet, pcap.LinkRaw} {
		packets := damaged(t, link, 1500)
		for _, c := range []struct {
			flags string
			Options
		}{
			{"-p", Options{}}, // -p changes no text
			{"-q", Options{Quiet: true}},
			{"-v", Options{Verbose: 1}},
			{"-evv", Options{Verbose: 2, Link: true}},
			{"-SvK", Options{Verbose: 1, AbsoluteSeq: true, NoChecksums: true}},
		} {
			t.Run(fmt.Sprintf("link type %d %s", link, c.flags), func(t *testing.T) {
				want := realLines(t, tool, link, packets, c.flags)
				p := Printer{Options: c.Options}
				compared := 0
				for i, packet := range packets {
					got := string(p.AppendLine(nil, link, packet.Data, packet.OrigLen)) + "\n"
					if strings.Contains(got, "not modelled") {
						continue
					}
					compared++
					if got != want[i] {
						t.Errorf("% x\n got %s\nwant %s", packet.Data, got, want[i])
					}
				}
				require.Greater(t, compared, len(packets)*3/4)
			})
		}
	}
}

// damaged makes n packets from those in testdata, the same ones each time.
func damaged(t *testing.T, link, n int) []pcap.Packet {
	paths, err := filepath.Glob("testdata/pcap/*.pcap")
	require.NoError(t, err)
	var from []pcap.Packet
	for _, path := range paths {
		packets, l := read(t, path)
		for _, p := range packets {
			if l == link && len(p.Data) >= 20 && len(p.Data) <= 400 {
				from = append(from, p)
			}
		}
	}
	random := rand.New(rand.NewPCG(uint64(link), 1))
	var made []pcap.Packet
	for range n {
		p := from[random.IntN(len(from))]
		p.Data = bytes.Clone(p.Data)
		for range random.IntN(4) {
			p.Data[random.IntN(min(len(p.Data), 80))] = byte(random.Uint32())
		}
		if random.IntN(3) == 0 {
			p.Data = p.Data[:14+random.IntN(len(p.Data)-14)]
			if random.IntN(2) == 0 {
				p.OrigLen = len(p.Data)
			}
		}
		p.OrigLen = max(p.OrigLen, len(p.Data))
		made = append(made, p)
	}
	return made
}

// realLines returns tcpdump's text for each packet, found by the numbers of -#.
func realLines(t *testing.T, tool string, link int, packets []pcap.Packet, flags string) []string {
	path := filepath.Join(t.TempDir(), "damaged.pcap")
	var file bytes.Buffer
	w := pcap.NewClassicWriter(&file, link, 0)
	for _, p := range packets {
		require.NoError(t, w.WritePacket(p.Time, p.Data, p.OrigLen))
	}
	require.NoError(t, w.Flush())
	require.NoError(t, os.WriteFile(path, file.Bytes(), 0o600))
	out, err := exec.Command(tool, "-r", path, "-#nnt", flags).Output()
	require.NoError(t, err)
	lines := make([]string, len(packets))
	at := -1
	for _, line := range strings.SplitAfter(string(out), "\n") {
		if text, ok := strings.CutPrefix(line, fmt.Sprintf("%5d  ", at+2)); ok {
			at++
			line = text
		}
		if line != "" {
			lines[at] += line
		}
	}
	return lines
}
