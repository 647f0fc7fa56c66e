package text

import (
	"strings"

	"hoplab/sim/trace"
)

// koReason is what a reason means in Korean. An empty hint stands for the
// English one, which then is only commands.
type koReason struct{ sentence, hint string }

// korean is the Korean half of the table in sim/trace.
func korean(r trace.Reason) (koReason, bool) {
	switch r {
	case trace.ReasonNone:
		return koReason{"설명할 것이 없음", ""}, true
	case trace.NoSocket:
		return koReason{"듣고 있는 프로그램이 없음", "대상에서 ss -lnu, ss -lnt"}, true
	case trace.PktTooSmall:
		return koReason{"헤더에 적힌 길이보다 짧음", "캡처나 패킷이 잘렸는지 확인"}, true
	case trace.IPCsum:
		return koReason{"IPv4 헤더 체크섬이 틀림", "링크에서 손상되었나? nstat IpInHdrErrors"}, true
	case trace.ICMPCsum:
		return koReason{"ICMP 체크섬이 틀림", "링크에서 손상되었나? nstat IcmpInCsumErrors"}, true
	case trace.UDPCsum:
		return koReason{"UDP 체크섬이 틀림", "링크에서 손상되었나? nstat UdpInCsumErrors"}, true
	case trace.TCPCsum:
		return koReason{"TCP 체크섬이 틀림", "링크에서 손상되었나? nstat TcpInCsumErrors"}, true
	case trace.IPInHdr:
		return koReason{"IPv4 헤더 형식이 잘못됨", ""}, true
	case trace.IPRPFilter:
		return koReason{"역경로 필터: 출발지로 돌아가는 경로가 들어온 인터페이스로 나가지 않음", ""}, true
	case trace.UnicastInL2Multicast:
		return koReason{"유니캐스트 IP 패킷이 브로드캐스트 프레임으로 들어옴", "누가 그 MAC으로 보냈는지 확인"}, true
	case trace.IPNoProto:
		return koReason{"이 IP 프로토콜을 처리하는 것이 없음", "ipip 패킷에는 tunl0이 필요"}, true
	case trace.OtherHost:
		return koReason{"다른 MAC 주소로 가는 프레임", "공유 세그먼트에서는 정상"}, true
	case trace.NetfilterDrop:
		return koReason{"netfilter 규칙이 폐기함", "iptables -S로 규칙 확인"}, true
	case trace.IPOutNoRoutes, trace.IPInNoRoutes:
		return koReason{"목적지로 가는 경로가 없음", ""}, true
	case trace.IPInAddrErrors:
		return koReason{"여기서 받아들일 수 없는 주소", ""}, true
	case trace.IPMartianSource:
		return koReason{"바깥에서 올 수 없는 출발지 주소", "같은 주소가 여기에도 설정되어 있는지 확인"}, true
	case trace.IPMartianDestination:
		return koReason{"라우팅할 수 없는 목적지 주소", "127.0.0.0/8에는 route_localnet 필요"}, true
	case trace.NeighFailed:
		return koReason{"다음 홉에 대한 ARP에 아무도 응답하지 않음", "ip neigh; 다음 홉이 켜져 있고 이 링크에 있는지 확인"}, true
	case trace.NeighQueueFull:
		return koReason{"같은 ARP 응답을 기다리는 패킷이 너무 많음", ""}, true
	case trace.NeighDead:
		return koReason{"이웃 항목이 사라짐", ""}, true
	case trace.NeighCreateFail:
		return koReason{"이웃 항목을 만들 수 없음", ""}, true
	case trace.PktTooBig:
		return koReason{"나가는 쪽 MTU보다 크고 조각낼 수 없음 (DF)", ""}, true
	case trace.FragReasmTimeout:
		return koReason{"나머지 조각이 제때 오지 않음", "nstat IpReasmTimeout; 조각 하나가 유실되었는지 확인"}, true
	case trace.FragTooFar:
		return koReason{"이 조각을 붙이면 65535 바이트를 넘음", ""}, true
	case trace.DupFrag:
		return koReason{"같은 조각이 이미 왔음", ""}, true
	case trace.FragNoMem:
		return koReason{"기다리는 조각이 이미 너무 많음", ""}, true
	case trace.DevReady:
		return koReason{"인터페이스가 내려가 있음", ""}, true
	case trace.UnhandledProto:
		return koReason{"이 EtherType을 처리하는 것이 없음", ""}, true
	case trace.TTLExpired:
		return koReason{"TTL이 다 됨: 라우터는 더 보낼 수 없음", "traceroute로 경로의 라우터 확인"}, true
	case trace.Blackhole:
		return koReason{"blackhole 경로가 조용히 버림", "ip route get DESTINATION; 그 주소를 가진 파드가 있는지 확인"}, true
	case trace.Unreachable:
		return koReason{"unreachable 경로가 거부함", ""}, true
	case trace.Prohibit:
		return koReason{"prohibit 경로가 거부함", ""}, true
	case trace.ForwardingOff:
		return koReason{"다른 곳으로 가는 패킷인데 이 머신은 포워딩하지 않음", ""}, true
	case trace.NetfilterReject:
		return koReason{"REJECT 규칙이 거부함", "iptables -S로 규칙 확인"}, true
	case trace.TunnelLoop:
		return koReason{"터널의 바깥 패킷이 같은 터널로 다시 들어가게 됨", ""}, true
	case trace.TunnelNoDst:
		return koReason{"터널로 가는 경로에 게이트웨이가 없어 바깥 목적지를 모름", ""}, true
	case trace.TunnelECN:
		return koReason{"바깥과 안쪽의 ECN 표시가 서로 모순됨", "RFC 6040 4.2절"}, true
	case trace.NoTunnel:
		return koReason{"이 protocol 4 패킷을 받을 터널 장치가 없음", "ip -d link show tunl0; 올라와 있는지 확인"}, true
	case trace.ConntrackInvalid:
		return koReason{"연결 추적이 이해할 수 없는 패킷", ""}, true
	case trace.ConntrackFull:
		return koReason{"연결 추적 테이블이 가득 참", ""}, true
	case trace.NATFailed:
		return koReason{"변환할 빈 포트나 id가 없음", ""}, true
	case trace.QdiscDrop:
		return koReason{"인터페이스의 큐잉 규칙(qdisc)이 버렸거나 자리가 없음", "tc -s qdisc show dev IF"}, true
	case trace.LinkLoss:
		return koReason{"링크에서 유실됨 (랩의 loss 설정)", "랩의 loss 설정"}, true
	case trace.LinkCorrupt:
		return koReason{"링크에서 비트가 뒤집힘 (랩의 corrupt 설정)", "랩의 corrupt 설정"}, true
	case trace.LinkDown:
		return koReason{"링크의 반대편이 내려가 있음", "반대편에서 ip link show"}, true
	case trace.NoMaster:
		return koReason{"브리지가 내보내지 않음", ""}, true
	case trace.MTUExceeded:
		return koReason{"프레임이 인터페이스의 MTU보다 큼", ""}, true
	case trace.ARPNotForUs:
		return koReason{"이 머신이 응답하지 않는 주소를 물음", ""}, true
	case trace.ICMPIgnored:
		return koReason{"이 ICMP 메시지에는 여기서 할 일이 없음", ""}, true
	case trace.RateLimited:
		return koReason{"ICMP 오류를 보낼 차례지만 이 대상에 대한 속도 제한을 다 씀", ""}, true
	case trace.LocalError:
		return koReason{"보내는 프로그램이 오류를 받았고 아무것도 나가지 않음", ""}, true
	case trace.IPOptions:
		return koReason{"IP 옵션 형식이 잘못됨", ""}, true
	case trace.SourceRoute:
		return koReason{"소스 라우팅은 거부됨", ""}, true
	case trace.TTLZero:
		return koReason{"TTL이 0이었음", ""}, true
	case trace.LinkReorder:
		return koReason{"링크에서 뒤의 패킷에게 추월당함 (랩의 reorder 설정)", "랩의 reorder 설정"}, true
	case trace.LinkDuplicate:
		return koReason{"링크에서 복제됨 (랩의 duplicate 설정)", "랩의 duplicate 설정"}, true
	case trace.CaptureEnd:
		return koReason{"기다리는 중에 실행이 끝남", ""}, true
	case trace.VXLANInvalidHdr:
		return koReason{"VXLAN 헤더 형식이 잘못됨", "RFC 7348 5절; 보내는 쪽이 확장을 쓰는지 확인"}, true
	case trace.VXLANVNINotFound:
		return koReason{"이 네트워크 식별자(VNI)를 가진 VXLAN 장치가 없음", "ip -d link show type vxlan; 올라와 있는지 확인"}, true
	case trace.VXLANNoRemote:
		return koReason{"포워딩 데이터베이스에 보낼 상대 머신이 없음", "bridge fdb show dev IF 확인"}, true
	case trace.VXLANEntryExists:
		return koReason{"이 MAC 주소는 다른 머신 뒤에 있다고 직접 설정되어 있음", "bridge fdb show dev IF 확인"}, true
	case trace.NoTxTarget:
		return koReason{"포워딩 데이터베이스가 이 MAC 주소가 어느 머신 뒤에 있는지 모름", "bridge fdb show dev IF; ip neigh show dev IF 확인"}, true
	case trace.LocalMAC:
		return koReason{"이 인터페이스 자신의 MAC 주소에서 온 프레임", "두 머신의 MAC이 같은지 확인"}, true
	case trace.MACInvalidSource:
		return koReason{"출발지 MAC 주소가 한 머신의 것이 아님", ""}, true
	}
	return koReason{}, false
}

// ReasonName is the kernel's name of a reason, as its tracing prints it.
func ReasonName(r trace.Reason) string { return strings.ToUpper(r.String()) }

// Reason says what a reason means, and where to look; the hint may be empty.
func (l Lang) Reason(r trace.Reason) (sentence, hint string) {
	sentence, hint = r.Sentence(), r.Hint()
	if l == Korean {
		if ko, ok := korean(r); ok {
			sentence = ko.sentence
			if ko.hint != "" {
				hint = ko.hint
			}
		}
	}
	return sentence, hint
}
