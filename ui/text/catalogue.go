package text

// phrase names a sentence of the catalogue.
type phrase uint8

const (
	sayNotRoute phrase = iota
	sayNotRouteMore
	sayNotRouteWhy
	sayNoRoute
	sayBroadcast
	sayNeigh
	sayNeighBy
	sayNeighWaited
	sayHoldARP
	sayARPProxy
	sayARPOwn
	sayARPAnswers
	sayARPLearnt
	sayARPKnown
	sayARPFor
	sayARPLater
	sayIgnored
	sayTTL
	sayNoNAT
	sayNAT
	sayNATEntry
	saySource
	sayDestination
	saySourcePort
	sayDestinationPort
	sayIdent
	sayConnNew
	sayConnRelated
	sayConnInvalid
	sayConnUntracked
	sayPolicy
	sayEncap
	sayEncapDF
	sayEncapNoDF
	sayEncapVXLAN
	sayDecap
	sayDecapVXLAN
	sayFragHold
	sayFragWhole
	sayFragCut
	sayEchoAnswered
	sayICMPError
	sayICMPLimited
	sayDeliver
	sayHint
	sayTooBig
	sayForwards
	sayPolicyRule
	sayNotChecked
	sayWayBackRight
	sayWayBackWrong
	sayWayBackLoose
	sayEntryState
	sayARPProxyWay
	sayARPNotProxy
	sayConnAnswered
	sayConnKnown
	sayConnEntry
	sayConnWas
	sayConnDiff
	sayConnGone
	sayConnSet
	sayConnReply
	sayConnTimeout
	sayPassed
	sayChains
	sayMarked
	sayCounter
	sayDecapFrom
	sayTyped
	sayStale
	sayDelay
	sayProbe
	sayPermanent

	sayCommand
	sayNoOutput
	sayExit
	sayStep
	sayBecause
	sayNoExpect
	sayVerdictOK
	sayVerdictFailed
	sayVerdictNothing
	sayPackets
	sayPacketsDropped
	sayPacketsWrong
	saySeed

	numPhrases
)

// phrases are the sentences. {0}, {1} … stand for what is filled in; Korean
// puts it where no particle depends on its last sound.
var phrases = [numPhrases][numLangs]string{
	sayNotRoute:        {"not {0}", "선택되지 않음: {0}"},
	sayNotRouteMore:    {" ({0}), not {1}", " ({0}), {1}"},
	sayNotRouteWhy:     {" ({0})", " ({0})"},
	sayNoRoute:         {"no table has a route to {0}", "{0}에 맞는 경로가 어느 테이블에도 없음"},
	sayBroadcast:       {"a broadcast: no route is looked up", "브로드캐스트: 경로를 찾지 않음"},
	sayNeigh:           {"{0} is {1}", "{0} → {1}"},
	sayNeighBy:         {" (answered by {0}: {1})", " ({0} 응답: {1})"},
	sayNeighWaited:     {", after waiting {0} for ARP", ", ARP 대기 {0} 후"},
	sayHoldARP:         {"{0} is not known on {1}: the packet waits while ARP asks", "{1}에서 {0}의 MAC을 아직 모름: ARP로 묻는 동안 패킷이 기다림"},
	sayARPProxy:        {"answers for another machine: {0}", "다른 머신을 대신해 응답: {0}"},
	sayARPOwn:          {"answers: {0} is its own address", "응답: 자신의 주소 {0}"},
	sayARPAnswers:      {"answers", "응답"},
	sayARPLearnt:       {"learnt: {0} is {1}", "알게 됨: {0} → {1}"},
	sayARPKnown:        {"nobody here waits for it", "여기서는 기다리는 곳이 없음"},
	sayARPFor:          {"a packet to {0} waits for the answer", "목적지가 {0}인 패킷이 이 응답을 기다림"},
	sayARPLater:        {"will answer after a random delay (proxy_delay)", "무작위 지연 후 응답 (proxy_delay)"},
	sayIgnored:         {"ignored: {0}", "무시: {0}"},
	sayTTL:             {"ttl {0} -> {1}", "ttl {0} -> {1}"},
	sayNoNAT:           {"not translated", "변환하지 않음"},
	sayNAT:             {"{0} {1} -> {2}", "{0} {1} -> {2}"},
	sayNATEntry:        {"as the conntrack entry says: {0}", "conntrack 항목대로: {0}"},
	saySource:          {"source", "출발지"},
	sayDestination:     {"destination", "목적지"},
	saySourcePort:      {"source port", "출발지 포트"},
	sayDestinationPort: {"destination port", "목적지 포트"},
	sayIdent:           {"id", "id"},
	sayConnNew:         {"NEW: the first packet of a connection", "NEW: 연결의 첫 패킷"},
	sayConnRelated:     {"RELATED: an error about a known connection", "RELATED: 알려진 연결에 대한 오류"},
	sayConnInvalid:     {"INVALID: fits no connection, NAT leaves it alone", "INVALID: 어떤 연결에도 맞지 않음, NAT 대상이 아님"},
	sayConnUntracked:   {"UNTRACKED: a rule said so", "UNTRACKED: 규칙에 따라 추적하지 않음"},
	sayPolicy:          {"{0} policy", "{0} 기본 정책"},
	sayEncap:           {"+ 20 bytes: {0} > {1}, proto 4 (IPIP), ttl {2} ", "+ 20 바이트: {0} > {1}, proto 4 (IPIP), ttl {2} "},
	sayEncapDF:         {"and DF copied from inside", "및 DF는 안쪽에서 복사"},
	sayEncapNoDF:       {"copied from inside, no DF", "는 안쪽에서 복사, DF 없음"},
	sayEncapVXLAN:      {"+ 50 bytes: {0} > {1}, UDP {2} > {3} (VXLAN), ttl {4}", "+ 50 바이트: {0} > {1}, UDP {2} > {3} (VXLAN), ttl {4}"},
	sayDecapVXLAN:      {"- 50 bytes: {0} > {1} comes out and enters by {2}", "- 50 바이트: 안쪽 패킷 {0} > {1}, {2}에서 수신"},
	sayDecap:           {"- 20 bytes: {0} > {1} comes out and enters by {2}", "- 20 바이트: 안쪽 패킷 {0} > {1}, {2}에서 수신"},
	sayFragHold:        {"a fragment: waits for the others", "조각: 나머지 조각을 기다림"},
	sayFragWhole:       {"all fragments are here: {0} bytes", "모든 조각 도착: {0} 바이트"},
	sayFragCut:         {"{0} bytes do not fit into MTU {1}: cut into fragments", "{0} 바이트는 MTU {1}보다 큼: 조각으로 나눔"},
	sayEchoAnswered:    {"an echo request for this machine: it answers", "이 머신에 온 echo request: 응답함"},
	sayICMPError:       {"an ICMP error goes back to {0}", "{0}에 ICMP 오류를 돌려보냄"},
	sayICMPLimited:     {"no ICMP message: {0}", "ICMP 메시지 없음: {0}"},
	sayDeliver:         {"to the program that waits for it", "기다리던 프로그램에 전달"},
	sayHint:            {"hint: {0}", "힌트: {0}"},
	sayTooBig:          {"{0} bytes, MTU {1}", "{0} 바이트, MTU {1}"},
	sayForwards:        {"allowed by {0}", "{0}이므로 포워딩함"},
	sayPolicyRule:      {"found by rule {0}", "정책 규칙(ip rule) {0}"},
	sayNotChecked:      {"{0}: nobody checks the way back to the source", "{0}: 출발지로 돌아가는 경로를 검사하지 않음"},
	sayWayBackRight:    {"{0}: the way back to {1} is {2}, by the interface it came in by", "{0}: {1}(으)로 돌아가는 경로는 {2}, 들어온 인터페이스와 같음"},
	sayWayBackLoose:    {"{0}: any way back to {1} will do: {2}", "{0}: {1}(으)로 돌아가는 경로가 있기만 하면 됨: {2}"},
	sayWayBackWrong:    {"the way back to {0} is {1}, but it came in by {2}", "{0}(으)로 돌아가는 경로는 {1}, 그러나 들어온 인터페이스는 {2}"},
	sayEntryState:      {"the entry: {0} -> {1}", "이웃 항목: {0} -> {1}"},
	sayARPProxyWay:     {"because its own way to {0} is {1}, not by {2}", "이유: 이 머신에서 {0}(으)로 가는 경로는 {1}, {2} 쪽이 아님"},
	sayARPNotProxy:     {"{0}; the way to {1} from here: {2}", "{0}; 여기서 {1}(으)로 가는 경로: {2}"},
	sayConnAnswered:    {"{0}: the first packet of the other direction", "{0}: 반대 방향의 첫 패킷"},
	sayConnKnown:       {"{0}: a known connection", "{0}: 알려진 연결"},
	sayConnEntry:       {"entry: {0}", "항목: {0}"},
	sayConnWas:         {"before: {0}", "이전: {0}"},
	sayConnDiff:        {"changed: {0}", "변화: {0}"},
	sayConnGone:        {"{0} is gone", "{0} 사라짐"},
	sayConnSet:         {"{0} is new", "{0} 추가됨"},
	sayConnReply:       {"reply ", "응답 쪽 "},
	sayConnTimeout:     {"timeout {0} -> {1} s", "timeout {0} -> {1}초"},
	sayPassed:          {"{0}: rules met: {1}, passed", "{0}: 만난 규칙 {1}개, 통과"},
	sayMarked:          {"that mark was set by {0}", "그 mark를 붙인 규칙: {0}"},
	sayChains:          {"rules met: {0}, in {1}", "만난 규칙 {0}개: {1}"},
	sayCounter:         {"counted: nstat {0}", "카운터 증가: nstat {0}"},
	sayTyped:           {"a command that was typed", "입력한 명령"},
	sayDecapFrom:       {"the outer header from {0} ends here", "{0}에서 붙인 바깥 헤더는 여기서 끝남"},
	sayStale:           {"known but not confirmed lately: it is used at once, and asked about after delay_first_probe_time (5 s) unless a program confirms it before", "알지만 최근에 확인되지 않음: 바로 쓰고, 그 사이 확인되지 않으면 delay_first_probe_time(5초) 뒤 ARP로 물음"},
	sayDelay:           {"in use, soon to be asked about by ARP", "사용 중, 곧 ARP로 확인"},
	sayProbe:           {"in use, while ARP asks it directly", "사용 중, ARP가 직접 묻는 중"},
	sayPermanent:       {"set by hand: ARP is not asked", "직접 설정됨: ARP로 묻지 않음"},

	sayCommand:        {"{0}$ {1}", "{0}$ {1}"},
	sayNoOutput:       {"(no output)", "(출력 없음)"},
	sayExit:           {"(exit status {0})", "(종료 상태 {0})"},
	sayStep:           {"step {0}", "단계 {0}"},
	sayBecause:        {"because: {0}", "이유: {0}"},
	sayNoExpect:       {"no expectation was checked: this is not a pass", "확인한 기대가 없음: 통과가 아님"},
	sayVerdictOK:      {"{0}: all {1} expectations met", "{0}: 기대 {1}개 모두 충족"},
	sayVerdictFailed:  {"{0}: {1} of {2} expectations FAILED", "{0}: 기대 {2}개 중 {1}개 실패(FAILED)"},
	sayVerdictNothing: {"{0}: nothing was checked", "{0}: 확인한 것이 없음"},
	sayPackets: {"packets: created {0} + copied {1} = delivered {2} + absorbed {3} + dropped {4} + queued {5}",
		"패킷: 생성 {0} + 복사 {1} = 전달 {2} + 흡수 {3} + 폐기 {4} + 대기 {5}"},
	sayPacketsDropped: {"dropped: {0}", "폐기: {0}"},
	sayPacketsWrong:   {"the packets do not add up: {0}", "패킷 수가 맞지 않음: {0}"},
	saySeed:           {"lab {0}, seed {1}, {2} events", "lab {0}, seed {1}, 이벤트 {2}개"},
}

// say adds a sentence with its gaps filled in.
func (l Lang) say(dst []byte, p phrase, args ...string) []byte {
	s := phrases[p][l]
	for i := 0; i < len(s); i++ {
		if s[i] == '{' && i+2 < len(s) && s[i+2] == '}' {
			if n := int(s[i+1] - '0'); n >= 0 && n < len(args) {
				dst = append(dst, args[n]...)
			}
			i += 2
			continue
		}
		dst = append(dst, s[i])
	}
	return dst
}

func (l Lang) text(p phrase, args ...string) string { return string(l.say(nil, p, args...)) }
