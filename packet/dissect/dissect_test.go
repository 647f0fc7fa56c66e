package dissect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

type frame struct {
	link int
	data []byte
}

// load returns the frames of a recording.
func load(t testing.TB, name string) []frame {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	r, err := pcap.NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	var all []frame
	for {
		p, err := r.Next()
		if err == io.EOF {
			require.NotEmpty(t, all)
			return all
		}
		require.NoError(t, err)
		all = append(all, frame{r.Interfaces()[p.Interface].LinkType, bytes.Clone(p.Data)})
	}
}

// good are recordings of a real kernel without checksum offloading.
var good = [...]string{
	"pod-to-pod-cross-node-ipip-cold.pod1.eth0.pcap",   // ARP, ICMP echo
	"pod-to-pod-cross-node-ipip-cold.k8s-w1.ens5.pcap", // IPIP
	"pod-to-pod-cross-node-ipip-cold.k8s-w1.tunl0.pcap",
	"size-2000-cross-node.k8s-w1.ens5.pcap", // IPIP around fragments
	"df-size-1453-cross-node-podmtu1500.pod1.eth0.pcap",
	"ttl-2-cross-node.k8s-w1.ens5.pcap",
	"record-route-same-node.pod1.eth0.pcap",
	"dns-k8s.pcap", // UDP
	"vxlan.pcap",
	"tcp-http.pcap",
}

func TestGoodFramesPass(t *testing.T) {
	for _, name := range good {
		t.Run(name, func(t *testing.T) {
			for i, f := range load(t, name) {
				if err := Check(f.link, f.data); err != nil {
					t.Errorf("packet %d: %v", i+1, err)
				}
			}
		})
	}
}

// With checksum offloading a sender's capture shows half-made checksums.
func TestOffloadedChecksumsAreRefused(t *testing.T) {
	tcp := load(t, "tcp-open-port-cross-node.k8s-w1.tunl0.pcap")[0]
	require.EqualError(t, Check(tcp.link, tcp.data), "TCP: checksum is 0xae52, should be 0x74d8")
	udp := load(t, "traceroute-udp-same-node.pod1.eth0.pcap")[2]
	require.ErrorContains(t, Check(udp.link, udp.data), "UDP: checksum is 0x945e")
}

// Every single bit of these frames is judged: no flipped one may pass, but in
// the few places where any value is right.
func TestEveryFlippedBitIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		packet int // counted from 1
		free   func(at int) bool
	}{
		{"pod-to-pod-cross-node-ipip-cold.k8s-w1.ens5.pcap", 3, func(at int) bool { return at < 12 }},            // MACs
		{"pod-to-pod-cross-node-ipip-cold.k8s-w1.ens5.pcap", 1, func(at int) bool { return at < 12 || at > 19 }}, // ARP has no checksum
		{"dns-k8s.pcap", 1, func(at int) bool { return at < 12 }},
		{"udp-closed-port-cross-node.k8s-w1.tunl0.pcap", 2, nil},
		{"record-route-same-node.pod1.eth0.pcap", 3, func(at int) bool { return at < 12 }},
		{"tcp-http.pcap", 4, func(at int) bool { return at < 12 }},
	} {
		t.Run(fmt.Sprintf("%s %d", c.name, c.packet), func(t *testing.T) {
			f := load(t, c.name)[c.packet-1]
			require.NoError(t, Check(f.link, f.data))
			for bit := range len(f.data) * 8 {
				if c.free != nil && c.free(bit/8) {
					continue
				}
				f.data[bit/8] ^= 1 << (bit % 8)
				if Check(f.link, f.data) == nil {
					t.Errorf("bit %d of byte %d may be flipped", bit%8, bit/8)
				}
				f.data[bit/8] ^= 1 << (bit % 8)
			}
		})
	}
}

func TestEveryCutFrameIsRefused(t *testing.T) {
	for _, name := range good {
		for i, f := range load(t, name) {
			for n := range f.data {
				// A frame that ends in padding may lose some of it; none here does.
				if Check(f.link, f.data[:n]) == nil {
					t.Errorf("%s: packet %d may be cut to %d bytes", name, i+1, n)
				}
			}
		}
	}
}

func TestCheckNamesTheLayerAndTheFault(t *testing.T) {
	ens5 := load(t, "pod-to-pod-cross-node-ipip-cold.k8s-w1.ens5.pcap")
	closed := load(t, "udp-closed-port-cross-node.k8s-w1.tunl0.pcap")
	arp, ipip, udp, unreachable := ens5[0], ens5[2], closed[0], closed[1]
	http := load(t, "tcp-http.pcap")[0]
	for _, c := range []struct {
		name  string
		frame frame
		spoil func(b []byte) []byte
		err   string
	}{
		{"outer TTL changed without the checksum", ipip, set(14+8, 1), "IPv4: checksum is"},
		{"inner TTL changed without the checksum", ipip, set(14+20+8, 1), "IPv4: inner IPv4: checksum is"},
		{"data of the inner echo request changed", ipip, set(14+20+20+30, 1), "IPv4: inner ICMP: checksum is"},
		{"total length of 0", ipip, set(14+2, 0, 0), "IPv4: total length is 0"},
		{"a byte behind the packet", ipip, func(b []byte) []byte { return append(b, 0) }, "IPv4: 1 bytes too many behind the packet"},
		{"the last byte lost", ipip, func(b []byte) []byte { return b[:len(b)-1] }, "IPv4: total length is 104, but only 103 bytes are there"},
		{"version 5", ipip, set(14, 0x55), "IPv4: version is 5"},
		{"an ethertype that nobody knows", ipip, set(12, 0x88, 0xb5), "Ethernet: not modelled: ethertype 0x88b5"},
		{"hostile ARP address lengths", arp, set(14+4, 255, 255), "ARP: address lengths 255 and 255"},
		{"ARP for another protocol", arp, set(14+2, 0x86, 0xdd), "ARP: hardware type 1 and protocol 0x86dd"},
		{"padding that is not zero", arp, func(b []byte) []byte { return append(b, bytes.Repeat([]byte{1}, 60-len(b))...) }, "ARP: padding is not zero"},
		{"UDP length below the data", udp, set(20+4, 0, 10), "UDP: length is 10, but IPv4 carries 11 bytes"},
		{"quoted TTL changed", unreachable, refreshICMP(set(20+8+8, 9)), "ICMP: quoted IPv4: checksum is"},
		{"quote cut behind the IPv4 header", unreachable, refreshICMP(func(b []byte) []byte { return b[:20+8+20+7] }), "ICMP: quoted IPv4: only 7 bytes are quoted"},
		{"TCP window changed", http, set(14+20+14, 1), "TCP: checksum is"},
		{"reserved TCP bit set", http, set(14+20+12, 0xa4), "TCP: byte 12 is 0xa4, gopacket makes it 0xa0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Check(c.frame.link, c.spoil(bytes.Clone(c.frame.data)))
			require.ErrorContains(t, err, c.err)
		})
	}
	require.ErrorContains(t, Check(pcap.LinkLinuxSLL2, nil), "not modelled: link type 276")
}

func set(at int, values ...byte) func([]byte) []byte {
	return func(b []byte) []byte {
		copy(b[at:], values)
		return b
	}
}

// refreshICMP spoils a raw IPv4 frame, then sets its total length and both
// checksums right again, so that the fault inside is what remains.
func refreshICMP(spoil func([]byte) []byte) func([]byte) []byte {
	return func(b []byte) []byte {
		b = spoil(b)
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		putSum(b[:20], 10)
		putSum(b[20:], 2)
		return b
	}
}

// putSum computes the Internet checksum the slow way, RFC 1071.
func putSum(b []byte, at int) {
	b[at], b[at+1] = 0, 0
	sum := 0
	for i, v := range b {
		sum += int(v) << (8 * (1 - i%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(b[at:], ^uint16(sum))
}

func TestUDPChecksumZeroMeansNone(t *testing.T) {
	f := load(t, "dns-k8s.pcap")[0]
	copy(f.data[14+20+6:], []byte{0, 0})
	require.NoError(t, Check(f.link, f.data))
}

// RFC 768: a checksum that comes out as zero is sent as ffff.
func TestUDPChecksumOfAllOnesPasses(t *testing.T) {
	f := load(t, "dns-k8s.pcap")[0]
	udp := f.data[14+20:]
	// Adding the checksum to the data makes the sum all ones and the checksum vanish.
	sum := uint32(binary.BigEndian.Uint16(udp[8:])) + uint32(binary.BigEndian.Uint16(udp[6:]))
	binary.BigEndian.PutUint16(udp[8:], uint16(sum+sum>>16))
	copy(udp[6:], []byte{0xff, 0xff})
	require.NoError(t, Check(f.link, f.data))
	copy(udp[6:], []byte{0xff, 0xfe})
	require.Error(t, Check(f.link, f.data))
}

func TestEthernetPaddingIsAllowedUpTo60Bytes(t *testing.T) {
	f := load(t, "pod-to-pod-cross-node-ipip-cold.k8s-w1.ens5.pcap")[0]
	padded := append(bytes.Clone(f.data), make([]byte, 60-len(f.data))...)
	require.NoError(t, Check(f.link, padded))
	require.Error(t, Check(f.link, append(padded, 0)))
}

func FuzzCheck(f *testing.F) {
	for _, name := range good {
		for _, p := range load(f, name) {
			f.Add(p.link == pcap.LinkRaw, p.data)
		}
	}
	f.Fuzz(func(t *testing.T, raw bool, data []byte) {
		link := pcap.LinkEthernet
		if raw {
			link = pcap.LinkRaw
		}
		before := bytes.Clone(data)
		_ = Check(link, data)
		if !bytes.Equal(before, data) {
			t.Error("the frame was changed")
		}
	})
}
