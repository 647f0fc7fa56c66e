package scenarios

import "hoplab/topology"

// Misconception gives the words of a misconception: those of a known name, or the
// text itself.
func Misconception(t topology.Text) topology.Text {
	if t.KO == "" {
		for _, m := range Misconceptions() {
			if m.Name == t.EN {
				return m.Words
			}
		}
	}
	return t
}

// KnownMisconception is one that questions may name.
type KnownMisconception struct {
	Name  string
	Words topology.Text // what somebody who has it believes, and what is so
}

// Misconceptions are those that are known, by name.
func Misconceptions() []KnownMisconception {
	m := func(name, en, ko string) KnownMisconception {
		return KnownMisconception{name, topology.Text{EN: en, KO: ko}}
	}
	return []KnownMisconception{
		m("a-node-is-a-switch",
			"The node is taken for a switch. It is a router: each pod is behind a route of its own, and each packet that it forwards loses 1 of its TTL.",
			"노드를 스위치로 생각했습니다. 노드는 라우터입니다: 파드마다 라우트가 따로 있고, 전달할 때마다 TTL이 1 줄어듭니다."),
		m("a-tunnel-costs-nothing",
			"The tunnel is taken for free. IPIP puts a second IP header of 20 bytes in front of every packet.",
			"터널에는 비용이 없다고 생각했습니다. IPIP는 모든 패킷 앞에 20바이트 IP 헤더를 하나 더 붙입니다."),
		m("all-pod-traffic-is-tunnelled",
			"All traffic of pods is thought to go through the tunnel. Only the route decides: tunl0 is the way to pods of other nodes, and to nothing else.",
			"파드의 트래픽은 모두 터널을 지난다고 생각했습니다. 결정하는 것은 라우트뿐입니다: tunl0은 다른 노드의 파드로 가는 길이고, 다른 곳으로는 쓰이지 않습니다."),
		m("conntrack-keeps-one-address",
			"Connection tracking is thought to know one pair of addresses. An entry has two: that of the request, and that in which the answer is awaited. After a translation they differ.",
			"연결 추적은 주소 쌍을 하나만 기억한다고 생각했습니다. 엔트리에는 두 개가 있습니다: 요청의 것과, 기다리는 응답의 것. 주소가 변환되면 둘이 서로 다릅니다."),
		m("ens5-shows-icmp",
			"The inner packet is looked for on the wire. There the first header is the node's, with protocol 4; a filter looks at that one.",
			"물리 인터페이스에서 안쪽 패킷을 찾았습니다. 그곳의 첫 헤더는 프로토콜 4인 노드의 헤더이고, 필터는 그 헤더를 봅니다."),
		m("macs-go-end-to-end",
			"The MAC address is thought to be that of the far end. A frame goes one hop: its destination is the next hop's, and each router makes a new one.",
			"MAC 주소가 최종 목적지의 것이라고 생각했습니다. 프레임은 한 홉만 갑니다: 목적지는 다음 홉의 MAC이고, 라우터마다 새 프레임을 만듭니다."),
		m("nat-changes-addresses-only",
			"Translation is thought to change addresses only. To tell the answers of many pods apart it may also change the port, and for ICMP the identifier.",
			"NAT는 주소만 바꾼다고 생각했습니다. 여러 파드의 응답을 구분하기 위해 포트도, ICMP에서는 id도 바꿀 수 있습니다."),
		m("pod-addresses-are-seen-outside",
			"The pod's address is thought to be seen outside of the cluster. Nobody there has a route back to it, so the node puts its own in its place (natOutgoing).",
			"파드의 주소가 클러스터 밖에서도 보인다고 생각했습니다. 밖에는 그 주소로 돌아오는 라우트가 없으므로, 노드가 자기 주소로 바꿉니다(natOutgoing)."),
		m("pods-are-translated-inside",
			"Translation between pods is expected. Inside the pool every pod sees the other's own address.",
			"파드 사이에서도 주소가 변환된다고 생각했습니다. 풀 안에서는 모든 파드가 상대의 원래 주소를 봅니다."),
		m("the-gateway-has-an-address",
			"A machine with the gateway's address is looked for. 169.254.1.1 belongs to nobody: the node's cali interface answers ARP in its name (proxy_arp).",
			"게이트웨이 주소를 가진 장치를 찾았습니다. 169.254.1.1은 누구의 것도 아닙니다: 노드의 cali 인터페이스가 대신 ARP에 응답합니다(proxy_arp)."),
		m("the-outer-header-has-pod-addresses",
			"The outer header is thought to have the pods' addresses. It goes from node to node; the network between them knows no pod.",
			"바깥 헤더에 파드의 주소가 있다고 생각했습니다. 바깥 헤더는 노드에서 노드로 갑니다. 노드 사이의 네트워크는 파드를 모릅니다."),
		m("the-tunnel-is-a-hop",
			"The tunnel is counted as a hop of its own. Only hosts that forward take 1 of the inner TTL, and each of them takes it once.",
			"터널을 홉 하나로 세었습니다. 안쪽 TTL은 전달하는 호스트만 1씩 줄이고, 호스트마다 한 번입니다."),
	}
}
