package sim_test

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/packet/dissect"
	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/proc"
	"hoplab/sim/simtest"
	"hoplab/sim/sock"
	"hoplab/sim/trace"
)

// fact is a situation on the network of a recording, and what a real kernel
// does in it. The script has these lines:
//
//	$ NETNS: COMMAND   runs ping, or changes something
//	exit N             exit status of the last ping
//	prints TEXT        the last ping printed it, with \n for the end of a line;
//	                   "prints no TEXT": it did not
//	at NETNS:DEV       followed by the indented IP packets seen there, all of them
//	arp NETNS:DEV      likewise the ARP packets
//	wait DURATION      lets time pass
//	clear              forgets what was seen
//	cache NETNS TEXT   `ip route show cache` has a line with TEXT; no TEXT: it is empty
//	conntrack NETNS TEXT, neigh NETNS TEXT, route NETNS TEXT, link …, nat …, snmp …
//	                   likewise; "conntrack NETNS no TEXT": no line has it
//
// CALI1, CALI2 and CALI3 stand for the interfaces of pod1, pod2 and pod3 on
// their nodes.
type fact struct {
	name   string
	with   []change
	script string
}

// change alters a recording's network before it is built.
type change func(*kernelCase)

// observed is a frame that crossed an interface.
type observed struct {
	place string
	at    clock.Instant
	text  string
	arp   bool
	frame []byte
}

// world is a network under test.
type world struct {
	t      *testing.T
	lab    *sim.Lab
	seen   []observed // in order, of all interfaces
	out    string     // of the last ping
	result sock.PingResult
}

const baseCase = "pod-to-pod-cross-node-ipip-cold"

// newWorld builds the network of a recording with changes and watches all its
// interfaces. The end of the test looks at the books.
func newWorld(t *testing.T, recording string, with ...change) *world {
	t.Helper()
	text, err := os.ReadFile("testdata/kernel/" + recording + "/case.yaml")
	require.NoError(t, err)
	c := readCase(t, text)
	for _, f := range with {
		f(c)
	}
	lab, err := sim.New(c.Lab(t))
	require.NoError(t, err)
	w := &world{t: t, lab: lab}
	for _, ns := range lab.Namespaces() {
		for _, d := range ns.Devices() {
			place := ns.Name + ":" + d.Name
			ethernet := d.HasEthernet()
			link := pcap.LinkRaw
			if ethernet {
				link = pcap.LinkEthernet
			}
			_, _, err := lab.Tap(ns.Name, d.Name, func(_ trace.Dir, at clock.Instant, frame []byte) {
				if err := dissect.Check(link, frame); err != nil {
					t.Errorf("%s: gopacket: %v: %x", place, err, frame)
				}
				text, arp := brief(ethernet, frame)
				w.seen = append(w.seen, observed{place, at, text, arp, slices.Clone(frame)})
			})
			require.NoError(t, err)
		}
	}
	lab.RunFor(500 * time.Millisecond)
	t.Cleanup(func() {
		lab.RunFor(time.Minute)
		simtest.Check(t, lab)
	})
	return w
}

// people are the addresses of the base network.
var people = map[netip.Addr]string{
	netip.MustParseAddr("172.16.158.1"): "pod1", netip.MustParseAddr("172.16.158.2"): "pod2", netip.MustParseAddr("172.16.184.1"): "pod3",
	netip.MustParseAddr("172.16.158.0"): "tun1", netip.MustParseAddr("172.16.184.0"): "tun2",
	netip.MustParseAddr("192.168.10.101"): "w1", netip.MustParseAddr("192.168.10.102"): "w2", netip.MustParseAddr("192.168.10.1"): "router",
}

func who(a netip.Addr) string {
	if s := people[a]; s != "" {
		return s
	}
	return a.String()
}

// brief is a frame in a few words.
func brief(ethernet bool, f []byte) (text string, arp bool) {
	if !ethernet {
		return briefIP(f, false), false
	}
	e := packet.Ethernet(f)
	if e.Type() != packet.EtherARP {
		return briefIP(e.Payload(), false), false
	}
	a := packet.ARP(e.Payload())
	if a.Op() == packet.ARPReply {
		return fmt.Sprintf("%s is-at %s", who(a.SenderIP()), a.SenderMAC()), true
	}
	text = fmt.Sprintf("who-has %s tell %s", who(a.TargetIP()), who(a.SenderIP()))
	if e.Dst() != packet.BroadcastMAC {
		text += " (unicast)"
	}
	return text, true
}

func briefIP(b []byte, quoted bool) string {
	p := packet.IPv4(b)
	s := fmt.Sprintf("%s > %s ttl %d", who(p.Src()), who(p.Dst()), p.TTL())
	if p.TOS() != 0 {
		s += fmt.Sprintf(" tos %02x", p.TOS())
	}
	if p.DF() {
		s += " DF"
	}
	if p.ID() == 0 {
		s += " id 0"
	}
	s += fmt.Sprintf(" len %d", p.TotalLen())
	if p.IsFragment() {
		s += fmt.Sprintf(" frag %d", p.FragOffset())
		if p.MF() {
			s += "+"
		}
	}
	if p.FragOffset() != 0 {
		return s
	}
	data := b[p.HeaderLen():min(len(b), p.TotalLen())]
	switch {
	case p.Proto() == packet.ProtoIPIP && len(data) >= packet.IPv4Len:
		return s + " (" + briefIP(data, quoted || p.MF()) + ")"
	case p.Proto() != packet.ProtoICMP:
		return s + fmt.Sprintf(": proto %d", p.Proto())
	}
	m := packet.ICMP(data)
	if !quoted && !p.MF() && !m.ChecksumOK() {
		s += " BAD CHECKSUM"
	}
	switch m.Type() {
	case packet.ICMPEcho:
		return s + fmt.Sprintf(": request %d", m.Seq())
	case packet.ICMPEchoReply:
		return s + fmt.Sprintf(": reply %d", m.Seq())
	case packet.ICMPTimeExceeded:
		s += ": time exceeded"
	case packet.ICMPUnreachable:
		s += fmt.Sprintf(": unreachable %d", m.Code())
		if m.Code() == packet.CodeFragNeeded {
			s += fmt.Sprintf(" mtu %d", m.MTU())
		}
	case packet.ICMPRedirect:
		s += ": redirect"
	default:
		return s + fmt.Sprintf(": icmp %d/%d", m.Type(), m.Code())
	}
	return s + " (" + briefIP(m.Payload(), true) + ")"
}

// at lists what was seen at a place, ARP or not.
func (w *world) at(place string, arp bool) []string {
	var l []string
	for _, o := range w.seen {
		if o.place == place && o.arp == arp {
			l = append(l, o.text)
		}
	}
	return l
}

// times lists when something was seen at a place.
func (w *world) times(place, text string) []time.Duration {
	var l []time.Duration
	for _, o := range w.seen {
		if o.place == place && strings.Contains(o.text, text) {
			l = append(l, time.Duration(o.at))
		}
	}
	return l
}

// packets lists the IP packets that were seen at a place.
func (w *world) packets(place string) []packet.IPv4 {
	var l []packet.IPv4
	ns, dev, _ := strings.Cut(place, ":")
	for _, o := range w.seen {
		if o.place != place || o.arp {
			continue
		}
		if w.lab.Namespace(ns).Device(dev).HasEthernet() {
			l = append(l, packet.IPv4(packet.Ethernet(o.frame).Payload()))
		} else {
			l = append(l, packet.IPv4(o.frame))
		}
	}
	return l
}

// run runs a ping or a configuration command.
func (w *world) run(netns, line string) {
	w.t.Helper()
	words := strings.Fields(line)
	if words[0] != "ping" {
		require.NoError(w.t, w.lab.Command(netns, line, "test"))
		return
	}
	var out strings.Builder
	require.NoError(w.t, w.lab.Wait(w.start(netns, line, &out)))
	w.lab.RunFor(100 * time.Millisecond)
	w.out = out.String()
}

// start starts a ping without waiting for it.
func (w *world) start(netns, line string, out io.Writer) *proc.Proc {
	w.t.Helper()
	o, err := sock.ParsePing(strings.Fields(line)[1:])
	require.NoError(w.t, err)
	ns := w.lab.Namespace(netns)
	require.NotNil(w.t, ns, netns)
	return w.lab.Start(func(p *proc.Proc) (err error) {
		w.result, err = sock.Ping(p, ns, o, out, out, w.lab.Time(0))
		return err
	})
}

// script runs the lines of a fact.
func (w *world) script(text string) {
	w.t.Helper()
	text = strings.NewReplacer("CALI1", "calice0906292e2", "CALI2", "calibd2348b4f67", "CALI3", "cali49778cadcf1").Replace(text)
	all := strings.Split(strings.Trim(text, "\n"), "\n")
	for i := 0; i < len(all); i++ {
		line := strings.TrimSpace(all[i])
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "":
		case "$":
			netns, command, _ := strings.Cut(rest, ": ")
			w.run(netns, command)
		case "exit":
			if rest != strconv.Itoa(w.result.Exit) {
				w.t.Errorf("exit status %d, not %s; ping printed\n%s", w.result.Exit, rest, w.out)
			}
		case "prints":
			no, is := strings.CutPrefix(rest, "no ")
			printed := strings.ReplaceAll(strings.ReplaceAll(w.out, "\n\t", "\n"), "\t", " ") // of lists
			if is == strings.Contains(printed, strings.ReplaceAll(no, `\n`, "\n")) {
				w.t.Errorf("%s: ping printed\n%s", line, w.out)
			}
		case "at", "arp":
			var want []string
			for i+1 < len(all) && strings.HasPrefix(strings.TrimLeft(all[i+1], "\t"), " ") {
				i++
				want = append(want, strings.TrimSpace(all[i]))
			}
			if got := w.at(rest, verb == "arp"); !slices.Equal(want, got) {
				w.t.Errorf("%s saw\n  %s\nnot\n  %s", line, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
		case "wait":
			d, err := time.ParseDuration(rest)
			require.NoError(w.t, err)
			w.lab.RunFor(d)
		case "clear":
			w.seen = nil
		default:
			netns, fact, _ := strings.Cut(rest, " ")
			w.state(verb, netns, fact)
		}
	}
}

// state asks what the tools show of a namespace.
func (w *world) state(kind, netns, text string) {
	w.t.Helper()
	ns := w.lab.Namespace(netns)
	require.NotNil(w.t, ns, "%s %s %s", kind, netns, text)
	text, no := strings.CutPrefix(text, "no ")
	var all []string
	for _, line := range stateLines(w.lab, ns) {
		if k, rest, _ := strings.Cut(line, " "); k == kind {
			all = append(all, rest)
		}
	}
	has := slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, text) })
	if text == "" {
		no, has = true, len(all) > 0
	}
	if has == no {
		w.t.Errorf("%s of %s is\n  %s\nwanted (none: %t) %q", kind, netns, strings.Join(all, "\n  "), no, text)
	}
}

// tell runs facts on the base network.
func tell(t *testing.T, facts []fact) {
	for _, f := range facts {
		t.Run(f.name, func(t *testing.T) { newWorld(t, baseCase, f.with...).script(f.script) })
	}
}

// mtu sets the MTU of an interface of all nodes, or of the pods with both ends
// of their veth.
func mtu(dev string, n int) change {
	return func(c *kernelCase) {
		for i := range c.Topology.Hosts {
			for j := range c.Topology.Hosts[i].Interfaces {
				if d := &c.Topology.Hosts[i].Interfaces[j]; d.Name == dev {
					d.MTU = n
				}
			}
		}
		for i := range c.Topology.Pods {
			if dev == "pods" {
				c.Topology.Pods[i].MTU = n
			}
		}
	}
}

// host changes one machine.
func host(name string, f func(*simtest.Host)) change {
	return func(c *kernelCase) {
		for i := range c.Topology.Hosts {
			if c.Topology.Hosts[i].Name == name {
				f(&c.Topology.Hosts[i])
			}
		}
	}
}
