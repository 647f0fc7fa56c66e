package nettools

import (
	"reflect"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/stack"
)

// counter is one MIB counter under its name in /proc/net.
type counter struct {
	name  string
	value int64
}

// mib is one pair of lines in /proc/net/snmp or /proc/net/netstat.
type mib struct {
	prefix   string // "Ip", "TcpExt"
	counters []counter
}

// The names of the counters of Linux 6.1 in the order of net/ipv4/proc.c
// (snmp4_ipstats_list and so on) and net/mptcp/mib.c. Those that
// stack.Counters has under the same name are kept; the others stay 0, for what
// they count does not exist here.
const (
	ipNames = `Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes
ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates`
	tcpNames = `RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors`
	udpNames = `InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors`

	ipExtNames = `InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets
InCsumErrors InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts ReasmOverlaps`
	tcpExtNames = `SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled RcvPruned OfoPruned OutOfWindowIcmps LockDroppedIcmps ArpFilter TW TWRecycled
TWKilled PAWSActive PAWSEstab DelayedACKs DelayedACKLocked DelayedACKLost ListenOverflows ListenDrops TCPHPHits TCPPureAcks TCPHPAcks TCPRenoRecovery TCPSackRecovery
TCPSACKReneging TCPSACKReorder TCPRenoReorder TCPTSReorder TCPFullUndo TCPPartialUndo TCPDSACKUndo TCPLossUndo TCPLostRetransmit TCPRenoFailures TCPSackFailures
TCPLossFailures TCPFastRetrans TCPSlowStartRetrans TCPTimeouts TCPLossProbes TCPLossProbeRecovery TCPRenoRecoveryFail TCPSackRecoveryFail TCPRcvCollapsed
TCPBacklogCoalesce TCPDSACKOldSent TCPDSACKOfoSent TCPDSACKRecv TCPDSACKOfoRecv TCPAbortOnData TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout TCPAbortOnLinger
TCPAbortFailed TCPMemoryPressures TCPMemoryPressuresChrono TCPSACKDiscard TCPDSACKIgnoredOld TCPDSACKIgnoredNoUndo TCPSpuriousRTOs TCPMD5NotFound TCPMD5Unexpected
TCPMD5Failure TCPSackShifted TCPSackMerged TCPSackShiftFallback TCPBacklogDrop PFMemallocDrop TCPMinTTLDrop TCPDeferAcceptDrop IPReversePathFilter TCPTimeWaitOverflow
TCPReqQFullDoCookies TCPReqQFullDrop TCPRetransFail TCPRcvCoalesce TCPOFOQueue TCPOFODrop TCPOFOMerge TCPChallengeACK TCPSYNChallenge TCPFastOpenActive
TCPFastOpenActiveFail TCPFastOpenPassive TCPFastOpenPassiveFail TCPFastOpenListenOverflow TCPFastOpenCookieReqd TCPFastOpenBlackhole TCPSpuriousRtxHostQueues
BusyPollRxPackets TCPAutoCorking TCPFromZeroWindowAdv TCPToZeroWindowAdv TCPWantZeroWindowAdv TCPSynRetrans TCPOrigDataSent TCPHystartTrainDetect TCPHystartTrainCwnd
TCPHystartDelayDetect TCPHystartDelayCwnd TCPACKSkippedSynRecv TCPACKSkippedPAWS TCPACKSkippedSeq TCPACKSkippedFinWait2 TCPACKSkippedTimeWait TCPACKSkippedChallenge
TCPWinProbe TCPKeepAlive TCPMTUPFail TCPMTUPSuccess TCPDelivered TCPDeliveredCE TCPAckCompressed TCPZeroWindowDrop TCPRcvQDrop TCPWqueueTooBig
TCPFastOpenPassiveAltKey TcpTimeoutRehash TcpDuplicateDataRehash TCPDSACKRecvSegs TCPDSACKIgnoredDubious TCPMigrateReqSuccess TCPMigrateReqFailure`
)

// fixed are the values of the Tcp: line that never change: TCP_RTO_MIN and
// TCP_RTO_MAX in ms, and no limit on connections.
func fixed(name string) (int64, bool) {
	switch name {
	case "RtoAlgorithm":
		return 1, true
	case "RtoMin":
		return 200, true
	case "RtoMax":
		return 120000, true
	case "MaxConn":
		return -1, true
	}
	return 0, false
}

// fill makes a mib of names and of the structs that have fields with those
// names.
func fill(prefix, names string, from ...any) mib {
	m := mib{prefix: prefix}
	for name := range strings.FieldsSeq(names) {
		v, _ := fixed(name)
		for _, f := range from {
			if x := reflect.ValueOf(f).FieldByName(name); x.IsValid() && x.CanUint() {
				v = int64(x.Uint())
			}
		}
		m.counters = append(m.counters, counter{name, v})
	}
	return m
}

// icmpNames are the types that the Icmp: line names, as the line has them in
// and out.
func icmpNames() []struct {
	name string
	t    packet.ICMPType
} {
	return []struct {
		name string
		t    packet.ICMPType
	}{
		{"DestUnreachs", 3}, {"TimeExcds", 11}, {"ParmProbs", 12}, {"SrcQuenchs", 4}, {"Redirects", 5}, {"Echos", 8}, {"EchoReps", 0},
		{"Timestamps", 13}, {"TimestampReps", 14}, {"AddrMasks", 17}, {"AddrMaskReps", 18},
	}
}

// icmpMIB is the Icmp: pair of lines, and the IcmpMsg: pair, empty while there
// was no message.
func icmpMIB(c stack.ICMPCounters) (icmp, msg mib) {
	num := func(n uint64) int64 { return int64(n) }
	icmp = mib{"Icmp", []counter{{"InMsgs", num(c.InMsgs)}, {"InErrors", num(c.InErrors)}, {"InCsumErrors", num(c.InCsumErrors)}}}
	for _, n := range icmpNames() {
		icmp.counters = append(icmp.counters, counter{"In" + n.name, num(c.InType[n.t])})
	}
	icmp.counters = append(icmp.counters, counter{"OutMsgs", num(c.OutMsgs)}, counter{"OutErrors", num(c.OutErrs)},
		counter{"OutRateLimitGlobal", num(c.OutRateLimitGlobal)}, counter{"OutRateLimitHost", num(c.OutRateLimitHost)})
	for _, n := range icmpNames() {
		icmp.counters = append(icmp.counters, counter{"Out" + n.name, num(c.OutType[n.t])})
	}
	msg.prefix = "IcmpMsg"
	for _, dir := range []struct {
		name  string
		types []uint64
	}{{"InType", c.InType[:]}, {"OutType", c.OutType[:]}} {
		for t, n := range dir.types {
			if n != 0 {
				msg.counters = append(msg.counters, counter{dir.name + strconv.Itoa(t), num(n)})
			}
		}
	}
	return icmp, msg
}

// snmpMIBs are the pairs of lines of /proc/net/snmp.
func snmpMIBs(ns *stack.Namespace) []mib {
	c := ns.Counters()
	ip := fill("Ip", ipNames, c.IP)
	ip.counters[0].value = 2 // RFC 1213: not acting as a gateway
	if v, err := ns.Sysctl("net.ipv4.ip_forward"); err == nil && v != "0" {
		ip.counters[0].value = 1
	}
	ip.counters[1].value = int64(ns.Sysctls.DefaultTTL)
	icmp, msg := icmpMIB(c.ICMP)
	all := []mib{ip, icmp}
	if len(msg.counters) > 0 {
		all = append(all, msg)
	}
	return append(all, fill("Tcp", tcpNames, c.TCP), fill("Udp", udpNames, c.UDP), fill("UdpLite", udpNames))
}

// netstatMIBs are the pairs of lines of /proc/net/netstat. The kernel of the
// recordings has no MPTCP.
func netstatMIBs(ns *stack.Namespace) []mib {
	c := ns.Counters()
	return []mib{fill("TcpExt", tcpExtNames, c.TCPExt), fill("IpExt", ipExtNames, c.IP, c.IPExt)}
}

// appendMIBs appends the pairs of lines, names above values.
func appendMIBs(b []byte, all []mib) []byte {
	for _, m := range all {
		b = append(append(b, m.prefix...), ':')
		for _, c := range m.counters {
			b = append(append(b, ' '), c.name...)
		}
		b = append(append(append(b, '\n'), m.prefix...), ':')
		for _, c := range m.counters {
			b = strconv.AppendInt(append(b, ' '), c.value, 10)
		}
		b = append(b, '\n')
	}
	return b
}
