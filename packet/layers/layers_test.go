package layers

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/packet/dissect"
	"hoplab/packet/pcap"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// ip4 puts an IPv4 header in front of a payload.
func ip4(proto packet.Proto, src, dst string, frag uint16, opts, payload []byte) []byte {
	h := packet.IPv4Header{TotalLen: packet.IPv4Len + len(opts) + len(payload), ID: 7, Frag: frag, TTL: 64, Proto: proto, Src: addr(src), Dst: addr(dst), Options: opts}
	b := make([]byte, h.TotalLen)
	h.Put(b)
	copy(b[h.Len():], payload)
	return b
}

func ether(payload []byte) []byte {
	b := make([]byte, packet.EthernetLen+len(payload))
	packet.PutEthernet(b, packet.MAC{2, 0, 0, 0, 0, 2}, packet.MAC{2, 0, 0, 0, 0, 1}, packet.EtherIPv4)
	copy(b[packet.EthernetLen:], payload)
	return b
}

func echo() []byte {
	b := make([]byte, packet.ICMPLen+4)
	packet.PutICMP(b, packet.ICMPEcho, 0, 7<<16|1).UpdateChecksum()
	return b
}

func udp(src, dst string, sport, dport uint16, payload []byte) []byte {
	b := make([]byte, packet.UDPLen+len(payload))
	copy(b[packet.UDPLen:], payload)
	packet.PutUDP(b, sport, dport, len(b)).UpdateChecksum(addr(src).As4(), addr(dst).As4())
	return b
}

// show is the layers as text: a line each, with the fields behind it.
func show(all []Layer) string {
	var b strings.Builder
	for _, l := range all {
		fmt.Fprintf(&b, "%s%s %s\n", strings.Repeat("  ", l.Depth), l.Name, l.What)
		for _, f := range l.Fields {
			fmt.Fprintf(&b, "%s  %d+%d %s %s", strings.Repeat("  ", l.Depth), f.Off, f.Len, f.Name, f.Value)
			switch f.Sum {
			case Right:
				b.WriteString(" right")
			case Wrong:
				fmt.Fprintf(&b, " wrong, 0x%04x", f.Want)
			case Unused:
				b.WriteString(" unused")
			case Partial:
				b.WriteString(" partial")
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// field finds one by the names of layer and field.
func value(t *testing.T, all []Layer, layer, name string) Field {
	t.Helper()
	for _, l := range all {
		if l.Name == layer {
			for _, f := range l.Fields {
				if f.Name == name {
					return f
				}
			}
		}
	}
	t.Fatalf("no %s of %s in\n%s", name, layer, show(all))
	return Field{}
}

func TestATunnelHasAnOuterAndAnInnerPacket(t *testing.T) {
	inner := ip4(packet.ProtoICMP, "172.16.158.1", "172.16.184.1", packet.FlagDF, nil, echo())
	all := Parse(pcap.LinkEthernet, ether(ip4(packet.ProtoIPIP, "192.168.10.101", "192.168.10.102", packet.FlagDF, nil, inner)))
	var names []string
	for _, l := range all {
		names = append(names, fmt.Sprint(l.Name, l.Depth))
	}
	require.Equal(t, []string{"Ethernet0", "IPv40", "IPv41", "ICMP1", "Data1"}, names)
	require.Equal(t, 14+20, all[2].Off)
	for _, l := range all {
		for _, f := range l.Fields {
			require.NotEqual(t, Wrong, f.Sum, f.Name)
		}
	}
}

func TestEveryChecksumIsComputed(t *testing.T) {
	seg := make([]byte, packet.TCPLen+12)
	binary.BigEndian.PutUint16(seg, 1000)
	seg[12], seg[13] = 8<<4, 0x12
	copy(seg[packet.TCPLen:], []byte{2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7, 0, 0})
	tcp, err := packet.ParseTCP(seg)
	require.NoError(t, err)
	tcp.UpdateChecksum(addr("10.0.0.1").As4(), addr("10.0.0.2").As4())
	for layer, b := range map[string][]byte{
		"UDP":  ip4(packet.ProtoUDP, "10.0.0.1", "10.0.0.2", 0, nil, udp("10.0.0.1", "10.0.0.2", 1000, 2000, []byte("hi"))),
		"TCP":  ip4(packet.ProtoTCP, "10.0.0.1", "10.0.0.2", 0, nil, seg),
		"ICMP": ip4(packet.ProtoICMP, "10.0.0.1", "10.0.0.2", 0, nil, echo()),
	} {
		for _, padded := range []bool{false, true} {
			frame := b
			if padded { // as a short Ethernet frame is
				frame = append(append([]byte{}, b...), 0, 0, 0, 0)
			}
			require.Equal(t, Right, value(t, Parse(pcap.LinkRaw, frame), layer, "checksum").Sum, layer)
			require.Equal(t, Right, value(t, Parse(pcap.LinkRaw, frame), "IPv4", "checksum").Sum)
		}
		right := value(t, Parse(pcap.LinkRaw, b), layer, "checksum")
		bad := append([]byte{}, b...)
		bad[right.Off] ^= 0x40
		f := value(t, Parse(pcap.LinkRaw, bad), layer, "checksum")
		require.Equal(t, Wrong, f.Sum)
		require.Equal(t, right.Value, fmt.Sprintf("0x%04x", f.Want), "what it should be")
	}
	none := ip4(packet.ProtoUDP, "10.0.0.1", "10.0.0.2", 0, nil, udp("10.0.0.1", "10.0.0.2", 1, 2, nil))
	none[26], none[27] = 0, 0
	require.Equal(t, Unused, value(t, Parse(pcap.LinkRaw, none), "UDP", "checksum").Sum)
	first := ip4(packet.ProtoUDP, "10.0.0.1", "10.0.0.2", packet.FlagMF, nil, udp("10.0.0.1", "10.0.0.2", 1, 2, []byte("more")))
	require.Equal(t, Partial, value(t, Parse(pcap.LinkRaw, first), "UDP", "checksum").Sum, "the rest comes in other fragments")
	opts := Parse(pcap.LinkRaw, ip4(packet.ProtoTCP, "10.0.0.1", "10.0.0.2", 0, nil, seg))
	require.Equal(t, "1460", value(t, opts, "TCP", "mss").Value)
	require.Equal(t, "7 (window * 128)", value(t, opts, "TCP", "wscale").Value)
	require.Equal(t, "0x12 SYN ACK", value(t, opts, "TCP", "flags").Value)
}

func TestAnErrorQuotesAPacket(t *testing.T) {
	cause := ip4(packet.ProtoUDP, "10.0.0.1", "10.0.0.2", 0, nil, udp("10.0.0.1", "10.0.0.2", 1, 9, []byte("x")))
	b := make([]byte, packet.ICMPLen+len(cause))
	copy(b[packet.ICMPLen:], cause)
	packet.PutICMP(b, packet.ICMPUnreachable, 3, 0).UpdateChecksum()
	all := Parse(pcap.LinkRaw, ip4(packet.ProtoICMP, "10.0.0.2", "10.0.0.1", 0, nil, b))
	require.Equal(t, "3 port", value(t, all, "ICMP", "code").Value)
	require.Equal(t, "UDP", all[3].Name)
	require.True(t, all[3].Quoted)
	require.Equal(t, Partial, value(t, all, "UDP", "checksum").Sum)
}

func TestOptionsOfIPv4(t *testing.T) {
	all := Parse(pcap.LinkRaw, ip4(packet.ProtoICMP, "10.0.0.1", "10.0.0.2", 0, []byte{7, 7, 8, 10, 0, 0, 9, 0}, echo()))
	f := value(t, all, "IPv4", "record route")
	require.Equal(t, Field{Name: "record route", Value: "pointer 8 10.0.0.9", Off: 20, Len: 7}, f)
	require.Equal(t, 27, value(t, all, "IPv4", "end").Off)
	broken := Parse(pcap.LinkRaw, ip4(packet.ProtoICMP, "10.0.0.1", "10.0.0.2", 0, []byte{7, 9, 8, 10}, echo()))
	require.Equal(t, "07 09 08 0a", value(t, broken, "IPv4", "options").Value)
}

func TestDNSAndDHCP(t *testing.T) {
	q, err := hex.DecodeString("1234818000010001000000000377777706676f6f676c6503636f6d0000010001c00c000100010000012c00040a000005")
	require.NoError(t, err)
	all := Parse(pcap.LinkRaw, ip4(packet.ProtoUDP, "10.0.0.1", "10.0.0.2", 0, nil, udp("10.0.0.1", "10.0.0.2", 53, 4000, q)))
	require.Equal(t, "answer A www.google.com.", all[2].What)
	require.Equal(t, "www.google.com. A 10.0.0.5", value(t, all, "DNS", "answer").Value)
	d := make([]byte, dhcpLen)
	d[0], d[1], d[2] = 1, 1, 6
	binary.BigEndian.PutUint32(d[236:], dhcpCookie)
	d = append(d, 53, 1, 1, 50, 4, 10, 0, 0, 9, 255)
	all = Parse(pcap.LinkRaw, ip4(packet.ProtoUDP, "0.0.0.0", "255.255.255.255", 0, nil, udp("0.0.0.0", "255.255.255.255", 68, 67, d)))
	require.Equal(t, "Discover", all[2].What)
	require.Equal(t, "10.0.0.9", value(t, all, "DHCP", "requested").Value)
}

func changes(a, b []Layer) (out []string) {
	for _, c := range Compare(a, b) {
		s := [...]string{"=", "+", "-"}[c.Kind] + c.Layer.Name
		for _, f := range c.Fields {
			s += fmt.Sprintf(" %s %s>%s", f.Name, f.Before, f.After)
		}
		out = append(out, s)
	}
	return out
}

func TestWhatChangedBetweenTwoPlaces(t *testing.T) {
	inner := ip4(packet.ProtoICMP, "172.16.158.1", "172.16.184.1", packet.FlagDF, nil, echo())
	in := Parse(pcap.LinkEthernet, ether(inner))
	packet.IPv4(inner).DecrementTTL()
	tunnel := Parse(pcap.LinkRaw, inner)
	out := Parse(pcap.LinkEthernet, ether(ip4(packet.ProtoIPIP, "192.168.10.101", "192.168.10.102", packet.FlagDF, nil, inner)))
	require.Empty(t, changes(in, in))
	require.Equal(t, []string{"-Ethernet"}, changes(in, tunnel)[:1])
	require.Regexp(t, `^=IPv4 ttl 64>63 checksum 0x....>0x....$`, changes(in, tunnel)[1])
	require.Equal(t, []string{"+Ethernet", "+IPv4"}, changes(tunnel, out))
	require.Equal(t, []string{"-Ethernet", "-IPv4"}, changes(out, tunnel))
	require.Regexp(t, `^\+IPv4,=IPv4 ttl 64>63 checksum`, strings.Join(changes(in, out), ","), "the Ethernet header is the same")
}

// recording is a frame of a real kernel.
type recording struct {
	at   string // file and number of the packet, from 1
	link int
	pcap.Packet
}

func recordings(t testing.TB) (all []recording) {
	t.Helper()
	files, err := filepath.Glob("../dissect/testdata/*.pcap")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		r, err := pcap.NewReader(bytes.NewReader(b))
		require.NoError(t, err)
		for i := 1; ; i++ {
			p, err := r.Next()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			p.Data = bytes.Clone(p.Data)
			all = append(all, recording{fmt.Sprintf("%s %d", filepath.Base(name), i), r.Interfaces()[p.Interface].LinkType, p})
		}
	}
	return all
}

// The layers of a real frame lie end to end and cover it, and a checksum is wrong
// only where gopacket says so, too (a sender that leaves them to its hardware).
func TestRecordedFramesAreReadToTheEnd(t *testing.T) {
	read := map[string]int{}
	for _, r := range recordings(t) {
		at, wrong := 0, 0
		for _, l := range Parse(r.link, r.Data) {
			require.Equal(t, at, l.Off, "%s: start of %s", r.at, l.Name)
			at += l.Len
			read[l.Name]++
			for _, f := range l.Fields {
				require.True(t, l.Off <= f.Off && f.Off+f.Len <= at, "%s: %s of %s", r.at, f.Name, l.Name)
				if f.Sum == Wrong {
					wrong++
				}
			}
		}
		require.Equal(t, len(r.Data), at, r.at)
		require.Equal(t, dissect.Check(r.link, r.Data) != nil, wrong > 0, r.at)
	}
	for _, name := range []string{"Ethernet", "ARP", "IPv4", "ICMP", "UDP", "TCP", "VXLAN", "DNS"} {
		require.NotZero(t, read[name], name)
	}
}

// Any bytes will do, and every field lies within the frame.
func FuzzParse(f *testing.F) {
	f.Add(ether(ip4(packet.ProtoIPIP, "10.0.0.1", "10.0.0.2", 0, nil, ip4(packet.ProtoICMP, "10.0.0.3", "10.0.0.4", 0, nil, echo()))))
	f.Add(ether(ip4(packet.ProtoUDP, "10.0.0.1", "10.0.0.2", 0, nil, udp("10.0.0.1", "10.0.0.2", 53, 53, []byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1}))))
	for _, r := range recordings(f) {
		f.Add(r.Data)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, link := range []int{pcap.LinkEthernet, pcap.LinkRaw} {
			all := Parse(link, frame)
			for _, l := range all {
				require.True(t, 0 <= l.Off && l.Len >= 0 && l.Off+l.Len <= len(frame), "%s %d+%d of %d", l.Name, l.Off, l.Len, len(frame))
				for _, x := range l.Fields {
					require.True(t, l.Off <= x.Off && x.Off+x.Len <= len(frame), "%s.%s %d+%d of %d", l.Name, x.Name, x.Off, x.Len, len(frame))
				}
			}
			require.Empty(t, Compare(all, all))
		}
	})
}
