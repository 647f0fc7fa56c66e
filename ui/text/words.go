package text

import (
	"strings"

	"hoplab/sim/fib"
)

// The lower layers hand up a few facts as English words: why a route lost,
// which condition of a rule did not hold, who answered ARP. This file says
// them in Korean; what it does not know stays as it is.

// koWhy says in Korean why a route was not taken.
var koWhy = [...]string{
	fib.NotContained:  "이 주소를 포함하지 않음",
	fib.OtherRule:     "그 테이블로 가는 규칙이 없음",
	fib.EarlierTable:  "다른 테이블이 먼저 답함",
	fib.ShorterPrefix: "프리픽스가 더 짧음",
	fib.OtherTOS:      "tos가 다름",
	fib.TooWide:       "scope가 너무 넓음",
	fib.Down:          "링크가 내려감",
	fib.OtherDev:      "다른 장치",
	fib.Thrown:        "throw: 다음 규칙으로",
	fib.Suppressed:    "규칙이 억제함",
	fib.HigherMetric:  "metric이 더 큼",
	fib.LaterAdded:    "목록에서 뒤에 있음",
}

// why says why a route was not taken.
func (l Lang) why(en string) string {
	if l == Korean {
		for w, ko := range koWhy {
			if fib.Why(w).String() == en {
				return ko
			}
		}
	}
	return en
}

// answer says what made a machine answer ARP.
func (l Lang) answer(en string) string {
	if l == Korean {
		if addr, ok := strings.CutPrefix(en, "its own address"); ok {
			return "자신의 주소" + addr
		}
		if dev, ok := strings.CutPrefix(en, "proxy_arp on "); ok {
			return dev + "의 proxy_arp"
		}
	}
	return en
}

// By says who put something there. Names and places in files stay as they are.
func (l Lang) By(en string) string {
	if en == "ip" || en == "shell" {
		return l.text(sayTyped)
	}
	if l != Korean {
		return en
	}
	if en == "kernel" {
		return "커널"
	}
	if pod, ok := strings.CutPrefix(en, "CNI plugin: pod "); ok {
		return "CNI 플러그인: 파드 " + pod
	}
	who, what, ok := strings.Cut(en, ": ")
	if !ok || who != "BIRD" && who != "Felix" {
		return en
	}
	from, of, _ := strings.Cut(what, ", ")
	switch {
	case from == "own block":
		from = "자신의 블록"
	case strings.HasPrefix(from, "learnt from "):
		from = strings.TrimPrefix(from, "learnt from ") + "에서 학습"
	case strings.HasPrefix(from, "to "):
		from = strings.TrimPrefix(from, "to ") + " 쪽 경로"
	}
	if of == "" {
		return who + ": " + from
	}
	if pods, n, more := strings.Cut(of, " and "); more {
		of = pods + " 외 " + strings.TrimSuffix(n, " more") + "개"
	}
	if pods, ok := strings.CutPrefix(of, "block of "); ok {
		of = pods + "의 블록"
	} else if pods, ok := strings.CutPrefix(of, "address of "); ok {
		of = pods + "의 주소"
	}
	return who + ": " + from + ", " + of
}

// neighState says what a state of a neighbour that is used means; nothing where
// there is nothing to add.
func (l Lang) neighState(state string) string {
	switch state {
	case "STALE":
		return l.text(sayStale)
	case "DELAY":
		return l.text(sayDelay)
	case "PROBE":
		return l.text(sayProbe)
	case "PERMANENT":
		return l.text(sayPermanent)
	}
	return ""
}

// koSubjects are what conditions of rules speak of.
var koSubjects = strings.NewReplacer(
	"source port", "출발지 포트", "destination port", "목적지 포트", "source", "출발지", "destination", "목적지",
	"connection state", "연결 상태", "connection mark", "연결 mark", "input interface", "들어온 인터페이스", "output interface", "나갈 인터페이스",
	"protocol", "프로토콜", "reverse path", "역경로", "length", "길이", "TCP flags", "TCP 플래그", "TCP option", "TCP 옵션", "ICMP type", "ICMP 타입", "packet type", "패킷 종류", "a port", "포트", "sender", "보낸 MAC")

// koValues are what conditions compare with, where that is words.
var koValues = strings.NewReplacer(" under mask ", " / ", "by the input interface", "들어온 인터페이스", "the nomatch entries of ", "nomatch 항목 ", "within the limit", "제한 안",
	"chosen by chance", "무작위로 뽑힘", "the packet whose turn it was", "차례가 된 패킷", "a later fragment", "뒤쪽 조각", " on the input interface", " (들어온 인터페이스 기준)", " on the output interface", " (나갈 인터페이스 기준)")

// Facts says which conditions of a rule held, and which one did not, as
// netfilter.Rule.Explain puts it in English.
func (l Lang) Facts(en string) string { return l.facts(en) }

// facts says which conditions of a rule held, and which one did not.
func (l Lang) facts(en string) string {
	if l != Korean {
		return en
	}
	if en == "it matches every packet" {
		return "모든 패킷에 해당"
	}
	var b strings.Builder
	for i, part := range strings.Split(en, ", but ") {
		if i > 0 {
			b.WriteString(", 그러나 ")
		}
		for j, fact := range strings.Split(strings.ReplaceAll(part, " and ", ", "), ", ") {
			if j > 0 {
				b.WriteString(", ")
			}
			koFact(&b, fact)
		}
	}
	return b.String()
}

// koFact says "source not in cali40masq-ipam-pools" and its like in Korean.
func koFact(b *strings.Builder, fact string) {
	for _, w := range [...]struct{ en, ko string }{
		{" not in ", " ∉ "}, {" in ", " ∈ "}, {" is not ", " ≠ "}, {" is ", " = "},
	} {
		if subject, value, ok := strings.Cut(fact, w.en); ok {
			b.WriteString(koSubjects.Replace(subject))
			b.WriteString(w.ko)
			b.WriteString(koValues.Replace(value))
			return
		}
	}
	b.WriteString(fact)
}
