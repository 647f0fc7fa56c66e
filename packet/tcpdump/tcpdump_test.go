package tcpdump

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
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

// TestNFSIsAnnounced changes the ports and data of recorded packets: what calls
// NFS or comes from it, by UDP and behind the record mark of TCP.
func TestNFSIsAnnounced(t *testing.T) {
	const ports, udpData, tcpData = 34, 42, 66
	udp, link := read(t, "testdata/pcap/udp-basic.pcap")
	datagram := func(src, dst uint16, kind byte) string {
		frame := bytes.Clone(udp[4].Data)
		binary.BigEndian.PutUint32(frame[ports:], uint32(src)<<16|uint32(dst))
		copy(frame[udpData:], []byte{0, 0, 0, 9, 0, 0, 0, kind})
		return strings.SplitN(string(AppendLine(nil, link, frame, Options{})), ": ", 2)[1]
	}
	require.Equal(t, "NFS request xid 9 100 [not modelled: NFS]", datagram(700, portNFS, rpcCall))
	require.Equal(t, "NFS reply xid 9 [not modelled: NFS]", datagram(portNFS, 700, rpcReply))
	require.Equal(t, "UDP, length 100", datagram(portNFS, 700, rpcCall))
	require.Equal(t, "UDP, length 100", datagram(700, portNFS, rpcReply))
	require.Equal(t, "UDP, length 100", datagram(700, 800, rpcCall))

	tcp, link := read(t, "testdata/pcap/tcp-http.pcap")
	frame := bytes.Clone(tcp[3].Data)
	binary.BigEndian.PutUint16(frame[ports+2:], portNFS)
	copy(frame[tcpData:], []byte{0x80, 0, 0, 10, 0, 0, 0, 9, 0, 0, 0, rpcCall})
	require.Contains(t, string(AppendLine(nil, link, frame, Options{})), ": NFS request xid 9 10 [not modelled: NFS]")
}

func TestPrintingAllocatesNothing(t *testing.T) {
	for _, name := range []string{
		"ipip-echo", "icmp-unreach-ports", "tcp-http", "tcp-v6", "udp-basic", "arp-basic", "ip-options", "icmp6-nd", "ipv6-headers", "igmp", "sctp",
		"eth-vlan", "sll2-any", "vxlan", "gre", "dlt-null",
	} {
		packets, link := read(t, "testdata/pcap/"+name+".pcap")
		for _, opt := range []Options{{}, {Link: true}, {Verbose: 2}, {HexASCII: 1, Times: 4}} {
			opt.LinkType = link
			p := New(opt)
			buf := make([]byte, 0, 64<<10)
			all := func() {
				for _, packet := range packets {
					buf = p.Append(buf[:0], packet)
				}
			}
			all() // remember the connections
			if n := testing.AllocsPerRun(20, all); n != 0 {
				t.Errorf("%s with %+v: %v allocations", name, opt, n)
			}
		}
	}
}

// TestReadersOfNamesSeeNames prints what a machine's files tell instead of
// numbers.
func TestReadersOfNamesSeeNames(t *testing.T) {
	packets, link := read(t, "testdata/pcap/tcp-http.pcap")
	names := &Names{
		Host: func(a netip.Addr) string {
			if a == netip.MustParseAddr("192.168.166.130") {
				return "web.default.svc"
			}
			return ""
		},
		Ether: func(a [6]byte) string { return "station" },
	}
	require.Equal(t, "IP 192.168.77.66.43622 > web.default.svc.http: Flags [.], ack 1278424467, win 502, options [nop,nop,TS val 2413386155 ecr 2092057426], length 0",
		string(AppendLine(nil, link, packets[2].Data, Options{Names: names})))
	names.Short = true
	require.Contains(t, string(AppendLine(nil, link, packets[2].Data, Options{Names: names, Link: true})), "station > station, ethertype IPv4 (0x0800), length 66: 192.168.77.66.43622 > web.http: ")
	names.Service = func(port uint16, proto string) string { return fmt.Sprintf("%s-%d", proto, port) }
	require.Contains(t, string(AppendLine(nil, link, packets[2].Data, Options{Names: names})), "192.168.77.66.tcp-43622 > web.tcp-80: ")
}

// BenchmarkAppend compares the lines with the same made by package fmt, whose
// writer knows beforehand what the packet is.
func BenchmarkAppend(b *testing.B) {
	addr := func(frame []byte, at int) string {
		return fmt.Sprintf("%d.%d.%d.%d", frame[at], frame[at+1], frame[at+2], frame[at+3])
	}
	u16, u32 := binary.BigEndian.Uint16, binary.BigEndian.Uint32
	for _, c := range []struct {
		name, file string
		packet     int
		made       func(dst, frame []byte) []byte // the same with package fmt
	}{
		{"ICMP", "icmp-echo-sizes", 0, func(dst, f []byte) []byte {
			return fmt.Appendf(dst, "IP %s > %s: ICMP echo %s, id %d, seq %d, length %d\n", addr(f, 26), addr(f, 30), "request", u16(f[38:]), u16(f[40:]), u16(f[16:])-20)
		}},
		{"IPIP", "ipip-echo", 0, func(dst, f []byte) []byte {
			return fmt.Appendf(dst, "IP %s > %s: IP %s > %s: ICMP echo %s, id %d, seq %d, length %d\n", addr(f, 26), addr(f, 30), addr(f, 46), addr(f, 50), "request",
				u16(f[58:]), u16(f[60:]), u16(f[36:])-20)
		}},
		{"TCP", "tcp-http", 2, func(dst, f []byte) []byte {
			const start = 1278424466 // of the connection
			return fmt.Appendf(dst, "IP %s.%d > %s.%d: Flags [%s], ack %d, win %d, options [nop,nop,TS val %d ecr %d], length %d\n",
				addr(f, 26), u16(f[34:]), addr(f, 30), u16(f[36:]), ".", u32(f[42:])-start, u16(f[48:]), u32(f[58:]), u32(f[62:]), u16(f[16:])-52)
		}},
		{"UDP", "udp-basic", 4, func(dst, f []byte) []byte {
			return fmt.Appendf(dst, "IP %s.%d > %s.%d: UDP, length %d\n", addr(f, 26), u16(f[34:]), addr(f, 30), u16(f[36:]), u16(f[38:])-8)
		}},
		{"ARP", "arp-basic", 0, func(dst, f []byte) []byte {
			return fmt.Appendf(dst, "ARP, Request who-has %s tell %s, length %d\n", addr(f, 38), addr(f, 28), len(f)-14)
		}},
	} {
		packets, link := read(b, "testdata/pcap/"+c.file+".pcap")
		buf := make([]byte, 0, 1024)
		p := New(Options{LinkType: link, Times: 1})
		for _, packet := range packets[:c.packet+1] {
			buf = p.Append(buf[:0], packet)
		}
		require.Equal(b, string(c.made(nil, packets[c.packet].Data)), string(buf))
		b.Run(c.name+"/hoplab", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = p.Append(buf[:0], packets[c.packet])
			}
		})
		b.Run(c.name+"/fmt", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = c.made(buf[:0], packets[c.packet].Data)
			}
		})
	}
}

// fuzzedLinks are the link types that the fuzzer chooses from.
var fuzzedLinks = [...]int{pcap.LinkEthernet, pcap.LinkRaw, pcap.LinkLinuxSLL, pcap.LinkLinuxSLL2, linkNull, linkPPP, linkPPPSerial, linkCiscoHDLC, linkFrameRelay, linkSLIP, linkPKTAP}

func FuzzAppend(f *testing.F) {
	paths, err := filepath.Glob("testdata/pcap/*.pcap*")
	require.NoError(f, err)
	for _, path := range paths {
		packets, link := read(f, path)
		for i, p := range packets {
			if which := slices.Index(fuzzedLinks[:], link); which >= 0 && i%8 == 0 {
				f.Add(uint8(which), uint16(i), p.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, link uint8, flags uint16, frame []byte) {
		opt := Options{
			LinkType: fuzzedLinks[int(link)%len(fuzzedLinks)], Verbose: int(flags & 3), Link: flags&4 != 0, Quiet: flags&8 != 0, NoChecksums: flags&16 != 0,
			Times: int(flags >> 5 & 7), Number: flags>>8&1 != 0, ASCII: int(flags >> 9 & 1), HexASCII: int(flags >> 10 & 1),
		}
		if flags>>11&1 != 0 {
			opt.Names = &Names{}
		}
		length := len(frame) + int(flags>>12)
		p := New(opt)
		line := p.AppendLine(nil, opt.LinkType, frame, length)
		if len(line) == 0 && len(frame) == 0 {
			t.Error("nothing was printed")
		}
		// Names of DNS make the most of their bytes: two point to 255.
		if most := 4096 + 512*len(frame); len(line) > most {
			t.Errorf("%d bytes of text for %d", len(line), len(frame))
		}
		for _, b := range line {
			if b >= 0x7f || b < ' ' && b != '\n' && b != '\t' {
				t.Fatalf("byte %#x in %q", b, line)
			}
		}
		all := p.Append(nil, pcap.Packet{Data: frame, OrigLen: length, Time: int64(flags) * 1e15})
		if all[len(all)-1] != '\n' {
			t.Errorf("no newline behind %q", all)
		}
	})
}
