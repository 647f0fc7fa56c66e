package filter

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

func read(t testing.TB, path string) (packets []pcap.Packet, link int) {
	t.Helper()
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	r, err := pcap.NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	for {
		p, err := r.Next()
		if err == io.EOF {
			return packets, r.Interfaces()[0].LinkType
		}
		require.NoError(t, err)
		p.Data = bytes.Clone(p.Data)
		packets = append(packets, p)
	}
}

// matches returns the numbers, counted from 1, of the packets that match.
func matches(f *Filter, packets []pcap.Packet) []int {
	numbers := []int{}
	for i, p := range packets {
		if f.MatchLength(p.Data, p.OrigLen) {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

// recorded is one run of tcpdump 4.99.3 with a filter: testdata/cases.json.
type recorded struct {
	ID      string `json:"id"`
	Pcap    string `json:"pcap"`
	Expr    string `json:"expr"`
	Packets []int  `json:"packets"`
	Error   string `json:"error"` // what tcpdump said
}

func TestRecordedFiltersMatchTheSamePackets(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("testdata", "cases.json"))
	require.NoError(t, err)
	var cases []recorded
	require.NoError(t, json.Unmarshal(file, &cases))
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			packets, link := read(t, filepath.Join("testdata", c.Pcap))
			f, err := Compile(c.Expr, link)
			var e *Error
			switch {
			case c.Error != "":
				require.ErrorAs(t, err, &e)
				require.Equal(t, c.Error, e.Text)
			default:
				require.NoError(t, err)
				require.Equal(t, append([]int{}, c.Packets...), matches(f, packets), c.Expr)
			}
		})
	}
}

// Beside the recorded ones: precedence, inheritance, arithmetic, odd spellings.
var compared = [...]string{
	"",
	"icmp or tcp and port 80",
	"tcp and port 80 or icmp",
	"not tcp and not udp",
	"not (tcp or udp)",
	"not tcp or udp",
	"! tcp && ! udp",
	"host 172.16.0.11 or 172.16.0.12 and not arp",
	"src 172.16.0.11 or 172.16.0.12",
	"src host 172.16.0.11 or dst host 192.168.166.130",
	"tcp port 80 or 179",
	"tcp port (80 or 179)",
	"tcp port 80 or 179 or 53",
	"port 53 or 80 and host 192.168.77.66",
	"not port 80 or 179",
	"tcp port not 80",
	"udp port 53 or tcp port 53 or icmp",
	"port http or domain",
	"src port 80 or dst port 80",
	"src and dst port 80",
	"dst portrange 1-1023",
	"portrange 1023-1",
	"tcp portrange http-bgp",
	"net 172.16.0.0/12",
	"net 192.168",
	"src net 192.168.77",
	"not net 172.16",
	"dst net 172.16.0.0 mask 255.255.0.0",
	"host 172.16.0.11 and (tcp or icmp)",
	"ip host 172.16.0.11 and not ip host 172.16.0.12",
	"ip and not proto 4",
	"ip proto \\udp or \\icmp",
	"ip proto (1 or 6)",
	"proto 17",
	"proto gre",
	"ip6 and tcp",
	"ip6 proto 17",
	"ip6 host fd00:10:244::a and not icmp6",
	"dst net fd00:10:244:1::/64",
	"tcp[13] = 0x02",
	"tcp[13] & 0x12 = 0x12",
	"tcp[tcpflags] & (tcp-syn|tcp-ack|tcp-fin) != 0",
	"tcp[tcpflags] = tcp-syn or tcp[tcpflags] = tcp-syn|tcp-ack",
	"not tcp[tcpflags] & tcp-syn != 0",
	"tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
	"ip[2:2] - ((ip[0] & 0xf) << 2) > 64",
	"ip[2:2] - (ip[0] & 0xf) * 4 - 8 = 56",
	"ip[8] % 2 = 1",
	"ip[8] ^ 64 = 0",
	"ip[6:2] & 0x4000 != 0 and ip[6:2] & 0x1fff = 0",
	"ip[12:4] = ip[16:4]",
	"ip[16] >= 224",
	"100 < ip[2:2]",
	"len > 60 and len <= 100",
	"less 100",
	"greater 1000",
	"length = 98",
	"icmp[icmptype] = icmp-echo or icmp[icmptype] = icmp-echoreply",
	"icmp[icmptype] == 3 && icmp[icmpcode] == 3",
	"icmp[8] = 0x45",
	"udp[0:2] = 53 or udp[2:2] = 53",
	"udp[200] = 0",
	"not udp[200] = 0",
	"icmp or udp[200] = 0",
	"udp[200] = 0 or icmp",
	"ip[1000] = 1 or arp",
	"1 = 1 and arp or ip6",
	"(((icmp)))",
	"(icmp or arp) and (host 172.16.0.11 or net 10)",
	"ip[0] / 16 = 4",
	"-1 > 5 and udp",
	"ip[8] - 65 = -1",
}

var comparedEthernet = [...]string{
	"ether host 0a:1b:2c:00:00:0c",
	"ether src 0a-1b-2c-00-00-0b and not ip",
	"ether dst ff:ff:ff:ff:ff:ff or icmp",
	"ether broadcast or ip multicast",
	"ether multicast and not broadcast",
	"ether proto 0x86dd",
	"ether proto \\arp or \\ip",
	"ether[12:2] = 0x806",
	"ether[14] & 0xf0 = 0x60",
	"arp[6:2] = 1 and arp[24:4] = 0xac10000c",
	"arp host 172.16.0.12",
	"arp net 172.16",
	"not ip and not arp",
	"link[0] & 1 != 0",
}

func TestTcpdumpSelectsTheSamePackets(t *testing.T) {
	tool, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed")
	}
	for _, name := range []string{"f-eth.pcap", "f-raw.pcap", "f-sll2.pcap"} {
		path := filepath.Join("testdata", "pcap", name)
		packets, link := read(t, path)
		exprs := compared[:]
		if link == pcap.LinkEthernet {
			exprs = append(append([]string{}, exprs...), comparedEthernet[:]...)
		}
		for _, expr := range exprs {
			t.Run(name+" "+expr, func(t *testing.T) {
				f, err := Compile(expr, link)
				require.NoError(t, err)
				require.Equal(t, tcpdump(t, tool, path, expr, packets), matches(f, packets))
			})
		}
	}
}

// tcpdump returns the numbers of the packets that the real one selects. Its
// -w output keeps their bytes; in these files they and their times are unique.
func tcpdump(t *testing.T, tool, path, expr string, packets []pcap.Packet) []int {
	t.Helper()
	out, err := exec.Command(tool, "-r", path, "-w", "-", "--", expr).Output()
	require.NoError(t, err)
	r, err := pcap.NewReader(bytes.NewReader(out))
	require.NoError(t, err)
	numbers, at := []int{}, 0
	for {
		p, err := r.Next()
		if err == io.EOF {
			return numbers
		}
		require.NoError(t, err)
		for packets[at].Time != p.Time || !bytes.Equal(packets[at].Data, p.Data) {
			at++
		}
		at++
		numbers = append(numbers, at)
	}
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	const syntax = "can't parse filter expression: syntax error"
	for _, c := range []struct {
		expr, near, text string
		link             int
	}{
		{"icmp or or tcp", "or", syntax, pcap.LinkEthernet},
		{"tcp port", "", syntax, pcap.LinkEthernet},
		{"host web-1", "web-1", "unknown host 'web-1'", pcap.LinkEthernet},
		{"port 99999", "99999", "illegal port number 99999 > 65535", pcap.LinkEthernet},
		{"net 10.0.0.0/33", "33", "mask length must be <= 32", pcap.LinkEthernet},
		{"net 10.0.0.1/8", "10.0.0.1", `non-network bits set in "10.0.0.1/8"`, pcap.LinkEthernet},
		{"tcp[0:3] = 1", "3", "data size must be 1, 2, or 4", pcap.LinkEthernet},
		{"ip[0] / 0 = 1", "/", "division by zero", pcap.LinkEthernet},
		{"(icmp", "", syntax, pcap.LinkEthernet},
		{"icmp)", ")", syntax, pcap.LinkEthernet},
		{"80", "", syntax, pcap.LinkEthernet},
		{"icmp or 80", "80", "syntax error in filter expression", pcap.LinkEthernet},
		{"port (80 or icmp)", "icmp", syntax, pcap.LinkEthernet},
		{"icmp @ tcp", "@", syntax, pcap.LinkEthernet},
		{"port 09", "09", "number 09 contains non-octal digit", pcap.LinkEthernet},
		{"ether host 0a:1b:2c", "0a:1b:", "bogus ethernet address 0a:1b:", pcap.LinkEthernet},
		{"vlan 5000", "5000", "VLAN tag 5000 greater than maximum 4095", pcap.LinkEthernet},
		{"tcp and ip6 broadcast", "broadcast", "only link-layer/IP broadcast filters supported", pcap.LinkEthernet},
		{"gateway router", "router", "'gateway' not supported in this configuration", pcap.LinkEthernet},
		{"ip and arp", "", "expression rejects all packets", pcap.LinkEthernet},
		{"arp", "", "expression rejects all packets", pcap.LinkRaw},
		{"icmp and ether host 0a:1b:2c:00:00:0b", "0a:1b:2c:00:00:0b",
			"ethernet addresses supported only on ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel", pcap.LinkRaw},
		{"inbound", "inbound", "inbound/outbound not supported on Raw IP when reading savefiles", pcap.LinkRaw},
		{"icmp", "icmp", "not modelled: filters for link type 147 (DLT 147)", 147},
		{strings.Repeat("(", 2000) + "icmp" + strings.Repeat(")", 2000), "(", "can't parse filter expression: memory exhausted", pcap.LinkEthernet},
		{strings.Repeat("not ", 2000) + "icmp", "not", "can't parse filter expression: memory exhausted", pcap.LinkEthernet},
	} {
		_, err := Compile(c.expr, c.link)
		var e *Error
		require.ErrorAs(t, err, &e, "%.40s", c.expr)
		require.Equal(t, c.text, e.Text, "%.40s", c.expr)
		require.Equal(t, c.near, c.expr[e.Offset:e.Offset+e.Length], "%.40s", c.expr)
	}
	_, err := Compile("tcp port", pcap.LinkEthernet)
	require.EqualError(t, err, `column 9, at "end of expression": can't parse filter expression: syntax error`)
}

func TestShortFramesAreRejectedWithoutPanic(t *testing.T) {
	packets, link := read(t, filepath.Join("testdata", "pcap", "f-eth.pcap"))
	for _, expr := range append(compared[1:], comparedEthernet[:]...) {
		f, err := Compile(expr, link)
		require.NoError(t, err)
		for _, p := range packets[:20] {
			for n := range p.Data {
				f.MatchLength(p.Data[:n], p.OrigLen)
			}
		}
	}
	// Whatever stands around it, a test outside the captured bytes rejects.
	f, err := Compile("not tcp", link)
	require.NoError(t, err)
	require.False(t, f.Match(make([]byte, 13)))
	require.True(t, f.Match(make([]byte, 14)))
}

func TestMatchAllocatesNothing(t *testing.T) {
	packets, link := read(t, filepath.Join("testdata", "pcap", "f-eth.pcap"))
	for _, expr := range compared {
		f, err := Compile(expr, link)
		require.NoError(t, err)
		if n := testing.AllocsPerRun(10, func() { matchAll(f, packets) }); n != 0 {
			t.Errorf("%s: %v allocations", expr, n)
		}
	}
}

func matchAll(f *Filter, packets []pcap.Packet) (n int) {
	for _, p := range packets {
		if f.Match(p.Data) {
			n++
		}
	}
	return n
}

func BenchmarkMatch(b *testing.B) {
	packets, link := read(b, filepath.Join("testdata", "pcap", "f-eth.pcap"))
	for _, expr := range []string{"icmp", "ip proto 4 and dst 192.168.10.102", "tcp port 80", "tcp[tcpflags] & tcp-syn != 0"} {
		b.Run(expr, func(b *testing.B) {
			f, err := Compile(expr, link)
			require.NoError(b, err)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				f.Match(packets[i%len(packets)].Data)
				i++
			}
		})
	}
}

func FuzzCompile(f *testing.F) {
	for _, expr := range compared {
		f.Add(expr)
	}
	for _, expr := range comparedEthernet {
		f.Add(expr)
	}
	packets, _ := read(f, filepath.Join("testdata", "pcap", "f-eth.pcap"))
	f.Fuzz(func(t *testing.T, expr string) {
		for _, link := range []int{pcap.LinkEthernet, pcap.LinkRaw, pcap.LinkLinuxSLL2} {
			filter, err := Compile(expr, link)
			if err != nil {
				var e *Error
				if !errors.As(err, &e) || e.Offset < 0 || e.Offset+e.Length > len(expr) {
					t.Fatalf("%q: %v", expr, err)
				}
				continue
			}
			matchAll(filter, packets[:10])
		}
	})
}
