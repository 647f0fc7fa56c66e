// Package pcap writes and reads capture files: classic pcap and pcapng.
//
// [Writer] makes one pcapng file with an interface description block for each
// tap, nanosecond times and optional comments; [ClassicWriter] makes the
// microsecond pcap file of tcpdump -w; [Reader] streams both formats, in both
// byte orders. Writers always emit little-endian bytes, so that the same run
// gives the same file on every machine.
//
// The formats are those of draft-ietf-opsawg-pcap and
// draft-ietf-opsawg-pcapng. Left out: name resolution, statistics, secrets and
// custom blocks (skipped when read) and the obsolete pcapng packet block
// (an error when read).
package pcap

// Link types, as numbered by https://www.tcpdump.org/linktypes.html.
const (
	LinkNull      = 0   // address family first, in the byte order of the machine that wrote the file
	LinkEthernet  = 1   // Ethernet header first
	LinkRaw       = 101 // IPv4 or IPv6 header first, as on tunl0
	LinkLoop      = 108 // address family first, big-endian
	LinkLinuxSLL  = 113 // Linux cooked capture v1
	LinkIPv4      = 228 // IPv4 header first
	LinkIPv6      = 229 // IPv6 header first
	LinkLinuxSLL2 = 276 // Linux cooked capture v2, as from tcpdump -i any
)

// MaxSnapLen is the snapshot length in bytes of tcpdump and libpcap: the most
// captured bytes that one packet in a file can have.
const MaxSnapLen = 262144

// Interface is one place where packets were captured.
type Interface struct {
	Name        string // for example k8s-w1:ens5; empty in a classic pcap file
	Description string
	LinkType    int // LinkEthernet, LinkRaw, ...
	LinkExtra   int // upper bits of the link type in a classic file: the length of a frame check sequence, which stays part of the data
	SnapLen     int // bytes kept of each packet; 0 when written means MaxSnapLen
}

// Packet is one captured packet.
type Packet struct {
	Interface int    // index into the file's interfaces
	Time      int64  // nanoseconds since 1970-01-01 UTC
	Overflow  int64  // seconds of Time that a damaged classic file has in its fraction of a second, 0 in a sane one; see Stamp
	Data      []byte // the captured bytes
	OrigLen   int    // length on the wire in bytes, at least len(Data) in a sane file
	Comment   []byte // first opt_comment of a pcapng packet, nil without one
}

// Stamp is Time in seconds and nanoseconds as a file has them. The nanoseconds
// are from 0 to 999999999, but for files whose Overflow is not 0.
func (p *Packet) Stamp() (seconds, nanoseconds int64) {
	seconds, nanoseconds = p.Time/1e9, p.Time%1e9
	if nanoseconds < 0 {
		seconds, nanoseconds = seconds-1, nanoseconds+1e9
	}
	return seconds - p.Overflow, nanoseconds + p.Overflow*1e9
}
