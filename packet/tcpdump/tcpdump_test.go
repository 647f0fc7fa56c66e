package tcpdump

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

// tunnel is a capture of a ping through IPIP.
const tunnel = "testdata/pcap/ipip-echo.pcap"

func TestStatelessLineShowsAbsoluteSequenceNumbers(t *testing.T) {
	packets, link := read(t, "testdata/pcap/tcp-http.pcap")
	third := packets[2]
	require.Equal(t,
		"IP 192.168.77.66.43622 > 192.168.166.130.80: Flags [.], ack 1278424467, win 502, options [nop,nop,TS val 2413386155 ecr 2092057426], length 0",
		string(AppendLine(nil, link, third.Data, Options{})))

	var p Printer
	var last []byte
	for _, packet := range packets[:3] {
		last = p.AppendLine(nil, link, packet.Data, packet.OrigLen)
	}
	require.Contains(t, string(last), "ack 1,")
}

func TestAppendLineKeepsWhatWasThere(t *testing.T) {
	packets, link := read(t, tunnel)
	line := AppendLine([]byte("0.000000 "), link, packets[0].Data, Options{})
	require.Equal(t, "0.000000 IP 172.16.0.11 > 172.16.0.12: IP 192.168.77.66 > 192.168.166.130: ICMP echo request, id 17, seq 1, length 64", string(line))
}

func TestAnyPrefixIsPaddedLikeCookedV2(t *testing.T) {
	for _, c := range []struct{ dev, dir, want string }{
		{"ens5", "Out", "ens5  Out "},
		{"tunl0", "In", "tunl0 In  "},
		{"calice0906292e2", "B", "calice0906292e2 B   "},
	} {
		require.Equal(t, c.want, string(AppendAny(nil, c.dev, c.dir)))
	}
}

func TestWhatIsNotModelledSaysSo(t *testing.T) {
	packets, link := read(t, tunnel)
	frame := bytes.Clone(packets[0].Data)
	frame[14+9] = protoPGM
	require.Equal(t, "IP 172.16.0.11 > 172.16.0.12: [not modelled: PGM]", string(AppendLine(nil, link, frame, Options{})))
	require.Equal(t, "[not modelled: token ring]", string(AppendLine(nil, 6, frame, Options{})))
}

func TestPrintingAllocatesNothing(t *testing.T) {
	for _, name := range []string{"ipip-echo", "icmp-unreach-ports", "tcp-http", "udp-basic", "arp-basic", "ip-options"} {
		packets, link := read(t, "testdata/pcap/"+name+".pcap")
		for _, opt := range []Options{{}, {Link: true}, {Verbose: 2}} {
			p := Printer{Options: opt}
			buf := make([]byte, 0, 64<<10)
			all := func() {
				for _, packet := range packets {
					buf = p.AppendLine(buf[:0], link, packet.Data, packet.OrigLen)
				}
			}
			all() // remember the connections
			if n := testing.AllocsPerRun(100, all); n != 0 {
				t.Errorf("%s with %+v: %v allocations", name, opt, n)
			}
		}
	}
}

func BenchmarkAppendLine(b *testing.B) {
	packets, link := read(b, tunnel)
	frame := packets[0].Data
	buf := make([]byte, 0, 1024)
	b.Run("hoplab", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = AppendLine(buf[:0], link, frame, Options{})
		}
	})
	b.Run("fmt", func(b *testing.B) {
		addr := func(at int) string {
			return fmt.Sprintf("%d.%d.%d.%d", frame[at], frame[at+1], frame[at+2], frame[at+3])
		}
		b.ReportAllocs()
		for b.Loop() {
			buf = fmt.Appendf(buf[:0], "IP %s > %s: IP %s > %s: ICMP echo %s, id %d, seq %d, length %d", addr(26), addr(30), addr(46), addr(50), "request",
				binary.BigEndian.Uint16(frame[58:]), binary.BigEndian.Uint16(frame[60:]), 64)
		}
	})
}

func FuzzAppendLine(f *testing.F) {
	paths, err := filepath.Glob("testdata/pcap/*.pcap")
	require.NoError(f, err)
	for _, path := range paths {
		packets, link := read(f, path)
		for i, p := range packets {
			if i%8 == 0 {
				f.Add(link == pcap.LinkRaw, uint8(i), p.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw bool, flags uint8, frame []byte) {
		link := pcap.LinkEthernet
		if raw {
			link = pcap.LinkRaw
		}
		p := Printer{Options: Options{Verbose: int(flags & 3), Link: flags&4 != 0, Quiet: flags&8 != 0, NoChecksums: flags&16 != 0}}
		line := p.AppendLine(nil, link, frame, len(frame)+int(flags>>5))
		if len(line) == 0 {
			t.Error("nothing was printed")
		}
		for _, b := range line {
			if b >= 0x7f || b < ' ' && b != '\n' && b != '\t' {
				t.Fatalf("byte %#x in %q", b, line)
			}
		}
	})
}
