package filter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
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
		{"ether host 0:0:0:0:0:1", "0:0:0:0:0:1", "not modelled: filters for link type 105 (802.11)", 105},
		{"tcp port or", "or", syntax, 105},
		{"icmp", "", "unknown data link type 5 (min 104, max 289)", 5},
	} {
		_, err := Compile(c.expr, c.link)
		var e *Error
		require.ErrorAs(t, err, &e, "%.40s", c.expr)
		require.Equal(t, c.text, e.Text, "%.40s", c.expr)
		require.Equal(t, c.near, c.expr[e.Offset:e.Offset+e.Length], "%.40s", c.expr)
	}
	_, err := Compile("", 105)
	require.NoError(t, err)
	_, err = Compile("link[4] = 7 and len > 100", 105)
	require.NoError(t, err)
	_, err = Compile("tcp port", pcap.LinkEthernet)
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

func TestChainOfHeadersThatTurnsInACircleEnds(t *testing.T) {
	f, err := Compile("ip protochain 6", pcap.LinkRaw)
	require.NoError(t, err)
	p := make([]byte, 64)
	p[0], p[9] = 0x45, protoAH
	p[20], p[21] = protoAH, 3 // the next header is computed to be at 4 * (3 + 2): itself
	require.False(t, f.Match(p))
}

func TestOnAnInterfaceDirectionAndNumberAreKnown(t *testing.T) {
	frame := make([]byte, 60)
	for _, c := range []struct {
		expr string
		p    Packet
		want bool
	}{
		{"outbound", Packet{Data: frame, Outgoing: true}, true},
		{"outbound", Packet{Data: frame}, false},
		{"inbound", Packet{Data: frame}, true},
		{"ifindex 7", Packet{Data: frame, IfIndex: 7}, true},
		{"ifindex 7", Packet{Data: frame, IfIndex: 3}, false},
		{"not vlan", Packet{Data: frame}, true},
	} {
		f, err := Options{LinkType: pcap.LinkEthernet, Live: true}.Compile(c.expr)
		require.NoError(t, err)
		require.Equal(t, c.want, f.MatchPacket(&c.p), c.expr)
	}
}

// TestBroadcastsOfTheInterfacesNetwork has what "tcpdump -f -d" printed on
// interfaces with such addresses.
func TestBroadcastsOfTheInterfacesNetwork(t *testing.T) {
	for length, host := range map[int]string{8: "0xffffff00", 20: "0xff0f0000", 24: "0xff000000"} {
		f, err := Options{LinkType: pcap.LinkEthernet, Netmask: Netmask(length)}.Compile("ip broadcast")
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(`(000) ldh      [12]
(001) jeq      #0x800           jt 2	jf 7
(002) ld       [30]
(003) jset     #HOST      jt 4	jf 6
(004) and      #HOST
(005) jeq      #HOST      jt 6	jf 7
(006) ret      #262144
(007) ret      #0
`, "HOST", host), f.String())
	}
	_, err := Options{LinkType: pcap.LinkEthernet, Netmask: Netmask(32)}.Compile("ip broadcast")
	require.ErrorContains(t, err, "netmask not known, so 'ip broadcast' not supported")
	require.Zero(t, Netmask(0))
}

func TestCrossingsHaveADirectionButNoNumber(t *testing.T) {
	frame := make([]byte, 60)
	in, err := CompileCrossing("inbound", pcap.LinkRaw)
	require.NoError(t, err)
	require.True(t, in.MatchCrossing(frame, false))
	require.False(t, in.MatchCrossing(frame, true))
	_, err = CompileCrossing("ifindex 2", pcap.LinkRaw)
	require.ErrorContains(t, err, "not modelled: ifindex")
	_, err = Compile("inbound", pcap.LinkRaw)
	require.ErrorContains(t, err, "inbound/outbound not supported on Raw IP when reading savefiles")
}

func TestGeneveLeadsToTheInnerHeaders(t *testing.T) {
	inner := append(make([]byte, 12), 8, 0, 0x45)
	inner = append(inner, make([]byte, 19)...)
	inner[14+9] = protoTCP
	geneve := append([]byte{0, 0, 0x65, 0x58, 0, 0, 7, 0}, inner...)
	udp := append([]byte{0x12, 0x34, genevePort >> 8, genevePort & 0xff, 0, 0, 0, 0}, geneve...)
	ip := append([]byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, protoUDP, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, udp...)
	frame := append(append(make([]byte, 12), 8, 0), ip...)
	for expr, want := range map[string]bool{"geneve": true, "geneve 7": true, "geneve 8": false, "geneve and tcp": true, "geneve and udp": false, "udp": true, "tcp": false} {
		f, err := Compile(expr, pcap.LinkEthernet)
		require.NoError(t, err)
		require.Equal(t, want, f.Match(frame), expr)
	}
}

// The depths are those at which libpcap's parser gives up.
func TestDeepExpressionsEndWhereLibpcapsDo(t *testing.T) {
	again := strings.Repeat
	for name, c := range map[string]struct {
		most int
		expr func(n int) string
	}{
		"parentheses":               {9995, func(n int) string { return again("(", n) + "icmp" + again(")", n) }},
		"not":                       {9996, func(n int) string { return again("not ", n) + "icmp" }},
		"minus":                     {9994, func(n int) string { return "ip[0] = " + again("-", n) + "5" }},
		"parentheses in arithmetic": {9993, func(n int) string { return "ip[" + again("(", n) + "1" + again(")", n) + "] = 5" }},
	} {
		_, err := Compile(c.expr(c.most), pcap.LinkEthernet)
		require.NoError(t, err, name)
		_, err = Compile(c.expr(c.most+1), pcap.LinkEthernet)
		var fault *Error
		require.ErrorAs(t, err, &fault, name)
		require.Equal(t, "can't parse filter expression: memory exhausted", fault.Text, name)
	}
}

// What does not fit into the optimizer is compiled all the same.
func TestLongExpressions(t *testing.T) {
	var parts []string
	for i := range 600 {
		parts = append(parts, fmt.Sprintf("port %d", 1000+i))
	}
	f, err := Compile(strings.Join(parts, " or "), pcap.LinkEthernet)
	require.NoError(t, err)
	packets, _ := read(t, filepath.Join("testdata", "pcap", "f-eth.pcap"))
	few, err := Compile("portrange 1000-1599", pcap.LinkEthernet)
	require.NoError(t, err)
	require.Equal(t, matches(few, packets), matches(f, packets))

	var fault *Error
	_, err = Compile(strings.Repeat("port 1 or ", 5000)+"icmp", pcap.LinkEthernet)
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "not modelled: a filter of more than 16384 tests", fault.Text)
}

func TestTheProgramIsListedAsTcpdumpDoes(t *testing.T) {
	f, err := Compile("tcp port 22 and ip[8] < 5", pcap.LinkRaw)
	require.NoError(t, err)
	require.Equal(t, `(000) ldb      [0]
(001) and      #0xf0
(002) jeq      #0x60            jt 18	jf 3
(003) ldb      [0]
(004) and      #0xf0
(005) jeq      #0x40            jt 6	jf 18
(006) ldb      [9]
(007) jeq      #0x6             jt 8	jf 18
(008) ldh      [6]
(009) jset     #0x1fff          jt 18	jf 10
(010) ldxb     4*([0]&0xf)
(011) ldh      [x + 0]
(012) jeq      #0x16            jt 15	jf 13
(013) ldh      [x + 2]
(014) jeq      #0x16            jt 15	jf 18
(015) ldb      [8]
(016) jge      #0x5             jt 18	jf 17
(017) ret      #262144
(018) ret      #0
`, f.String())
	f, err = Compile("len > 100", pcap.LinkRaw)
	require.NoError(t, err)
	require.Equal(t, "{ 0x80, 0, 0, 0x00000000 },\n{ 0x25, 0, 1, 0x00000064 },\n{ 0x6, 0, 0, 0x00040000 },\n{ 0x6, 0, 0, 0x00000000 },\n", f.CArray())
	require.Equal(t, "4\n128 0 0 0\n37 0 1 100\n6 0 0 262144\n6 0 0 0\n", f.Decimal())
}

func TestKeywordsAreWordsOfTheLanguage(t *testing.T) {
	list := Keywords()
	for i, k := range list {
		if i > 0 {
			require.Less(t, list[i-1].Name, k.Name)
		}
		l := lexer{expr: k.Name}
		got := l.next()
		require.Equal(t, len(k.Name), got.end, k.Name)
		require.NotEqual(t, tokName, got.kind, k.Name)
		if k.Class == ClassConstant {
			require.Equal(t, tokNumber, got.kind, k.Name)
			require.Equal(t, k.Value, got.number, k.Name)
		}
	}
	require.Greater(t, len(list), 120)
}

func TestNamesComeFromTheFilesOfAMachine(t *testing.T) {
	names := Names{
		Hosts:     "10.0.0.1 web web.lab # first\nfd00::1 web\n",
		Services:  "shop 8080/tcp store\n",
		Protocols: "mine 253 MINE\n",
		Networks:  "pods 10.244\n",
		Ethers:    "0a:0:0:0:0:1 nic\n",
	}
	for expr, same := range map[string]string{
		"host web":        "host fd00::1 or host 10.0.0.1",
		"ip host WEB.LAB": "ip host 10.0.0.1",
		"port shop":       "tcp port 8080",
		"tcp port store":  "tcp port 8080",
		"proto mine":      "proto 253",
		"net pods":        "net 10.244.0.0/16",
		"ether host nic":  "ether host 0a:00:00:00:00:01",
	} {
		a, err := Options{LinkType: pcap.LinkEthernet, Names: names}.Compile(expr)
		require.NoError(t, err, expr)
		b, err := Compile(same, pcap.LinkEthernet)
		require.NoError(t, err, same)
		require.Equal(t, b.String(), a.String(), expr)
	}
	for expr, text := range map[string]string{
		"udp port shop":  "port 'shop' is tcp",
		"port http":      "unknown port 'http'",
		"host db":        "unknown host 'db'",
		"net services":   "unknown network 'services'",
		"proto tcp2":     "unknown ip proto 'tcp2'",
		"ether host eth": "unknown ether host 'eth'",
	} {
		_, err := Options{LinkType: pcap.LinkEthernet, Names: names}.Compile(expr)
		var fault *Error
		require.ErrorAs(t, err, &fault, expr)
		require.Equal(t, text, fault.Text)
	}
}

// BenchmarkMatch runs filters over a whole capture.
func BenchmarkMatch(b *testing.B) {
	packets, link := read(b, filepath.Join("testdata", "pcap", "f-eth.pcap"))
	for _, expr := range []string{"icmp", "host 172.16.0.11", "ip proto 4 and dst 192.168.10.102", "tcp port 80", "tcp[tcpflags] & tcp-syn != 0",
		"not (host 10.0.0.1 or port 22 or arp) and len < 1000"} {
		b.Run(expr, func(b *testing.B) {
			f, err := Compile(expr, link)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				matchAll(f, packets)
			}
			n := float64(b.N * len(packets))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/packet")
			b.ReportMetric(n/b.Elapsed().Seconds()/1e6, "Mpackets/s")
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, expr := range []string{"icmp", "tcp port 80 and host 172.16.0.11", strings.Repeat("port 1 or ", 50) + "icmp"} {
		b.Run(fmt.Sprintf("%.20s", expr), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := Compile(expr, pcap.LinkEthernet)
				require.NoError(b, err)
			}
		})
	}
}

// seeds are expressions for fuzzing.
func seeds(f *testing.F) []string {
	g := grammar{rand.New(rand.NewSource(3))}
	list := append([]string{"geneve 5 and vlan", "protochain 51", "port 1-2", `host \(`, "port ((80 or 443) or 22)", "\x00"}, compared[:]...)
	list = append(list, comparedEthernet[:]...)
	for range 200 {
		list = append(list, g.mutate(g.expression(2)))
	}
	return list
}

// FuzzCompile reads any text: it gives a fault with a place inside of it, or a
// program of bounded size that only jumps inside of itself.
func FuzzCompile(f *testing.F) {
	for _, expr := range seeds(f) {
		f.Add(expr, uint8(0), false)
	}
	packets, _ := read(f, filepath.Join("testdata", "pcap", "f-eth.pcap"))
	links := []int{pcap.LinkEthernet, pcap.LinkRaw, pcap.LinkLinuxSLL2, pcap.LinkLinuxSLL, pcap.LinkNull, pcap.LinkIPv6, linkPPP, 147}
	f.Fuzz(func(t *testing.T, expr string, link uint8, live bool) {
		filter, err := Options{LinkType: links[int(link)%len(links)], Live: live}.Compile(expr)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(expr) || e.Text == "" {
				t.Fatalf("%q: %v", expr, err)
			}
			return
		}
		program := filter.Program()
		if len(program) == 0 || len(program) > 64*maxBlocks || program[len(program)-1].Code != ret {
			t.Fatalf("%q: program of %d instructions", expr, len(program))
		}
		for i, in := range program {
			to := []int{}
			if class(int(in.Code)) == classJMP {
				to = []int{i + 1 + int(in.JT), i + 1 + int(in.JF)}
				if operation(int(in.Code)) == jumpAlways {
					to = []int{i + 1 + int(int32(in.K))}
				}
			}
			for _, n := range to {
				if n < 0 || n >= len(program) {
					t.Fatalf("%q: instruction %d jumps to %d of %d", expr, i, n, len(program))
				}
			}
		}
		matchAll(filter, packets[:10])
	})
}

// FuzzMatch runs filters over any bytes.
func FuzzMatch(f *testing.F) {
	packets, _ := read(f, filepath.Join("testdata", "pcap", "sample-1.pcap"))
	for _, p := range packets {
		f.Add(p.Data, p.OrigLen)
	}
	var filters []*Filter
	for _, expr := range append(append([]string{"geneve and tcp", "protochain 51", "vlan and vlan 3 and ip6", "mpls and ip"}, compared[:]...), comparedEthernet[:]...) {
		for _, live := range []bool{false, true} {
			filter, err := Options{LinkType: pcap.LinkEthernet, Live: live}.Compile(expr)
			require.NoError(f, err, expr)
			filters = append(filters, filter)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, length int) {
		for _, filter := range filters {
			filter.MatchLength(data, length)
		}
	})
}
