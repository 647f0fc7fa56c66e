package tcpdump

import (
	"bytes"
	"encoding/binary"
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

// testdata/more has captures of tcpdump's own tests, and wide-*.pcap with what a lab
// may carry (options and records of every kind), and printed.txt what
// tcpdump 4.99.3 prints of them: after each ### a file and the flags.
func TestMoreProtocolsArePrintedAsTcpdumpPrintsThem(t *testing.T) {
	text, err := os.ReadFile("testdata/more/printed.txt")
	require.NoError(t, err)
	parts := strings.Split("\n"+string(text), "\n### ")[1:]
	require.Greater(t, len(parts), 100)
	for _, part := range parts {
		head, want, _ := strings.Cut(part, "\n")
		t.Run(head, func(t *testing.T) {
			name, args, _ := strings.Cut(head, " ")
			packets, link := read(t, filepath.Join("testdata/more", name))
			p := New(Options{LinkType: link, Times: 1, Verbose: strings.Count(args, "v"), Link: strings.Contains(args, "e")})
			var got []byte
			for _, packet := range packets {
				got = p.Append(got, packet)
			}
			if g, w := strings.TrimSuffix(string(got), "\n"), strings.TrimSuffix(want, "\n"); g != w {
				t.Error(firstDifference(g, w))
			}
		})
	}
}

// applicationCaptures are those of testdata whose packets carry more than TCP
// and UDP.
var applicationCaptures = []string{
	"pcap/dns-*.pcap", "pcap/up-dns*.pcap", "pcap/bgp-*.pcap", "pcap/up-bgp*.pcap", "pcap/dhcp.pcap", "pcap/gre.pcap", "pcap/geneve.pcap",
	"pcap/vxlan.pcap", "pcap/tcp-http.pcap", "more/*.pcap",
}

func applicationPackets(t testing.TB, link int) (packets []pcap.Packet) {
	for _, pattern := range applicationCaptures {
		paths, err := filepath.Glob(filepath.Join("testdata", pattern))
		require.NoError(t, err)
		for _, path := range paths {
			read, l := read(t, path)
			for _, p := range read {
				if l == link && len(p.Data) > 43 && len(p.Data) < 2000 && p.OrigLen < 2000 {
					packets = append(packets, p)
				}
			}
		}
	}
	return packets
}

// TestDamagedApplicationsEqualTcpdump damages packets behind their headers and
// compares with the tcpdump on this machine.
func TestDamagedApplicationsEqualTcpdump(t *testing.T) {
	tool, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed")
	}
	if version, _ := exec.Command(tool, "--version").CombinedOutput(); !bytes.HasPrefix(version, []byte("tcpdump version 4.99.3")) {
		t.Skip("another version of tcpdump is installed")
	}
	from := applicationPackets(t, pcap.LinkEthernet)
	random := rand.New(rand.NewPCG(4, 99))
	var packets []pcap.Packet
	for range 4000 {
		p := from[random.IntN(len(from))]
		p.Data = bytes.Clone(p.Data)
		for range random.IntN(4) {
			p.Data[42+random.IntN(len(p.Data)-42)] = [...]byte{0, 1, 0xff, 0x80, 0xc0, byte(random.Uint32())}[random.IntN(6)]
		}
		if random.IntN(2) == 0 {
			p.Data = p.Data[:42+random.IntN(len(p.Data)-42)]
		}
		p.OrigLen = max(p.OrigLen, len(p.Data))
		packets = append(packets, p)
	}
	for _, c := range []struct {
		flags string
		Options
	}{
		{"-p", Options{}}, // -p changes no text
		{"-vvv", Options{Verbose: 3}},
		{"-ev", Options{Verbose: 1, Link: true}},
	} {
		t.Run(c.flags, func(t *testing.T) {
			want := realLines(t, tool, pcap.LinkEthernet, packets, c.flags)
			p := Printer{Options: c.Options}
			compared := 0
			for i, packet := range packets {
				got := string(p.AppendLine(nil, pcap.LinkEthernet, packet.Data, packet.OrigLen)) + "\n"
				if strings.Contains(got, "not modelled") {
					continue
				}
				compared++
				if got != want[i] {
					t.Errorf("% x\n got %s\nwant %s", packet.Data, got, want[i])
				}
			}
			require.Greater(t, compared, len(packets)*9/10)
		})
	}
}

func TestPrintingApplicationsAllocatesNothing(t *testing.T) {
	for _, verbose := range []int{0, 1, 2} {
		var packets []pcap.Packet
		for _, name := range []string{"dns-k8s", "dns-types", "bgp-session", "bgp-update", "dhcp", "gre", "geneve", "vxlan", "tcp-http"} {
			read, link := read(t, filepath.Join("testdata/pcap", name+".pcap"))
			require.Equal(t, pcap.LinkEthernet, link)
			packets = append(packets, read...)
		}
		p := New(Options{LinkType: pcap.LinkEthernet, Verbose: verbose})
		var buf []byte
		for _, packet := range packets { // connections are remembered once
			buf = p.Append(buf[:0], packet)
		}
		require.Zero(t, testing.AllocsPerRun(20, func() {
			for _, packet := range packets {
				buf = p.Append(buf[:0], packet)
			}
		}), "-v %d times", verbose)
	}
}

// applicationPorts are those behind which something is decoded.
var applicationPorts = []uint16{
	21, 22, 23, 25, 43, 53, 67, 69, 80, 123, 161, 179, 1723, 6379,
	514, 520, 521, 546, 554, 1985, 3784, 3785, 4789, 4790, 5060, 5353, 6081, 6635, 8472, 10288, 49152,
}

// applicationFrame puts data into a UDP datagram or, with the highest bit of
// kind, into a TCP segment, both from a port that kind picks.
func applicationFrame(kind byte, data []byte) []byte {
	tcp := kind&0x80 != 0
	port := applicationPorts[int(kind&0x7f)%len(applicationPorts)]
	header := []byte{0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}
	transport := binary.BigEndian.AppendUint16(nil, port)
	transport = binary.BigEndian.AppendUint16(transport, 40000)
	if tcp {
		header[9] = 6
		transport = append(transport, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0)
	} else {
		transport = binary.BigEndian.AppendUint16(transport, uint16(8+len(data)))
		transport = append(transport, 0, 0)
	}
	binary.BigEndian.PutUint16(header[2:], uint16(len(header)+len(transport)+len(data)))
	return append(append(header, transport...), data...)
}

func FuzzApplications(f *testing.F) {
	for _, p := range applicationPackets(f, pcap.LinkEthernet) {
		const ethernet, ip, udp = 14, 20, 8
		header := ethernet + ip + udp
		isTCP := p.Data[23] == 6
		if isTCP {
			header = ethernet + ip + int(p.Data[46]>>4)*4
		}
		if header > len(p.Data) {
			continue
		}
		for i, port := range applicationPorts {
			if binary.BigEndian.Uint16(p.Data[34:]) == port || binary.BigEndian.Uint16(p.Data[36:]) == port {
				kind := byte(i)
				if isTCP {
					kind |= 0x80
				}
				f.Add(kind, byte(2), p.Data[header:])
			}
		}
	}
	for _, proto := range []byte{47, 4, 41} { // straight behind IP
		f.Add(byte(0), byte(1), []byte{0x45, 0, 0, 40, 0, 0, 0, 0, 1, proto, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0x20, 1, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0xff, 3, 0xc0, 0x21})
	}
	f.Fuzz(func(t *testing.T, kind, verbose byte, data []byte) {
		if len(data) > 2000 {
			return
		}
		for _, c := range []struct {
			link  int
			frame []byte
		}{{pcap.LinkRaw, applicationFrame(kind, data)}, {pcap.LinkRaw, data}, {linkPPP, data}} {
			opt := Options{LinkType: c.link, Verbose: int(verbose % 4), Link: verbose&4 != 0, ASDot: verbose&8 != 0, HexASCII: int(verbose >> 7)}
			out := New(opt).Append(nil, pcap.Packet{Time: 1, Data: c.frame, OrigLen: len(c.frame) + int(verbose>>4&1)})
			if len(out) > 400*len(c.frame)+10000 {
				t.Fatalf("%d bytes are printed of %d", len(out), len(c.frame))
			}
		}
	})
}

func BenchmarkApplications(b *testing.B) {
	for _, name := range []string{"dns-k8s", "dhcp", "vxlan", "bgp-session"} {
		for _, verbose := range []int{0, 2} {
			b.Run(fmt.Sprintf("%s/v=%d", name, verbose), func(b *testing.B) {
				packets, link := read(b, filepath.Join("testdata/pcap", name+".pcap"))
				p := New(Options{LinkType: link, Verbose: verbose})
				var buf []byte
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					buf = p.Append(buf[:0], packets[i%len(packets)])
				}
			})
		}
	}
}
