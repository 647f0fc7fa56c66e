package maps

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// trip is what the packet of the cursor did so far.
type trip struct {
	hop     *replay.Hop // nil: there is no packet yet
	journey int
	order   map[string]int    // the number of the last time that it crossed an interface
	last    int               // the number of the crossing at the cursor
	wire    string            // the interface by which it has just left; empty: it is on no wire
	headers []header          // outermost first
	waiting map[string]string // the letter of the packet that waits to go out by an interface
}

// header is what a frame says about whom it is for.
type header struct {
	kind     string // "IPIP", "VXLAN": around another one
	src, dst netip.Addr
	what     string // of the innermost: "ICMP echo request"
}

// tripAt follows the packet of the cursor from its first crossing.
func tripAt(c *pane.Common) *trip {
	t := &trip{journey: -1, order: map[string]int{}, waiting: map[string]string{}}
	h := &c.S.History
	n := c.Hop()
	if n < 0 {
		return t
	}
	t.hop = &h.Hops[n]
	t.journey = t.hop.Journey
	for i := max(h.Journeys[t.journey].FirstHop, 0); i <= n; i++ {
		if x := &h.Hops[i]; x.Journey == t.journey {
			t.last++
			t.order[x.Place()] = t.last
		}
	}
	t.headers = headersOf(t.hop.Frame, t.hop.Link)
	t.wait(c)
	if d := c.Network().Device(replay.End{Machine: t.hop.NetNS, Device: t.hop.Dev}); d != nil && t.hop.Dir == trace.Out && (d.Kind == netdev.Veth || d.Kind == netdev.NIC) && t.event(c) == nil {
		t.wire = t.hop.Place()
	}
	return t
}

// farBack is how many events ago a packet may have been held that is shown.
const farBack = 200

// wait looks for other packets that are held.
func (t *trip) wait(c *pane.Common) {
	h := &c.S.History
	moved := map[int]bool{t.journey: true}
	for i := c.S.Cursor() - 1; i >= max(0, c.S.Cursor()-farBack); i-- {
		e := &h.Events[i]
		if e.Verdict == trace.Hold && !moved[e.Journey] && h.Journeys[e.Journey].FirstHop >= 0 {
			t.waiting[e.NetNS+":"+e.Dev] = c.Mark(e.Journey)
		}
		moved[e.Journey] = true
	}
}

// event is what was decided last about the packet since its crossing, nil for
// nothing.
func (t *trip) event(c *pane.Common) *replay.Event {
	h := &c.S.History
	for i := min(c.S.Cursor(), len(h.Events)) - 1; i > t.hop.Event; i-- {
		if e := &h.Events[i]; e.Journey == t.journey && (replay.Lost(e) || e.Verdict != trace.Drop) {
			return e
		}
	}
	return nil
}

// inTunnel says that the packet is inside of another one, and between whom that
// one goes.
func (t *trip) inTunnel() (h header, ok bool) {
	if len(t.headers) < 2 {
		return header{}, false
	}
	return t.headers[0], true
}

// The ports are those that tcpdump takes for VXLAN: RFC 7348 section 5 and
// Linux's own of before.
const (
	vxlanPort      = 4789
	vxlanPortLinux = 8472
)

// headersOf reads the headers of a frame that say whom it is for.
func headersOf(frame []byte, link int) []header {
	if link == pcap.LinkEthernet {
		e, err := packet.ParseEthernet(frame)
		if err != nil {
			return nil
		}
		frame = e.Payload()
		typ := e.Type()
		if typ == packet.EtherVLAN && len(frame) > 4 {
			typ, frame = packet.EtherType(uint16(frame[2])<<8|uint16(frame[3])), frame[4:]
		}
		if typ == packet.EtherARP {
			a, err := packet.ParseARP(frame)
			if err != nil {
				return nil
			}
			h := header{src: a.SenderIP(), dst: a.TargetIP(), what: "ARP who-has " + a.TargetIP().String()}
			if a.Op() == packet.ARPReply {
				h.what = "ARP " + a.SenderIP().String() + " is-at " + a.SenderMAC().String()
			}
			return []header{h}
		}
	}
	var out []header
	for len(frame) > 0 && len(out) < 4 {
		ip, err := packet.ParseIPv4(frame)
		if err != nil {
			return out
		}
		h := header{src: ip.Src(), dst: ip.Dst()}
		flow := packet.IPv4Flow(ip)
		frame = nil
		switch flow.Proto {
		case packet.ProtoIPIP:
			h.kind, frame = "IPIP", ip.Payload()
		case packet.ProtoUDP:
			h.what = fmt.Sprintf("UDP %d > %d", flow.A, flow.B)
			inner := ip.Payload()
			if u, err := packet.ParseUDP(inner); err == nil && (flow.B == vxlanPort || flow.B == vxlanPortLinux) && len(u.Payload()) > 8 {
				h.kind = "VXLAN"
				if e, err := packet.ParseEthernet(u.Payload()[8:]); err == nil {
					out = append(out, h)
					return append(out, headersOf(e, pcap.LinkEthernet)...)
				}
			}
		case packet.ProtoTCP:
			h.what = fmt.Sprintf("TCP %d > %d", flow.A, flow.B)
		case packet.ProtoICMP:
			h.what = icmpText(flow)
		default:
			h.what = "protocol " + strconv.Itoa(int(flow.Proto))
		}
		if flow.Frag&4 != 0 {
			h.what, frame = "fragment", nil
		}
		out = append(out, h)
	}
	return out
}

// icmpText names the ICMP messages that one meets, as tcpdump does.
func icmpText(f packet.Flow) string {
	switch packet.ICMPType(f.ICMPType) {
	case packet.ICMPEcho:
		return fmt.Sprintf("ICMP echo request, seq %d", f.B)
	case packet.ICMPEchoReply:
		return fmt.Sprintf("ICMP echo reply, seq %d", f.B)
	case packet.ICMPTimeExceeded:
		return "ICMP time exceeded"
	case packet.ICMPUnreachable:
		return "ICMP unreachable"
	case packet.ICMPRedirect:
		return "ICMP redirect"
	}
	return fmt.Sprintf("ICMP type %d", f.ICMPType)
}

// caption says in a few words what moves now: first where, then what.
func (t *trip) caption(c *pane.Common) (where, what string) {
	if t.hop == nil {
		return "", ""
	}
	ns, dev := t.hop.NetNS, t.hop.Dev
	tunnel, onto := false, ""
	if d := c.Network().Device(replay.End{Machine: ns, Device: dev}); d != nil {
		tunnel = d.Kind == netdev.IPIP || d.Kind == netdev.VXLAN
		switch {
		case d.Segment != "":
			onto = d.Segment
		case d.Peer.Machine != "":
			onto = d.Peer.Machine
		}
	}
	out := t.hop.Dir == trace.Out
	switch e := t.event(c); {
	case e != nil && e.Verdict == trace.Drop:
		where = fmt.Sprintf(c.T("dropped on %s: %s", "%s에서 폐기: %s"), e.NetNS, text.ReasonName(e.Reason))
	case e != nil && e.Verdict == trace.Hold:
		where = fmt.Sprintf(c.T("waits on %s", "%s에서 대기"), e.NetNS)
	case e != nil && e.Verdict == trace.Deliver:
		where = fmt.Sprintf(c.T("delivered on %s", "%s에 전달됨"), e.NetNS)
	case tunnel && out:
		where = fmt.Sprintf(c.T("goes into the tunnel by %s of %s", "%[2]s의 %[1]s 터널로 들어감"), dev, ns)
	case tunnel:
		where = fmt.Sprintf(c.T("comes out of the tunnel by %s of %s", "%[2]s의 %[1]s 터널에서 나옴"), dev, ns)
	case out && onto != "":
		where = fmt.Sprintf(c.T("leaves %s by %s, to %s", "%s의 %s에서 %s 쪽으로 나감"), ns, dev, onto)
	case out:
		where = fmt.Sprintf(c.T("leaves %s by %s", "%s의 %s에서 나감"), ns, dev)
	default:
		where = fmt.Sprintf(c.T("comes into %s by %s", "%s의 %s에 도착"), ns, dev)
	}
	return c.Numbered(t.journey, t.last) + " " + where, t.content(c)
}

// content says what the packet is: "IPIP 192.168.10.101 > 192.168.10.102 around
// pod1 > pod2, ICMP echo request, seq 1".
func (t *trip) content(c *pane.Common) string {
	s := ""
	for i, h := range t.headers {
		switch {
		case h.kind != "":
			s += fmt.Sprintf(c.T("%s %s > %s around ", "%s %s > %s 안에 "), h.kind, h.src, h.dst)
		case strings.HasPrefix(h.what, "ARP "):
			s += h.what
		default:
			s += name(c, h.src) + " > " + name(c, h.dst) + ", " + h.what
			first := &c.S.History.Hops[max(c.S.History.Journeys[t.journey].FirstHop, 0)]
			if was := headersOf(first.Frame, first.Link); i == len(t.headers)-1 && len(was) > 0 {
				if w := was[len(was)-1]; w.src != h.src || w.dst != h.dst {
					s += fmt.Sprintf(c.T(" (was %s > %s)", " (원래 %s > %s)"), name(c, w.src), name(c, w.dst))
				}
			}
		}
	}
	return s
}

// name is the machine that has an address, or the address.
func name(c *pane.Common, a netip.Addr) string {
	if m := c.Network().Owner(a); m != "" {
		return m
	}
	return a.String()
}
