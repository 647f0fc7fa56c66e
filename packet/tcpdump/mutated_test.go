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
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

// realTcpdump returns the tcpdump on this machine if it is the one that the
// package follows.
func realTcpdump(t testing.TB) string {
	tool, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed")
	}
	if version, _ := exec.Command(tool, "--version").CombinedOutput(); !bytes.HasPrefix(version, []byte("tcpdump version 4.99.3")) {
		t.Skip("another version of tcpdump is installed")
	}
	return tool
}

// TestDamagedPacketsEqualTcpdump flips bytes of recorded packets, cuts some,
// and compares with the tcpdump on this machine: what a printer does at the
// edge of the bytes is where it differs first.
func TestDamagedPacketsEqualTcpdump(t *testing.T) {
	tool := realTcpdump(t)
	links := []int{pcap.LinkEthernet, pcap.LinkRaw, pcap.LinkLinuxSLL, pcap.LinkLinuxSLL2, linkNull, linkPPP, linkFrameRelay}
	for _, link := range links {
		packets := damaged(t, link, 1500)
		for _, c := range []struct {
			flags string
			Options
		}{
			{"-p", Options{}}, // -p changes no text
			{"-q", Options{Quiet: true}},
			{"-v", Options{Verbose: 1}},
			{"-evvx", Options{Verbose: 2, Link: true, Hex: 1}},
			{"-SvKX", Options{Verbose: 1, AbsoluteSeq: true, NoChecksums: true, HexASCII: 1}},
		} {
			t.Run(fmt.Sprintf("link type %d %s", link, c.flags), func(t *testing.T) {
				want := realLines(t, tool, link, packets, c.flags)
				o := c.Options
				o.LinkType, o.Times = link, 1
				p := New(o)
				compared := 0
				for i, packet := range packets {
					got := string(p.Append(nil, packet))
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
	paths, err := filepath.Glob("testdata/pcap/*.pcap*")
	require.NoError(t, err)
	var from []pcap.Packet
	for _, path := range paths {
		packets, l := read(t, path)
		for i, p := range packets {
			if l == link && len(p.Data) >= 20 && len(p.Data) <= 400 && i < 40 {
				from = append(from, p)
			}
		}
	}
	require.NotEmpty(t, from)
	random := rand.New(rand.NewPCG(uint64(link), 1))
	var made []pcap.Packet
	for range n {
		p := from[random.IntN(len(from))]
		p.Data = bytes.Clone(p.Data)
		for range random.IntN(4) {
			at := random.IntN(min(len(p.Data), 80))
			if random.IntN(2) == 0 {
				p.Data[at] ^= 1 << random.IntN(8)
			} else {
				p.Data[at] = byte(random.Uint32())
			}
		}
		if random.IntN(3) == 0 {
			p.Data = p.Data[:1+random.IntN(len(p.Data))]
			if random.IntN(2) == 0 {
				p.OrigLen = len(p.Data)
			}
		}
		p.OrigLen = max(p.OrigLen, len(p.Data))
		made = append(made, p)
	}
	return made
}

// write makes a capture file.
func write(t testing.TB, path string, link int, packets []pcap.Packet) {
	var file bytes.Buffer
	w := pcap.NewClassicWriter(&file, link, 0)
	for _, p := range packets {
		require.NoError(t, w.WritePacket(p))
	}
	require.NoError(t, w.Flush())
	require.NoError(t, os.WriteFile(path, file.Bytes(), 0o600))
}

// realLines returns tcpdump's text for each packet, found by the numbers of -#.
func realLines(t *testing.T, tool string, link int, packets []pcap.Packet, flags string) []string {
	path := filepath.Join(t.TempDir(), "damaged.pcap")
	write(t, path, link, packets)
	out, err := exec.Command(tool, "-r", path, "-#nnt", flags).Output()
	require.NoError(t, err)
	lines := make([]string, len(packets))
	at := -1
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(line, fmt.Sprintf("%5d  ", at+2)); ok {
			at++
			line = text
		}
		if at >= 0 {
			lines[at] += line
		}
	}
	return lines
}

// BenchmarkAMillionPackets prints a capture into a file, beside tcpdump -nn -r,
// and reports how many times as long that takes.
func BenchmarkAMillionPackets(b *testing.B) {
	tool := realTcpdump(b)
	const million = 1_000_000
	var from, packets []pcap.Packet
	for _, name := range []string{"ipip-echo", "icmp-echo-ids", "tcp-http"} {
		some, _ := read(b, "testdata/pcap/"+name+".pcap")
		from = append(from, some...)
	}
	for i := range million {
		p := from[i%len(from)]
		p.Time = 1_700_000_000_000_000_000 + int64(i)*37_000
		packets = append(packets, p)
	}
	dir := b.TempDir()
	path := filepath.Join(dir, "million.pcap")
	write(b, path, pcap.LinkEthernet, packets)
	run := func(name string, print func(in, out *os.File)) (time.Duration, []byte) {
		in, err := os.Open(path)
		require.NoError(b, err)
		defer in.Close()
		out, err := os.Create(filepath.Join(dir, name))
		require.NoError(b, err)
		defer out.Close()
		begin := time.Now()
		print(in, out)
		took := time.Since(begin)
		text, err := os.ReadFile(out.Name())
		require.NoError(b, err)
		return took, text
	}
	theirs, want := run("theirs", func(in, out *os.File) {
		c := exec.Command(tool, "-nn", "-r", path)
		c.Stdout = out
		require.NoError(b, c.Run())
	})
	var ours time.Duration
	b.ReportAllocs()
	for b.Loop() {
		var got []byte
		ours, got = run("ours", func(in, out *os.File) {
			r, err := pcap.NewReader(in)
			require.NoError(b, err)
			p := New(Options{LinkType: pcap.LinkEthernet})
			buf := make([]byte, 0, 128<<10)
			for {
				packet, err := r.Next()
				if err != nil {
					break
				}
				if buf = p.Append(buf, packet); len(buf) > 64<<10 {
					_, err = out.Write(buf)
					require.NoError(b, err)
					buf = buf[:0]
				}
			}
			_, err = out.Write(buf)
			require.NoError(b, err)
		})
		require.True(b, bytes.Equal(got, want), "the same text")
	}
	b.ReportMetric(float64(ours.Nanoseconds())/million, "ns/packet")
	b.ReportMetric(float64(theirs)/float64(ours), "times-tcpdump's-speed")
}
