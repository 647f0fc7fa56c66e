package trace

// Reason says why a packet was dropped, or why a station did something worth
// explaining. Names are those of the kernel's include/net/dropreason.h (and
// dropreason-core.h of later kernels) where one exists, in lower case: what a
// student learns here is what pwru prints on a real node.
type Reason uint8

// The reasons. The zero value means that there is nothing to explain.
const (
	ReasonNone Reason = iota

	// Drops with a kernel name (SKB_DROP_REASON_…).
	NoSocket             // NO_SOCKET
	PktTooSmall          // PKT_TOO_SMALL
	IPCsum               // IP_CSUM
	ICMPCsum             // ICMP_CSUM
	UDPCsum              // UDP_CSUM
	TCPCsum              // TCP_CSUM
	IPInHdr              // IP_INHDR
	IPRPFilter           // IP_RPFILTER
	UnicastInL2Multicast // UNICAST_IN_L2_MULTICAST
	IPNoProto            // IP_NOPROTO
	OtherHost            // OTHERHOST
	NetfilterDrop        // NETFILTER_DROP
	IPOutNoRoutes        // IP_OUTNOROUTES
	IPInNoRoutes         // IP_INNOROUTES
	IPInAddrErrors       // IP_INADDRERRORS (kernel's MIB name)
	IPMartianSource      // IP_LOCAL_SOURCE / martian source
	IPMartianDestination // IP_INVALID_DEST
	NeighFailed          // NEIGH_FAILED
	NeighQueueFull       // NEIGH_QUEUEFULL
	NeighDead            // NEIGH_DEAD
	NeighCreateFail      // NEIGH_CREATEFAIL
	PktTooBig            // PKT_TOO_BIG
	FragReasmTimeout     // FRAG_REASM_TIMEOUT
	FragTooFar           // FRAG_TOO_FAR
	DupFrag              // DUP_FRAG
	FragNoMem            // NOMEM: ipfrag_high_thresh
	DevReady             // DEV_READY: device is down
	UnhandledProto       // UNHANDLED_PROTO
	TTLExpired           // IP_TTL: TTL one or less at ip_forward
	Blackhole            // IP_ROUTE_BLACKHOLE
	Unreachable          // IP_ROUTE_UNREACHABLE
	Prohibit             // IP_ROUTE_PROHIBIT
	ForwardingOff        // IP_FORWARDING_DISABLED
	NetfilterReject      // NETFILTER_REJECT: REJECT target
	TunnelLoop           // recursion: TUNNEL_RECURSION
	TunnelNoDst          // TUNNEL_NO_DST: tunl0 route without gateway
	TunnelECN            // IP_TUNNEL_ECN
	NoTunnel             // ipip: no tunnel for this packet
	ConntrackInvalid     // nf_conntrack: invalid
	ConntrackFull        // nf_conntrack: table full
	NATFailed            // nat: no free tuple
	QdiscDrop            // QDISC_DROP
	LinkLoss             // lost on the link (the lab's loss)
	LinkCorrupt          // bits flipped on the link
	LinkDown             // peer of the link is down
	NoMaster             // bridge port not forwarding
	MTUExceeded          // frame larger than the device's MTU
	ARPNotForUs          // an ARP request nobody here answers
	ICMPIgnored          // message type not acted on
	RateLimited          // ICMP error not sent: rate limit
	LocalError           // the sender got an error instead (EMSGSIZE, ENETUNREACH …)
	IPOptions            // IP_INHDR: malformed options
	SourceRoute          // source route refused
	TTLZero              // TTL 0 on arrival
	LinkReorder          // overtaken on the link (the lab's reorder)
	LinkDuplicate        // doubled on the link (the lab's duplicate)
	CaptureEnd           // the run ended while it was queued
	VXLANInvalidHdr      // VXLAN_INVALID_HDR
	VXLANVNINotFound     // VXLAN_VNI_NOT_FOUND
	VXLANNoRemote        // VXLAN_NO_REMOTE
	VXLANEntryExists     // VXLAN_ENTRY_EXISTS
	NoTxTarget           // NO_TX_TARGET: neither the MAC nor the all-zero one is in the database
	LocalMAC             // LOCAL_MAC
	MACInvalidSource     // MAC_INVALID_SOURCE
	numReasons
)

type reasonText struct{ name, en, hint string }

var reasons = [numReasons]reasonText{
	ReasonNone:           {"", "nothing to explain", ""},
	NoSocket:             {"no_socket", "no program listens for it", "ss -lnu, ss -lnt in the target"},
	PktTooSmall:          {"pkt_too_small", "it is shorter than its headers say", "was the capture or the packet cut?"},
	IPCsum:               {"ip_csum", "the IPv4 header checksum is wrong", "a corrupting link? nstat IpInHdrErrors"},
	ICMPCsum:             {"icmp_csum", "the ICMP checksum is wrong", "a corrupting link? nstat IcmpInCsumErrors"},
	UDPCsum:              {"udp_csum", "the UDP checksum is wrong", "a corrupting link? nstat UdpInCsumErrors"},
	TCPCsum:              {"tcp_csum", "the TCP checksum is wrong", "a corrupting link? nstat TcpInCsumErrors"},
	IPInHdr:              {"ip_inhdr", "the IPv4 header is malformed", "nstat IpInHdrErrors"},
	IPRPFilter:           {"ip_rpfilter", "reverse path filter: the route back to its source does not leave by the interface it came in by", "ip route get SOURCE; sysctl net.ipv4.conf.IF.rp_filter"},
	UnicastInL2Multicast: {"unicast_in_l2_multicast", "a unicast IP packet came in a broadcast frame", "who sent it with that MAC?"},
	IPNoProto:            {"ip_noproto", "nobody here speaks its IP protocol", "an ipip packet needs tunl0"},
	OtherHost:            {"otherhost", "the frame is for another MAC address", "normal on a shared segment"},
	NetfilterDrop:        {"netfilter_drop", "a netfilter rule dropped it", "iptables -S shows the rule"},
	IPOutNoRoutes:        {"ip_outnoroutes", "there is no route to its destination", "ip route get DESTINATION"},
	IPInNoRoutes:         {"ip_innoroutes", "there is no route to its destination", "ip route get DESTINATION from SOURCE iif IF"},
	IPInAddrErrors:       {"ip_inaddrerrors", "its addresses are not acceptable here", "nstat IpInAddrErrors"},
	IPMartianSource:      {"ip_martian_source", "its source address cannot come from outside", "is the same address configured here too?"},
	IPMartianDestination: {"ip_martian_destination", "its destination address cannot be routed", "127.0.0.0/8 needs route_localnet"},
	NeighFailed:          {"neigh_failed", "nobody answered ARP for the next hop", "ip neigh; is the next hop up and on this link?"},
	NeighQueueFull:       {"neigh_queuefull", "too many packets wait for the same ARP answer", "ip neigh"},
	NeighDead:            {"neigh_dead", "the neighbour entry is gone", "ip neigh"},
	NeighCreateFail:      {"neigh_createfail", "no neighbour entry could be made", "ip neigh"},
	PktTooBig:            {"pkt_too_big", "it is larger than the MTU of the way out and must not be fragmented (DF)", "ping -M do -s SIZE; ip route get DESTINATION"},
	FragReasmTimeout:     {"frag_reasm_timeout", "other fragments of it did not come in time", "nstat IpReasmTimeout; is one fragment lost?"},
	FragTooFar:           {"frag_too_far", "the fragment would make a datagram beyond 65535 bytes", ""},
	DupFrag:              {"dup_frag", "the same fragment came before", ""},
	FragNoMem:            {"nomem", "too many fragments wait already", "sysctl net.ipv4.ipfrag_high_thresh"},
	DevReady:             {"dev_ready", "the interface is down", "ip link show IF"},
	UnhandledProto:       {"unhandled_proto", "nobody here handles this EtherType", ""},
	TTLExpired:           {"ip_ttl", "its TTL is used up: a router may not send it on", "traceroute shows the routers on the way"},
	Blackhole:            {"ip_route_blackhole", "a blackhole route swallows it silently", "ip route get DESTINATION; does a pod have that address?"},
	Unreachable:          {"ip_route_unreachable", "an unreachable route refuses it", "ip route get DESTINATION"},
	Prohibit:             {"ip_route_prohibit", "a prohibit route refuses it", "ip route get DESTINATION"},
	ForwardingOff:        {"ip_forwarding_disabled", "it is for somebody else and this machine does not forward", "sysctl net.ipv4.ip_forward"},
	NetfilterReject:      {"netfilter_reject", "a REJECT rule refused it", "iptables -S shows the rule"},
	TunnelLoop:           {"tunnel_recursion", "the tunnel's outer packet would enter the same tunnel again", "ip route get OUTER-DESTINATION"},
	TunnelNoDst:          {"tunnel_no_dst", "the route into the tunnel has no gateway, so the outer destination is unknown", "ip route show dev tunl0"},
	TunnelECN:            {"ip_tunnel_ecn", "outer and inner ECN marks contradict each other", "RFC 6040 section 4.2"},
	NoTunnel:             {"no_tunnel", "no tunnel device here takes this protocol 4 packet", "ip -d link show tunl0; is it up?"},
	ConntrackInvalid:     {"conntrack_invalid", "connection tracking cannot make sense of it", "conntrack -L"},
	ConntrackFull:        {"conntrack_full", "the connection tracking table is full", "sysctl net.netfilter.nf_conntrack_max"},
	NATFailed:            {"nat_failed", "no free port or id was left to translate to", "conntrack -L"},
	QdiscDrop:            {"qdisc_drop", "the queueing discipline of the interface lost it, or had no room", "tc -s qdisc show dev IF"},
	LinkLoss:             {"link_loss", "the link lost it (loss is set in the lab)", "the lab's loss setting"},
	LinkCorrupt:          {"link_corrupt", "the link flipped a bit of it (corrupt is set in the lab)", "the lab's corrupt setting"},
	LinkDown:             {"link_down", "the other end of the link is down", "ip link show on the other end"},
	NoMaster:             {"bridge_port", "the bridge does not send it on", "bridge fdb show"},
	MTUExceeded:          {"mtu_exceeded", "the frame is larger than the interface's MTU", "ip link show IF"},
	ARPNotForUs:          {"arp_not_for_us", "it asks for an address that this machine does not answer for", "arping; sysctl net.ipv4.conf.IF.proxy_arp; ip route get TARGET"},
	ICMPIgnored:          {"icmp_ignored", "this ICMP message needs no action here", ""},
	RateLimited:          {"icmp_ratelimit", "an ICMP error would be due, but the rate limit for this target is used up", "sysctl net.ipv4.icmp_ratelimit"},
	LocalError:           {"local_error", "the sending program got an error and nothing was sent", ""},
	IPOptions:            {"ip_options", "its IP options are malformed", ""},
	SourceRoute:          {"source_route", "source routing is refused", "sysctl net.ipv4.conf.IF.accept_source_route"},
	TTLZero:              {"ip_ttl_zero", "its TTL was 0", ""},
	LinkReorder:          {"link_reorder", "the link let later packets overtake it (reorder is set in the lab)", "the lab's reorder setting"},
	LinkDuplicate:        {"link_duplicate", "the link doubled it (duplicate is set in the lab)", "the lab's duplicate setting"},
	CaptureEnd:           {"run_ended", "the run ended while it was waiting", ""},
	VXLANInvalidHdr:      {"vxlan_invalid_hdr", "its VXLAN header is malformed", "RFC 7348 section 5; does the sender use an extension?"},
	VXLANVNINotFound:     {"vxlan_vni_not_found", "no VXLAN device here has that network identifier (VNI)", "ip -d link show type vxlan; is it up?"},
	VXLANNoRemote:        {"vxlan_no_remote", "the forwarding database names no other machine to send it to", "bridge fdb show dev IF"},
	VXLANEntryExists:     {"vxlan_entry_exists", "its MAC address is set by hand to be behind another machine", "bridge fdb show dev IF"},
	NoTxTarget:           {"no_tx_target", "the forwarding database does not know behind which machine the MAC address is", "bridge fdb show dev IF; ip neigh show dev IF"},
	LocalMAC:             {"local_mac", "it comes from this interface's own MAC address", "do two machines have the same MAC?"},
	MACInvalidSource:     {"mac_invalid_source", "its source MAC address is not that of one machine", ""},
}

// String is the kernel's name in lower case, empty for ReasonNone.
func (r Reason) String() string {
	if int(r) < len(reasons) {
		return reasons[r].name
	}
	return "unknown"
}

// Sentence says in English what the reason means.
func (r Reason) Sentence() string {
	if int(r) < len(reasons) {
		return reasons[r].en
	}
	return ""
}

// Hint says where to look, as a command or a setting; it may be empty.
func (r Reason) Hint() string {
	if int(r) < len(reasons) {
		return reasons[r].hint
	}
	return ""
}

// Reasons lists all reasons but ReasonNone, in a fixed order.
func Reasons() []Reason {
	all := make([]Reason, 0, numReasons-1)
	for r := ReasonNone + 1; r < numReasons; r++ {
		all = append(all, r)
	}
	return all
}

// ParseReason finds a reason by its name.
func ParseReason(name string) (Reason, bool) {
	for _, r := range Reasons() {
		if r.String() == name {
			return r, true
		}
	}
	return ReasonNone, false
}
