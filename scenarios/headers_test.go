package scenarios

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/topology"
)

var (
	addrA = netip.MustParseAddr("10.0.0.1")
	addrB = netip.MustParseAddr("10.0.0.2")
)

// ip puts an IPv4 header in front of a payload.
func ip(proto packet.Proto, payload []byte) []byte {
	h := packet.IPv4Header{TotalLen: packet.IPv4Len + len(payload), TTL: 63, TOS: 0x10, ID: 7, Frag: packet.FlagDF, Proto: proto, Src: addrA, Dst: addrB}
	b := make([]byte, packet.IPv4Len+len(payload))
	h.Put(b)
	copy(b[packet.IPv4Len:], payload)
	return b
}

func icmp(t packet.ICMPType, code uint8, rest uint32, payload []byte) []byte {
	b := make([]byte, packet.ICMPLen+len(payload))
	copy(b[packet.ICMPLen:], payload)
	packet.PutICMP(b, t, code, rest).UpdateChecksum()
	return b
}

func ethernet(t packet.EtherType, payload []byte) []byte {
	b := make([]byte, packet.EthernetLen+len(payload))
	packet.PutEthernet(b, packet.BroadcastMAC, packet.MAC{2, 0, 10, 0, 0, 1}, t)
	copy(b[packet.EthernetLen:], payload)
	return b
}

func arp() []byte {
	b := make([]byte, packet.ARPLen)
	packet.PutARP(b, 1, packet.MAC{2, 0, 10, 0, 0, 1}, addrA, packet.MAC{}, addrB)
	return b
}

func tcp() []byte {
	b := make([]byte, 24)
	copy(b, []byte{0x9c, 0x40, 0, 80, 0, 0, 0, 9, 0, 0, 0, 8, 6 << 4, 0x12, 0xfa, 0xf0, 0x12, 0x34, 0, 0, 2, 4, 5, 0xa0})
	return b
}

// tcpOptions is a segment without flags that has these options.
func tcpOptions(o ...byte) []byte {
	b := make([]byte, packet.TCPLen)
	b[12] = byte((packet.TCPLen+len(o))/4) << 4
	return append(b, o...)
}

// headersOf reads headers as an author writes them.
func headersOf(t *testing.T, text string) ([]header, error) {
	t.Helper()
	b, err := topology.Parse("h.yaml", []byte("apiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: s}\nspec: {labRef: x, steps: [{expect: [{packets: {at: h1:eth0, headers: "+text+"}}]}]}"))
	if err != nil {
		return nil, err
	}
	c := &compiler{}
	var out []header
	for _, h := range b.Scenarios[0].Steps[0].Expect[0].Packets.Headers {
		out = append(out, c.header(h, "headers"))
	}
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	return out, nil
}

func TestHeadersAreComparedLayerByLayer(t *testing.T) {
	echo := icmp(packet.ICMPEcho, 0, 102<<16|3, make([]byte, 8))
	quoted := ip(packet.ProtoICMP, icmp(packet.ICMPUnreachable, packet.CodeFragNeeded, 1480, ip(packet.ProtoICMP, echo)))
	redirect := ip(packet.ProtoICMP, icmp(packet.ICMPRedirect, 1, packet.Addr32(addrB), ip(packet.ProtoICMP, echo)))
	tunnelled := ethernet(packet.EtherIPv4, ip(packet.ProtoICMP, echo))
	outer := make([]byte, packet.UDPLen+8, packet.UDPLen+8+len(tunnelled))
	packet.PutUDP(outer, 40000, 4789, cap(outer))
	outer[packet.UDPLen] = 8 // the VNI is valid, RFC 7348 section 5
	vxlan := ethernet(packet.EtherIPv4, ip(packet.ProtoUDP, append(outer, tunnelled...)))
	for field, want := range map[string]string{"inner.icmp.seq": "3", "inner.ethernet.src": "02:00:0a:00:00:01", "inner.ipv4.length": "36", "ipv4.protocol": "udp"} {
		q := &question{Prediction: &topology.Prediction{}}
		require.Empty(t, q.parse(field))
		require.Equal(t, want, q.read(pcap.LinkEthernet, vxlan), field)
	}
	udp := make([]byte, 12)
	packet.PutUDP(udp, 5000, 53, 12)
	for _, tt := range []struct {
		name  string
		link  int
		frame []byte
		want  string // as in the file
		fault string
	}{
		{"every field of ethernet and arp", pcap.LinkEthernet, ethernet(packet.EtherARP, arp()),
			`[{ethernet: {src: "02:00:0A:00:00:01", dst: "ff:ff:ff:ff:ff:ff", type: arp}}, {arp: {op: request, senderMAC: "02:00:0a:00:00:01", senderIP: 10.0.0.1, targetMAC: "00:00:00:00:00:00", targetIP: 10.0.0.2}}]`, ""},
		{"ethernet may be left out", pcap.LinkEthernet, ethernet(packet.EtherARP, arp()), `[{arp: {op: 1}}]`, ""},
		{"every field of ipv4", pcap.LinkRaw, ip(packet.ProtoICMP, echo),
			`[{ipv4: {src: 10.0.0.1, dst: 10.0.0.2, ttl: 63, protocol: icmp, length: 36, id: 7, tos: 0x10, df: true, mf: false, offset: 0, headerLength: 20}}]`, ""},
		{"echo", pcap.LinkRaw, ip(packet.ProtoICMP, echo), `[{ipv4: {tos: 16}}, {icmp: {type: echo-request, code: 0, id: 102, seq: 3}}]`, ""},
		{"echo by its other name", pcap.LinkRaw, ip(packet.ProtoICMP, echo), `[{ipv4: {}}, {icmp: {type: echo}}]`, ""},
		{"IPIP", pcap.LinkRaw, ip(packet.ProtoIPIP, ip(packet.ProtoICMP, echo)), `[{ipv4: {protocol: ipip, length: 56}}, {ipv4: {length: 36}}, {icmp: {}}]`, ""},
		{"what an ICMP error quotes", pcap.LinkRaw, quoted, `[{ipv4: {}}, {icmp: {type: destination-unreachable, code: 4, mtu: 1480}}, {ipv4: {ttl: 63}}, {icmp: {id: 102}}]`, ""},
		{"a redirect", pcap.LinkRaw, redirect, `[{ipv4: {}}, {icmp: {type: redirect, gateway: 10.0.0.2}}]`, ""},
		{"VXLAN, whose own header has no name here", pcap.LinkEthernet, vxlan,
			`[{ethernet: {dst: "ff:ff:ff:ff:ff:ff"}}, {ipv4: {}}, {udp: {dstPort: 4789}}, {ethernet: {type: ipv4}}, {ipv4: {}}, {icmp: {seq: 3}}]`, ""},
		{"udp", pcap.LinkRaw, ip(packet.ProtoUDP, udp), `[{ipv4: {protocol: 17}}, {udp: {srcPort: 5000, dstPort: 53, length: 12}}]`, ""},
		{"tcp", pcap.LinkRaw, ip(packet.ProtoTCP, tcp()), `[{ipv4: {}}, {tcp: {srcPort: 40000, dstPort: 80, seq: 9, ack: 8, flags: as, window: 64240, mss: 1440, checksum: 0x1234}}]`, ""},
		{"tcp with other options in front of the MSS", pcap.LinkRaw, ip(packet.ProtoTCP, tcpOptions(1, 4, 2, 2, 4, 5, 0xb4, 0)), `[{ipv4: {}}, {tcp: {flags: none, mss: 1460}}]`, ""},
		{"tcp without an MSS", pcap.LinkRaw, ip(packet.ProtoTCP, tcpOptions(1, 1, 0, 0)), `[{ipv4: {}}, {tcp: {mss: 1460}}]`, "header 2, tcp mss: expected 1460, found no such field"},
		{"tcp with a broken option", pcap.LinkRaw, ip(packet.ProtoTCP, tcpOptions(4, 9, 2, 4)), `[{ipv4: {}}, {tcp: {mss: 1460}}]`, "header 2, tcp mss: expected 1460, found no such field"},
		{"another value", pcap.LinkRaw, ip(packet.ProtoICMP, echo), `[{ipv4: {ttl: 64}}]`, "header 1, ipv4 ttl: expected 64, found 63"},
		{"another name", pcap.LinkRaw, ip(packet.ProtoICMP, echo), `[{ipv4: {}}, {icmp: {type: echo-reply}}]`, "header 2, icmp type: expected echo-reply, found echo-request"},
		{"another layer", pcap.LinkRaw, ip(packet.ProtoUDP, udp), `[{ipv4: {}}, {icmp: {}}]`, "header 2: expected icmp, found udp"},
		{"a gap is none", pcap.LinkRaw, ip(packet.ProtoIPIP, ip(packet.ProtoICMP, echo)), `[{ipv4: {}}, {icmp: {}}]`, "header 2: expected icmp, found ipv4"},
		{"too few layers", pcap.LinkRaw, ip(packet.ProtoUDP, udp), `[{ipv4: {}}, {udp: {}}, {ipv4: {}}]`, "header 3: expected ipv4, found no further header"},
		{"ethernet on a tunnel", pcap.LinkRaw, ip(packet.ProtoUDP, udp), `[{ethernet: {}}]`, "header 1: expected ethernet, found ipv4"},
		{"a field that this message lacks", pcap.LinkRaw, quoted, `[{ipv4: {}}, {icmp: {id: 0}}]`, "header 2, icmp id: expected 0, found no such field"},
		{"too short for anything", pcap.LinkEthernet, make([]byte, 5), `[{ipv4: {}}]`, "header 1: expected ipv4, found no further header"},
		{"a truncated datagram", pcap.LinkRaw, ip(packet.ProtoUDP, udp)[:12], `[{ipv4: {}}]`, "header 1: expected ipv4, found no further header"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want, err := headersOf(t, tt.want)
			require.NoError(t, err)
			require.Equal(t, tt.fault, compareHeaders(want, tt.link, tt.frame))
		})
	}
}

func TestValuesOfHeadersThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		`[{ethernet: {src: "02:00"}}]`:          "expected a MAC address",
		`[{ipv4: {dst: "::1"}}]`:                "expected an IPv4 address",
		`[{ipv4: {ttl: -1}}]`:                   "expected a number",
		`[{ipv4: {length: 99999999999}}]`:       "expected a number",
		`[{icmp: {type: pong}}]`:                "expected a number or one of echo-reply, ",
		`[{arp: {op: ask}}]`:                    "expected a number or one of request, reply",
		`[{tcp: {flags: X}}]`:                   "expected flags such as S, SA or FA",
		`[{ipv4: {mf: 1}}]`:                     "expected true or false",
		`[{ipv4: {protocol: icmp6}}]`:           "expected a number or one of icmp, ipip",
		`[{ethernet: {type: ip}}]`:              "expected a number or one of ipv4, arp",
		`[{icmp: {gateway: router, id: many}}]`: "expected an IPv4 address",
	} {
		_, err := headersOf(t, text)
		require.ErrorContains(t, err, want, text)
		require.ErrorContains(t, err, "h.yaml:4:")
	}
}

// Every field that a file may name can be read and compared.
func TestEveryFieldHasAForm(t *testing.T) {
	samples := []string{"10.0.0.1", "02:00:00:00:00:01", "true", "SA", "17"}
	for _, layer := range topology.HeaderLayers() {
		for _, field := range topology.HeaderFields(layer) {
			ok := false
			for _, s := range samples {
				_, expected := canonical(layer, field, s)
				ok = ok || expected == ""
			}
			require.True(t, ok, "%s %s", layer, field)
		}
	}
}

func FuzzCanonicalValuesStayAsTheyAre(f *testing.F) {
	for _, v := range []string{"1", "0x10", "echo-request", "10.0.0.1", "FA", "02:00:00:00:00:01", "true", "arp"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, layer := range topology.HeaderLayers() {
			for _, field := range topology.HeaderFields(layer) {
				text, expected := canonical(layer, field, value)
				if expected != "" {
					continue
				}
				again, expected := canonical(layer, field, text)
				if expected != "" || again != text {
					t.Fatalf("%s %s: %q is read as %q, and that as %q (%s)", layer, field, value, text, again, expected)
				}
			}
		}
	})
}

func FuzzAnyFrameHasLayers(f *testing.F) {
	f.Add(ethernet(packet.EtherIPv4, ip(packet.ProtoIPIP, ip(packet.ProtoTCP, tcp()))))
	f.Add(ip(packet.ProtoICMP, icmp(packet.ICMPTimeExceeded, 0, 0, ip(packet.ProtoTCP, tcp()))))
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, link := range []int{pcap.LinkEthernet, pcap.LinkRaw} {
			for _, l := range layersOf(link, frame) {
				for _, field := range topology.HeaderFields(l.name) {
					if v := readField(l, field); strings.TrimSpace(v) != v {
						t.Fatalf("%s %s reads %q", l.name, field, v)
					}
				}
			}
		}
	})
}
