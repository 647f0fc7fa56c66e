// Package trace is the vocabulary of explanations: what stations of the packet
// walk say about a packet, as values. One Event is one decision about one
// packet at one station. Nobody below this package makes sentences, and nobody
// above it parses log text.
//
// A Record is the fixed-size form that the walk writes; an Event is what
// readers see, with names looked up.
package trace

import (
	"hoplab/packet"
	"hoplab/sim/clock"
)

// Stage is a station of the walk, named as in the kernel.
type Stage uint8

// The stations, in the order in which a forwarded packet meets them.
const (
	StageNone        Stage = iota
	StageIngress           // a frame came in by a device (__netif_receive_skb)
	StageARP               // arp_rcv
	StageRcv               // ip_rcv: header checks
	StageDefrag            // ip_defrag
	StageConntrack         // nf_conntrack_in
	StagePrerouting        // NF_INET_PRE_ROUTING
	StageRoute             // ip_route_input / ip_route_output
	StageInput             // NF_INET_LOCAL_IN
	StageDeliver           // to a socket or a protocol
	StageForward           // ip_forward: TTL, MTU, NF_INET_FORWARD
	StageOutput            // NF_INET_LOCAL_OUT
	StagePostrouting       // NF_INET_POST_ROUTING
	StageNAT               // nf_nat_packet
	StageFragment          // ip_fragment
	StageNeigh             // neigh_resolve_output
	StageEncap             // ipip_tunnel_xmit
	StageDecap             // ipip_rcv
	StageICMP              // icmp_send, icmp_rcv
	StageEgress            // dev_queue_xmit
	StageBridge            // br_handle_frame
	StageLink              // the wire between two devices
	StageSocket            // a local program sends
	numStages
)

var stageNames = [numStages]string{"none", "ingress", "arp", "rcv", "defrag", "conntrack", "prerouting", "route", "input", "deliver", "forward", "output",
	"postrouting", "nat", "fragment", "neigh", "encap", "decap", "icmp", "egress", "bridge", "link", "socket"}

// String is the station's name in lower case.
func (s Stage) String() string { return name(stageNames[:], int(s)) }

// Verdict is what a station did with the packet.
type Verdict uint8

// The verdicts.
const (
	Continue Verdict = iota // handed on
	Deliver                 // reached its program; the end of its life
	Drop                    // ends here, Reason says why
	Hold                    // waits (for ARP, for more fragments)
	Reply                   // was answered: another packet was made because of it
	Absorb                  // its bytes live on in another packet (reassembly), or it was control traffic that did its work (ARP)
	numVerdicts
)

var verdictNames = [numVerdicts]string{"continue", "deliver", "drop", "hold", "reply", "absorb"}

// String is the verdict in lower case.
func (v Verdict) String() string { return name(verdictNames[:], int(v)) }

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}

// Dir says which way a frame crosses a device, as tcpdump -i any prints it.
type Dir uint8

// The directions.
const (
	In Dir = iota
	Out
)

// RefKind says what kind of thing decided.
type RefKind uint8

// Kinds of Ref. The index of a Ref counts in the namespace of the record's
// place, in the table that the kind names.
const (
	RefNone      RefKind = iota
	RefRoute             // fib.Route.Index
	RefPolicy            // fib rule index
	RefRule              // netfilter.Rule.Index
	RefPolicyOf          // netfilter chain policy: chain index
	RefNeigh             // neigh entry index
	RefConn              // conntrack entry
	RefSysctl            // a Sysctl below
	RefDevice            // a device: its place
	RefPacket            // another packet's ID
	RefException         // a PMTU exception of a route: the route's index
	RefAddress           // an address of this namespace, as a number
	RefValue             // a plain number whose meaning the stage defines (bytes, MTU)
	numRefKinds
)

var refNames = [numRefKinds]string{"", "route", "policy-rule", "rule", "chain-policy", "neigh", "conntrack", "sysctl", "device", "packet", "exception", "address", "value"}

// String is the kind in lower case, empty for RefNone.
func (k RefKind) String() string { return name(refNames[:], int(k)) }

// Sysctl names a setting that can decide about a packet.
type Sysctl uint32

// The sysctls that decide.
const (
	SysctlNone Sysctl = iota
	SysctlIPForward
	SysctlForwarding
	SysctlRPFilter
	SysctlProxyARP
	SysctlARPIgnore
	SysctlARPFilter
	SysctlRouteLocalnet
	SysctlEchoIgnoreAll
	SysctlEchoIgnoreBroadcasts
	SysctlICMPRateLimit
	SysctlAcceptLocal
	SysctlAcceptSourceRoute
	SysctlICMPMsgsPerSec
	numSysctls
)

var sysctlNames = [numSysctls]string{"", "net.ipv4.ip_forward", "net.ipv4.conf.IF.forwarding", "net.ipv4.conf.IF.rp_filter", "net.ipv4.conf.IF.proxy_arp", "net.ipv4.conf.IF.arp_ignore",
	"net.ipv4.conf.IF.arp_filter", "net.ipv4.conf.IF.route_localnet", "net.ipv4.icmp_echo_ignore_all", "net.ipv4.icmp_echo_ignore_broadcasts", "net.ipv4.icmp_ratelimit",
	"net.ipv4.conf.IF.accept_local", "net.ipv4.conf.IF.accept_source_route", "net.ipv4.icmp_msgs_per_sec"}

// String is the sysctl's key, with IF for the interface.
func (s Sysctl) String() string { return name(sysctlNames[:], int(s)) }

// Place is the dense number of a device, or of a namespace where no device is
// concerned. The lab gives the numbers out.
type Place uint32

// Record is what the walk writes: 32 bytes, no pointers. The header fields of
// the packet lie beside it and only where they are news: see Log.SetIPv4.
type Record struct {
	At      clock.Instant
	Packet  packet.ID
	Parent  packet.ID
	Place   Place
	RefIdx  uint32
	Aux     uint16 // the stage defines it: a route type, a table and its action, a count
	flow    uint16 // where Log.header finds it, from 1; 0 none
	Stage   Stage
	Verdict Verdict
	Reason  Reason
	RefKind RefKind
}

// Sink receives records as they are made. flow is the packet after the
// decision, nil while it is what it was at the packet's last record. frame is
// the packet's bytes from the outermost header present; it is nil where there
// is none. All three are only valid during the call.
type Sink interface {
	Trace(r *Record, flow *packet.Flow, frame []byte)
}
