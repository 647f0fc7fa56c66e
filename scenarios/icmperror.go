package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// icmpErrorCheck counts the ICMP errors that arrive at a machine.
type icmpErrorCheck struct {
	refs
	want  *topology.ExpectedICMPError
	netns string
	kind  uint32 // of want.Type
	code  int    // of want.Code, -1 is any

	counted
	mtu    map[packet.ID]int // of errors on their way
	others []string
	seq    uint64 // of the first of these
}

func (c *compiler) icmpError(s *topology.Step, x *topology.ExpectedICMPError, path string) check {
	i := &icmpErrorCheck{refs: c.refs, want: x, netns: c.machine(x.To, s, path, "to"), code: -1, mtu: map[packet.ID]int{}}
	if i.netns == "" {
		return nil
	}
	i.kind, _ = named(formICMPType, x.Type)
	if x.Code != "" {
		if i.code = slices.Index(topology.ICMPCodes(), x.Code); i.code < 0 {
			i.code, _ = strconv.Atoi(x.Code) // package topology has read it
		}
	}
	return i
}

func (c *icmpErrorCheck) text() string {
	x := c.want
	text := atLeast(x.Count, "ICMP error")
	if x.Type != "" {
		text += " " + x.Type
	}
	if x.Code != "" {
		text += " " + x.Code
	}
	if x.MTU != nil {
		text += fmt.Sprintf(" mtu %d", *x.MTU)
	}
	if x.From.IsValid() {
		text += " from " + x.From.String()
	}
	return text + " arriving at " + c.netns
}

func (c *icmpErrorCheck) see(e *sim.Event, _ *trail) {
	f := e.After
	if e.NetNS != c.netns || f.ARP || f.Proto != packet.ProtoICMP || !isError(f.ICMPType) {
		return
	}
	if _, ok := crossing(e); ok {
		for _, l := range layersOf(c.linkType(place{e.NetNS, e.Dev}), e.Frame) {
			if l.name == "icmp" {
				c.mtu[e.Packet] = packet.ICMP(l.bytes).MTU()
				break
			}
		}
	}
	if e.Verdict != trace.Deliver {
		return
	}
	mtu := c.mtu[e.Packet]
	delete(c.mtu, e.Packet)
	x, tooBig := c.want, f.ICMPType == uint8(packet.ICMPUnreachable) && f.ICMPCode == packet.CodeFragNeeded
	if isAddr(x.From, f.Src) && (x.Type == "" || c.kind == uint32(f.ICMPType)) && (c.code < 0 || c.code == int(f.ICMPCode)) && (x.MTU == nil || tooBig && *x.MTU == mtu) {
		c.add(x.Count, decisionOf(e))
		return
	}
	if len(c.others) < 3 {
		if c.seq == 0 {
			c.seq = e.Seq
		}
		text := "another error: " + errorText(f.ICMPType, f.ICMPCode)
		if tooBig {
			text += fmt.Sprintf(" mtu %d", mtu)
		}
		c.others = append(c.others, fmt.Sprintf("%s from %s in %s", text, packet.AddrFrom32(f.Src), decisionOf(e)))
	}
}

func isError(icmpType uint8) bool {
	switch packet.ICMPType(icmpType) {
	case packet.ICMPUnreachable, packet.ICMPSourceQuench, packet.ICMPRedirect, packet.ICMPTimeExceeded, packet.ICMPParamProblem:
		return true
	}
	return false
}

func errorText(icmpType, code uint8) string {
	text := show(formICMPType, uint32(icmpType))
	if codes := topology.ICMPCodes(); packet.ICMPType(icmpType) == packet.ICMPUnreachable && int(code) < len(codes) {
		return text + " " + codes[code]
	}
	return fmt.Sprintf("%s code %d", text, code)
}

func (c *icmpErrorCheck) judge(o *outcome) verdict {
	return c.counted.judge(c.want.Count, c.text(), func() (string, uint64) {
		if len(c.others) > 0 {
			return strings.Join(c.others, "\n"), c.seq
		}
		return o.journal.fate()
	})
}
