package scenarios

import (
	"fmt"
	"strings"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// arpCheck counts the requests for an address and the replies to them that cross
// an interface, in both directions.
type arpCheck struct {
	want *topology.ExpectedARP
	at   []place

	requests, replies counted
	wrong             *decision // a reply that tells another MAC
	is                packet.MAC
	silent            *decision // what another machine did with a request
}

func (c *compiler) arp(x *topology.ExpectedARP, path string) check {
	places, err := c.interfaces(x.At, path+".at")
	if err != nil {
		c.add(err)
		return nil
	}
	return &arpCheck{want: x, at: places}
}

func (c *arpCheck) text() string {
	x := c.want
	var parts []string
	if x.Requests != nil {
		parts = append(parts, count(*x.Requests, "ARP request"))
	}
	if x.Replies != nil || x.Requests == nil {
		parts = append(parts, atLeast(x.Replies, "ARP reply"))
	}
	text := strings.Join(parts, " and ")
	if x.Who.IsValid() {
		text += " about " + x.Who.String()
	}
	if x.From.IsValid() {
		text += " asked by " + x.From.String()
	}
	if x.MAC != nil {
		text += " telling " + packet.MAC(*x.MAC).String()
	}
	return text + " at " + c.want.At.String()
}

func (c *arpCheck) see(e *sim.Event, _ *trail) {
	if !e.After.ARP {
		return
	}
	who, asker := packet.AddrFrom32(e.After.Dst), packet.AddrFrom32(e.After.Src)
	reply := e.After.A == packet.ARPReply
	if reply {
		who, asker = asker, who
	}
	x := c.want
	if x.Who.IsValid() && x.Who != who || x.From.IsValid() && x.From != asker {
		return
	}
	if !reply && e.Stage == trace.StageARP && (e.Verdict == trace.Drop || e.Verdict == trace.Absorb) {
		if c.silent == nil {
			c.silent = decisionOf(e)
		}
		return
	}
	if _, ok := crossing(e); !ok || !c.here(e) {
		return
	}
	if !reply {
		c.requests.add(x.Requests, decisionOf(e))
		return
	}
	c.replies.add(x.Replies, decisionOf(e))
	if layers := layersOf(pcap.LinkEthernet, e.Frame); x.MAC != nil && c.wrong == nil && len(layers) == 2 {
		if is := packet.ARP(layers[1].bytes).SenderMAC(); is != packet.MAC(*x.MAC) {
			c.wrong, c.is = decisionOf(e), is
		}
	}
}

func (c *arpCheck) here(e *sim.Event) bool {
	for _, p := range c.at {
		if p.netns == e.NetNS && p.dev == e.Dev {
			return true
		}
	}
	return false
}

func (c *arpCheck) judge(o *outcome) verdict {
	if gone := missing(o.lab, c.at); gone != "" && c.requests.n+c.replies.n == 0 {
		return verdict{broken: true, why: gone + " when the step is over"}
	}
	x := c.want
	if x.Requests != nil && !isCount(x.Requests, c.requests.n) {
		return c.requests.judge(x.Requests, c.text(), c.unanswered)
	}
	if x.Replies != nil || x.Requests == nil {
		if v := c.replies.judge(x.Replies, c.text(), c.unanswered); !v.ok {
			return v
		}
	}
	if c.wrong != nil {
		return verdict{why: fmt.Sprintf("expected %s, but a reply tells %s\nin %s", c.text(), c.is, c.wrong), seq: c.wrong.seq}
	}
	for _, n := range []*counted{&c.replies, &c.requests} {
		if n.first != nil {
			return verdict{ok: true, why: "in " + n.first.String(), seq: n.first.seq}
		}
	}
	return verdict{ok: true}
}

// unanswered tells why there are too few.
func (c *arpCheck) unanswered() (string, uint64) {
	if c.requests.n == 0 {
		return "nobody asked here", 0
	}
	text := fmt.Sprintf("%s, the first in %s", count(c.requests.n, "request"), c.requests.first)
	if c.replies.n == 0 && c.silent != nil {
		return text + "\nwho heard it was silent in " + c.silent.String(), c.silent.seq
	}
	return text, c.requests.first.seq
}
