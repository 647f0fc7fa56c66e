package stack

import "hoplab/packet"

// Counters are the MIB counters of a namespace as /proc/net/snmp and
// /proc/net/netstat show them, with their names. Those of reassembly are kept
// by the reassembler: read them with Namespace.Counters.
type Counters struct {
	IP     IPCounters
	IPExt  IPExtCounters
	ICMP   ICMPCounters
	UDP    UDPCounters
	TCP    TCPCounters
	TCPExt TCPExtCounters
}

// IPCounters are the Ip: line.
type IPCounters struct {
	InReceives, InHdrErrors, InAddrErrors, ForwDatagrams, InUnknownProtos, InDiscards, InDelivers, OutRequests, OutDiscards, OutNoRoutes uint64
	ReasmTimeout, ReasmReqds, ReasmOKs, ReasmFails, FragOKs, FragFails, FragCreates                                                      uint64
	InTruncatedPkts, InCsumErrors, InNoRoutes                                                                                            uint64 // of the IpExt: line
}

// IPExtCounters are the IpExt: line.
type IPExtCounters struct {
	InOctets, OutOctets, InNoECTPkts, InECT1Pkts, InECT0Pkts, InCEPkts uint64
	InMcastPkts, OutMcastPkts, InBcastPkts, OutBcastPkts               uint64
	InMcastOctets, OutMcastOctets, InBcastOctets, OutBcastOctets       uint64
}

// inECN counts a packet that came in by its ECN field, RFC 3168 section 5.
func (c *IPExtCounters) inECN(tos uint8) {
	switch tos & ecnMask {
	case 0:
		c.InNoECTPkts++
	case 1:
		c.InECT1Pkts++
	case 2:
		c.InECT0Pkts++
	case 3:
		c.InCEPkts++
	}
}

// inMcast counts a packet to a multicast address that came in, inBcast one to a
// broadcast address; n is its length in bytes. outMcast and outBcast count what
// is sent.

func (c *IPExtCounters) inMcast(n int)  { c.InMcastPkts++; c.InMcastOctets += uint64(n) }
func (c *IPExtCounters) inBcast(n int)  { c.InBcastPkts++; c.InBcastOctets += uint64(n) }
func (c *IPExtCounters) outMcast(n int) { c.OutMcastPkts++; c.OutMcastOctets += uint64(n) }
func (c *IPExtCounters) outBcast(n int) { c.OutBcastPkts++; c.OutBcastOctets += uint64(n) }

// UDPCounters are the Udp: line.
type UDPCounters struct {
	InDatagrams, NoPorts, InErrors, OutDatagrams, RcvbufErrors, InCsumErrors uint64
}

// TCPCounters are the Tcp: line. CurrEstab is a number of now, not of all
// time.
type TCPCounters struct {
	ActiveOpens, PassiveOpens, AttemptFails, EstabResets, CurrEstab, InSegs, OutSegs, RetransSegs, InErrs, OutRsts, InCsumErrors uint64
}

// TCPExtCounters are of the TcpExt: line.
type TCPExtCounters struct {
	ArpFilter, IPReversePathFilter                                                uint64
	TCPAbortOnClose, TCPAbortOnTimeout, TCPLossProbes, TCPSynRetrans, TCPTimeouts uint64
}

// ICMPCounters are the Icmp: and IcmpMsg: lines.
type ICMPCounters struct {
	InMsgs, InErrors, InCsumErrors, OutMsgs, OutErrs uint64
	OutRateLimitGlobal, OutRateLimitHost             uint64
	InType, OutType                                  [19]uint64
}

// Counters are the counters of the namespace at this instant, all of them.
func (ns *Namespace) Counters() Counters {
	c := ns.MIB
	if ns.frags != nil {
		f := ns.frags.Stats()
		c.IP.ReasmReqds, c.IP.ReasmOKs, c.IP.ReasmFails, c.IP.ReasmTimeout = f.Reqds, f.OKs, f.Fails, f.Timeouts
	}
	return c
}

// In counts a message that came in.
func (c *ICMPCounters) In(t packet.ICMPType) {
	if int(t) < len(c.InType) {
		c.InType[t]++
	}
}

// Out counts a message that is sent.
func (c *ICMPCounters) Out(t packet.ICMPType) {
	if int(t) < len(c.OutType) {
		c.OutType[t]++
	}
}
