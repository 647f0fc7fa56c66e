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
	"hoplab/packet/pcap"
	"hoplab/packet/tcpdump"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
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
	lab, err := sim.New(c.lab(t))
	require.NoError(t, err)
	w := &world{t: t, lab: lab}
	for _, ns := range lab.Namespaces() {
		for _, d := range ns.Devices() {
			place := ns.Name + ":" + d.Name
			ethernet := d.HasEthernet()
			_, _, err := lab.Tap(ns.Name, d.Name, func(_ trace.Dir, at clock.Instant, frame []byte) {
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
func host(name string, f func(*kernelHost)) change {
	return func(c *kernelCase) {
		for i := range c.Topology.Hosts {
			if c.Topology.Hosts[i].Name == name {
				f(&c.Topology.Hosts[i])
			}
		}
	}
}

func TestFactsAboutTTL(t *testing.T) {
	tell(t, []fact{
		{name: "each node that forwards takes one, tunnels take none", script: `
			$ pod1: ping -c 1 172.16.184.1
			prints ttl=62
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF len 84: request 1
			  pod3 > pod1 ttl 62 len 84: reply 1
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > pod1 ttl 63 len 84: reply 1
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1)
			  w2 > w1 ttl 63 len 104 (pod3 > pod1 ttl 63 len 84: reply 1)
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > pod1 ttl 63 len 84: reply 1
			at pod3:eth0
			  pod1 > pod3 ttl 62 DF len 84: request 1
			  pod3 > pod1 ttl 64 len 84: reply 1`},
		{name: "pods of one node are one hop apart", script: `
			$ pod1: ping -c 1 172.16.158.2
			prints ttl=63
			at pod2:eth0
			  pod1 > pod2 ttl 63 DF len 84: request 1
			  pod2 > pod1 ttl 64 len 84: reply 1`},
		{name: "the outer header inherits 64 when the node itself is the source", script: `
			$ k8s-w1: ping -c 1 172.16.184.1
			prints ttl=63
			at k8s-w1:ens5
			  w1 > w2 ttl 64 DF len 104 (tun1 > pod3 ttl 64 DF len 84: request 1)
			  w2 > w1 ttl 63 len 104 (pod3 > tun1 ttl 63 len 84: reply 1)`},
		{name: "with 1 the first node answers, before it looks at the tunnel", script: `
			$ pod1: ping -c 1 -t 1 172.16.184.1
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Time to live exceeded
			at pod1:eth0
			  pod1 > pod3 ttl 1 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: time exceeded (pod1 > pod3 ttl 1 DF len 84: request 1)
			at k8s-w1:tunl0
			at k8s-w1:ens5`},
		{name: "with 2 the far node answers by the tunnel", script: `
			$ pod1: ping -c 1 -t 2 172.16.184.1
			prints From 172.16.184.0 icmp_seq=1 Time to live exceeded
			at k8s-w2:ens5
			  w1 > w2 ttl 1 DF len 104 (pod1 > pod3 ttl 1 DF len 84: request 1)
			  w2 > w1 ttl 64 len 132 (tun2 > pod1 ttl 64 tos c0 len 112: time exceeded (pod1 > pod3 ttl 1 DF len 84: request 1))`},
		{name: "with 3 it arrives", script: `
			$ pod1: ping -c 1 -t 3 172.16.184.1
			exit 0
			at pod3:eth0
			  pod1 > pod3 ttl 1 DF len 84: request 1
			  pod3 > pod1 ttl 64 len 84: reply 1`},
		{name: "with 2 to the internet the router's answer is translated back, what it quotes too", script: `
			$ pod1: ping -c 1 -t 2 8.8.8.8
			prints From 192.168.10.1 icmp_seq=1 Time to live exceeded
			at pod1:eth0
			  pod1 > 8.8.8.8 ttl 2 DF len 84: request 1
			  router > pod1 ttl 63 tos c0 len 112: time exceeded (pod1 > 8.8.8.8 ttl 1 DF len 84: request 1)`},
		{name: "from the node 1 reaches the far node, not its pod", script: `
			$ k8s-w1: ping -c 1 -t 1 172.16.184.0
			exit 0
			$ k8s-w1: ping -c 1 -t 1 172.16.184.1
			prints From 172.16.184.0 icmp_seq=1 Time to live exceeded`},
	})
}

// ask lets an interface send an ARP request for a target, and says whether
// somebody answers within a second, and after how long.
func (w *world) ask(netns, dev, sender, target string) (answered bool, after time.Duration) {
	w.t.Helper()
	d := w.lab.Namespace(netns).Device(dev)
	b := w.lab.World().Pool.New(packet.EthernetLen + packet.ARPLen)
	packet.PutEthernet(b.Bytes(), packet.BroadcastMAC, d.MAC, packet.EtherARP)
	packet.PutARP(b.Bytes()[packet.EthernetLen:], packet.ARPRequest, d.MAC, netip.MustParseAddr(sender), packet.MAC{}, netip.MustParseAddr(target))
	w.seen = nil
	asked := w.lab.Now()
	d.Xmit(b)
	w.lab.RunFor(time.Second)
	place := netns + ":" + dev
	if t := w.times(place, "is-at ee:ee:ee:ee:ee:ee"); len(t) > 0 {
		return true, t[0] - time.Duration(asked)
	}
	return len(w.times(place, "is-at")) > 0, 0
}

func TestFactsAboutProxyARP(t *testing.T) {
	const pod1, foreign = "172.16.158.1", "10.1.2.3"
	for _, c := range []struct {
		name           string
		setup          string
		sender, target string
		answered       bool
	}{
		{"169.254.1.1, because of the default route", "", pod1, "169.254.1.1", true},
		{"another pod of the node", "", pod1, "172.16.158.2", true},
		{"a remote pod", "", pod1, "172.16.184.1", true},
		{"a pool address without a block", "", pod1, "172.16.99.1", true},
		{"an internet address", "", pod1, "8.8.8.8", true},
		{"the node's own address", "", pod1, "192.168.10.101", true},
		{"its tunnel's address", "", pod1, "172.16.158.0", true},
		{"not the asker's own address", "", pod1, "172.16.158.1", false},
		{"not an unused address of the local block", "", pod1, "172.16.158.9", false},
		{"that address once the blackhole is gone", "ip route del blackhole 172.16.158.0/26", pod1, "172.16.158.9", true},
		{"no 169.254.1.1 without default route", "ip route del default", pod1, "169.254.1.1", false},
		{"but still a remote pod", "ip route del default", pod1, "172.16.184.1", true},
		{"nothing with ip_forward=0", "sysctl -w net.ipv4.ip_forward=0", pod1, "169.254.1.1", false},
		{"but the node's own address", "sysctl -w net.ipv4.ip_forward=0", pod1, "192.168.10.101", true},
		{"nothing with proxy_arp=0", "sysctl -w net.ipv4.conf.CALI1.proxy_arp=0", pod1, "169.254.1.1", false},
		{"but the node's own address", "sysctl -w net.ipv4.conf.CALI1.proxy_arp=0", pod1, "192.168.10.101", true},
		{"nothing for a foreign sender with rp_filter=1", "", foreign, "169.254.1.1", false},
		{"not even the node's own address", "", foreign, "192.168.10.101", false},
		{"nothing for another pod's address", "", "172.16.158.2", "169.254.1.1", false},
		{"for a foreign sender with rp_filter=0", "sysctl -w net.ipv4.conf.CALI1.rp_filter=0", foreign, "169.254.1.1", true},
		{"nothing with rp_filter=2, which is as strict on an interface without address", "sysctl -w net.ipv4.conf.CALI1.rp_filter=2", foreign, "169.254.1.1", false},
		{"nothing when the pod's own route is missing", "ip route del 172.16.158.1", pod1, "169.254.1.1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, baseCase)
			if c.setup != "" {
				w.script("$ k8s-w1: " + c.setup)
			}
			answered, after := w.ask("pod1", "eth0", c.sender, c.target)
			require.Equal(t, c.answered, answered)
			require.Less(t, after, time.Millisecond, "proxy_delay is 0")
		})
	}
}

// The kernel's own proxy_delay is 80 hundredths of a second.
func TestFactsProxyDelayIsRandomUpTo800Milliseconds(t *testing.T) {
	w := newWorld(t, baseCase)
	w.script("$ k8s-w1: sysctl -w net.ipv4.neigh.CALI1.proxy_delay=80")
	seen := map[time.Duration]bool{}
	var longest time.Duration
	for range 40 {
		ok, after := w.ask("pod1", "eth0", "172.16.158.1", "169.254.1.1")
		require.True(t, ok)
		require.LessOrEqual(t, after, 810*time.Millisecond)
		seen[after], longest = true, max(longest, after)
	}
	require.Greater(t, longest, 400*time.Millisecond)
	require.Greater(t, len(seen), 5)
	ok, after := w.ask("pod1", "eth0", "172.16.158.1", "192.168.10.101")
	require.True(t, ok)
	require.Less(t, after, time.Millisecond, "no delay for an own address")
}

func TestFactsAboutNeighbours(t *testing.T) {
	tell(t, []fact{
		{name: "a cold ping: who learns whom how", script: `
			$ pod1: ping -c 1 172.16.184.1
			arp pod1:eth0
			  who-has 169.254.1.1 tell pod1
			  169.254.1.1 is-at ee:ee:ee:ee:ee:ee
			arp k8s-w1:ens5
			  who-has w2 tell w1
			  w2 is-at 02:00:c0:a8:0a:66
			arp pod3:eth0
			  who-has pod3 tell w2
			  pod3 is-at ca:00:ac:10:b8:01
			  who-has 169.254.1.1 tell pod3
			  169.254.1.1 is-at ee:ee:ee:ee:ee:ee
			neigh pod1 169.254.1.1 dev eth0 lladdr ee:ee:ee:ee:ee:ee REACHABLE
			neigh pod3 169.254.1.1 dev eth0 lladdr ee:ee:ee:ee:ee:ee REACHABLE
			neigh pod3 192.168.10.102 dev eth0 lladdr ee:ee:ee:ee:ee:ee STALE
			neigh k8s-w1 172.16.158.1 dev CALI1 lladdr ca:00:ac:10:9e:01 DELAY
			neigh k8s-w1 192.168.10.102 dev ens5 lladdr 02:00:c0:a8:0a:66 REACHABLE
			neigh k8s-w2 192.168.10.101 dev ens5 lladdr 02:00:c0:a8:0a:65 DELAY
			neigh k8s-w2 172.16.184.1 dev CALI3 lladdr ca:00:ac:10:b8:01 REACHABLE
			clear
			wait 5500ms
			arp k8s-w1:CALI1
			  who-has pod1 tell w1 (unicast)
			  pod1 is-at ca:00:ac:10:9e:01
			neigh k8s-w1 172.16.158.1 dev CALI1 lladdr ca:00:ac:10:9e:01 REACHABLE
			neigh k8s-w2 192.168.10.101 dev ens5 lladdr 02:00:c0:a8:0a:65 REACHABLE
			clear
			$ pod1: ping -c 1 172.16.184.1
			arp pod1:eth0
			arp k8s-w1:ens5
			arp pod3:eth0`},
		{name: "with the lower index tunl0 lends cali its address for ARP", with: []change{host("k8s-w2", func(h *kernelHost) { slices.Reverse(h.Interfaces) })}, script: `
			$ pod1: ping -c 1 172.16.184.1
			exit 0
			arp pod3:eth0
			  who-has pod3 tell tun2
			  pod3 is-at ca:00:ac:10:b8:01
			  who-has 169.254.1.1 tell pod3
			  169.254.1.1 is-at ee:ee:ee:ee:ee:ee`},
		{name: "nobody answers: three broadcasts, then FAILED, and the next packet asks again", script: `
			$ k8s-w1: ping -c 1 192.168.10.77
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Destination Host Unreachable
			arp k8s-w1:ens5
			  who-has 192.168.10.77 tell w1
			  who-has 192.168.10.77 tell w1
			  who-has 192.168.10.77 tell w1
			neigh k8s-w1 192.168.10.77 dev ens5 FAILED
			clear
			$ k8s-w1: ping -c 1 192.168.10.77
			arp k8s-w1:ens5
			  who-has 192.168.10.77 tell w1
			  who-has 192.168.10.77 tell w1
			  who-has 192.168.10.77 tell w1`},
		{name: "all packets that waited are answered at the same moment", script: `
			$ pod1: ping -c 4 192.168.10.77
			prints +4 errors
			prints pipe 4
			prints icmp_seq=4 Destination Host Unreachable`},
	})
	t.Run("the packet shows on tunl0 before the node asks for its peer", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 172.16.184.1")
		tun, arp, outer := w.times("k8s-w1:tunl0", "request"), w.times("k8s-w1:ens5", "who-has"), w.times("k8s-w1:ens5", "request")
		require.LessOrEqual(t, tun[0], arp[0])
		require.Less(t, arp[0], outer[0])
		first := func(place string) int {
			return slices.IndexFunc(w.seen, func(o observed) bool { return o.place == place })
		}
		require.Less(t, first("k8s-w1:tunl0"), first("k8s-w1:ens5"))
	})
	t.Run("requests are a second apart", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 192.168.10.77")
		asked, told := w.times("k8s-w1:ens5", "who-has"), w.times("pod1:eth0", "unreachable 1")
		require.Len(t, asked, 3)
		for _, d := range []time.Duration{asked[1] - asked[0], asked[2] - asked[1], told[0] - asked[2]} {
			require.InDelta(t, 1.03, d.Seconds(), 0.07)
		}
	})
}

func TestFactsAboutIPIP(t *testing.T) {
	tell(t, []fact{
		{name: "what the tools count after three pings", script: `
			$ pod1: ping -c 3 172.16.184.1
			link pod1 eth0 rx 336 4 0 0 0 0 tx 336 4
			link k8s-w1 CALI1 rx 336 4 0 0 0 0 tx 336 4
			link k8s-w1 tunl0 rx 252 3 0 0 0 0 tx 252 3
			link k8s-w1 ens5 rx 396 4 0 0 0 0 tx 396 4
			snmp k8s-w1 Ip InReceives=9 ForwDatagrams=6 InDelivers=3 OutRequests=9
			snmp k8s-w2 Ip InReceives=9 ForwDatagrams=6 InDelivers=3 OutRequests=9
			conntrack k8s-w1 unknown 4 599 src=192.168.10.101 dst=192.168.10.102 src=192.168.10.102 dst=192.168.10.101 mark=0
			conntrack k8s-w2 unknown 4 599 src=192.168.10.101 dst=192.168.10.102 src=192.168.10.102 dst=192.168.10.101 mark=0
			conntrack k8s-w1 icmp 1 29 src=172.16.158.1 dst=172.16.184.1 type=8 code=0
			conntrack k8s-w2 icmp 1 29 src=172.16.158.1 dst=172.16.184.1 type=8 code=0
			nat k8s-w1 OUTPUT policy 1 104
			nat k8s-w1 POSTROUTING policy 2 188
			nat k8s-w1 PREROUTING policy 1 84
			nat k8s-w2 OUTPUT policy 0 0`},
		{name: "every packet into the tunnel leaves a cached MTU", script: `
			$ pod1: ping -c 1 172.16.184.1
			cache k8s-w1 172.16.184.1 via 192.168.10.102 dev tunl0 cache expires 599sec mtu 1480
			cache k8s-w2 172.16.158.1 via 192.168.10.101 dev tunl0 cache expires 599sec mtu 1480
			cache pod1
			wait 200s
			cache k8s-w1 expires 399sec
			wait 401s
			cache k8s-w1`},
		{name: "the node uses the tunnel's address to a remote pod", script: `
			$ k8s-w1: ping -c 1 172.16.184.1
			at pod3:eth0
			  tun1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > tun1 ttl 64 len 84: reply 1`},
		{name: "and ens5's to its own pod", script: `
			$ k8s-w1: ping -c 1 172.16.158.1
			at pod1:eth0
			  w1 > pod1 ttl 64 DF len 84: request 1
			  pod1 > w1 ttl 64 len 84: reply 1`},
		{name: "ens5's address into the tunnel is masqueraded to the tunnel's", script: `
			$ k8s-w1: ping -c 1 -e 77 -I 192.168.10.101 172.16.184.1
			exit 0
			prints from 192.168.10.101 : 56(84)
			at k8s-w1:tunl0
			  tun1 > pod3 ttl 64 DF len 84: request 1
			  pod3 > tun1 ttl 63 len 84: reply 1
			conntrack k8s-w1 src=192.168.10.101 dst=172.16.184.1 type=8 code=0 id=77 src=172.16.184.1 dst=172.16.158.0 type=0 code=0
			conntrack k8s-w1 no dst=172.16.158.0 type=0 code=0 id=77
			nat k8s-w1 cali-POSTROUTING MASQUERADE 1 84`},
		{name: "the addresses of tunl0 answer", script: `
			$ pod1: ping -c 1 172.16.158.0
			prints ttl=64
			$ pod1: ping -c 1 172.16.184.0
			prints ttl=63
			at k8s-w1:tunl0
			  pod1 > tun2 ttl 63 DF len 84: request 1
			  tun2 > pod1 ttl 64 len 84: reply 1`},
		{name: "a lost reply leaves the outer packets unreplied", script: `
			$ k8s-w2: ip route del 172.16.158.0/26
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			conntrack k8s-w1 unknown 4 598 src=192.168.10.101 dst=192.168.10.102 [UNREPLIED]`},
	})
	t.Run("outer identifications count up by one within a jiffy", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script(`
			$ pod1: ping -c 1 172.16.184.1
			clear
			$ pod1: ping -c 5 -l 5 172.16.184.1`)
		var outer []uint16
		for _, p := range w.packets("k8s-w1:ens5") {
			if who(p.Src()) == "w1" {
				outer = append(outer, p.ID())
			}
		}
		require.Len(t, outer, 5)
		for i := range 4 {
			require.Equal(t, outer[i]+1, outer[i+1])
		}
	})
	t.Run("captures on tunl0 have no link header", func(t *testing.T) {
		w := newWorld(t, baseCase)
		c, err := w.lab.Capture("k8s-w1", "tunl0")
		require.NoError(t, err)
		defer c.Stop()
		require.Equal(t, pcap.LinkRaw, c.LinkType)
		w.script("$ pod1: ping -c 1 172.16.184.1")
		line := tcpdump.AppendLine(nil, c.LinkType, c.Frames[0].Data, tcpdump.Options{})
		require.Contains(t, string(line), "IP 172.16.158.1 > 172.16.184.1: ICMP echo request")
	})
}

func TestFactsAboutWhatPingSends(t *testing.T) {
	tell(t, []fact{
		{name: "-M do: DF and no identification", script: `
			$ pod1: ping -c 1 -M do 172.16.184.1
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF id 0 len 84: request 1
			  pod3 > pod1 ttl 62 len 84: reply 1
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF id 0 len 84: request 1)
			  w2 > w1 ttl 63 len 104 (pod3 > pod1 ttl 63 len 84: reply 1)`},
		{name: "-M dont: no DF", script: `
			$ pod1: ping -c 1 -M dont 172.16.184.1
			at k8s-w1:ens5
			  w1 > w2 ttl 63 len 104 (pod1 > pod3 ttl 63 len 84: request 1)
			  w2 > w1 ttl 63 len 104 (pod3 > pod1 ttl 63 len 84: reply 1)`},
		{name: "no room for a time, no time", script: `
			$ pod1: ping -c 1 -s 15 172.16.184.1
			prints 15(43) bytes of data
			prints no time=
			prints no rtt
			$ pod1: ping -c 1 -s 0 172.16.184.1
			prints 0(28) bytes of data
			prints no time=
			$ pod1: ping -c 1 -s 16 172.16.184.1
			prints time=
			prints rtt`},
	})
	t.Run("fragments share an identification", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 -s 4000 172.16.158.2")
		p := w.packets("pod1:eth0")
		require.Len(t, p, 6)
		require.NotZero(t, p[0].ID())
		require.Equal(t, p[0].ID(), p[1].ID())
		require.Equal(t, p[0].ID(), p[2].ID())
		require.False(t, p[0].DF())
	})
	t.Run("identifications a second apart take random steps", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 10 172.16.158.2")
		steps := map[uint16]bool{}
		var last uint16
		for i, p := range w.packets("pod2:eth0") {
			if who(p.Src()) != "pod1" {
				continue
			}
			if i > 0 {
				steps[p.ID()-last] = true
				require.LessOrEqual(t, p.ID()-last, uint16(106))
			}
			last = p.ID()
		}
		require.Greater(t, len(steps), 4)
	})
}

// uplink sets the MTU of the wire between the router and the internet.
func uplink(n int) []change {
	return []change{mtu("up0", n), host("internet", func(h *kernelHost) { h.Interfaces[0].MTU = n })}
}

func TestFactsAboutFragmentsAndPathMTU(t *testing.T) {
	jumbo := []change{mtu("ens5", 9001), mtu("tunl0", 8981), mtu("pods", 8981)}
	tell(t, []fact{
		{name: "the pod cuts, each fragment gets an outer header of its own", script: `
			$ pod1: ping -c 1 -s 2000 172.16.184.1
			exit 0
			at pod1:eth0
			  pod1 > pod3 ttl 64 len 1476 frag 0+: request 1
			  pod1 > pod3 ttl 64 len 572 frag 1456
			  pod3 > pod1 ttl 62 len 1476 frag 0+: reply 1
			  pod3 > pod1 ttl 62 len 572 frag 1456
			at k8s-w1:ens5
			  w1 > w2 ttl 63 len 1496 (pod1 > pod3 ttl 63 len 1476 frag 0+: request 1)
			  w1 > w2 ttl 63 len 592 (pod1 > pod3 ttl 63 len 572 frag 1456)
			  w2 > w1 ttl 63 len 1496 (pod3 > pod1 ttl 63 len 1476 frag 0+: reply 1)
			  w2 > w1 ttl 63 len 592 (pod3 > pod1 ttl 63 len 572 frag 1456)
			snmp k8s-w1 ReasmReqds=4 ReasmOKs=2 FragOKs=2 FragCreates=4`},
		{name: "fragments made again are never larger than the largest that came", with: []change{mtu("pods", 1500)}, script: `
			$ pod1: ping -c 1 -s 2000 172.16.184.1
			at pod1:eth0
			  pod1 > pod3 ttl 64 len 1500 frag 0+: request 1
			  pod1 > pod3 ttl 64 len 548 frag 1480
			  pod3 > pod1 ttl 62 len 1476 frag 0+: reply 1
			  pod3 > pod1 ttl 62 len 572 frag 1456
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 len 1476 frag 0+: request 1
			  pod1 > pod3 ttl 63 len 572 frag 1456
			  pod3 > pod1 ttl 63 len 1476 frag 0+: reply 1
			  pod3 > pod1 ttl 63 len 572 frag 1456
			at pod3:eth0
			  pod1 > pod3 ttl 62 len 1476 frag 0+: request 1
			  pod1 > pod3 ttl 62 len 572 frag 1456
			  pod3 > pod1 ttl 64 len 1500 frag 0+: reply 1
			  pod3 > pod1 ttl 64 len 548 frag 1480`},
		{name: "without DF the outer packet is cut where ens5 is smaller, and whole again before decapsulation", with: []change{mtu("ens5", 1400)}, script: `
			$ pod1: ping -c 1 -M dont -s 1452 172.16.184.1
			exit 0
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 len 1480: request 1
			  pod3 > pod1 ttl 63 len 1480: reply 1
			at k8s-w1:ens5
			  w1 > w2 ttl 63 len 1396 frag 0+ (pod1 > pod3 ttl 63 len 1480: request 1)
			  w1 > w2 ttl 63 len 124 frag 1376
			  w2 > w1 ttl 63 len 1396 frag 0+ (pod3 > pod1 ttl 63 len 1480: reply 1)
			  w2 > w1 ttl 63 len 124 frag 1376
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 len 1480: request 1
			  pod3 > pod1 ttl 63 len 1480: reply 1
			snmp k8s-w2 ReasmReqds=2 ReasmOKs=1 FragOKs=1 FragCreates=2`},
		{name: "with DF, too large for tunl0: answered before the tunnel, quoted as received", with: []change{mtu("pods", 1500)}, script: `
			$ pod1: ping -c 2 -M do -s 1453 172.16.184.1
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Frag needed and DF set (mtu = 1480)
			prints local error: message too long, mtu=1480
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF id 0 len 1481: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: unreachable 4 mtu 1480 (pod1 > pod3 ttl 64 DF id 0 len 1481: request 1)
			at k8s-w1:tunl0
			cache pod1 172.16.184.1 via 169.254.1.1 dev eth0 cache expires 597sec mtu 1480
			cache k8s-w1`},
		{name: "ping's own mode: the first is lost, the next goes in fragments without DF", with: []change{mtu("pods", 1500)}, script: `
			$ pod1: ping -c 3 -W 1 -s 1472 172.16.184.1
			exit 0
			prints icmp_seq=1 Frag needed and DF set (mtu = 1480)
			prints 3 packets transmitted, 2 received, +1 errors, 33.3333% packet loss`},
		{name: "with DF, fits tunl0 but not ens5: seen on tunl0, quoted after the decrement, cached by the node", with: []change{mtu("ens5", 1400)}, script: `
			$ pod1: ping -c 2 -W 1 -M do -s 1452 172.16.184.1
			prints From 192.168.10.101 icmp_seq=1 Frag needed and DF set (mtu = 1380)
			prints local error: message too long, mtu=1380
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 DF id 0 len 1480: request 1
			at k8s-w1:ens5
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF id 0 len 1480: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: unreachable 4 mtu 1380 (pod1 > pod3 ttl 63 DF id 0 len 1480: request 1)
			cache k8s-w1 172.16.184.1 via 192.168.10.102 dev tunl0 cache expires 597sec mtu 1380
			cache pod1 mtu 1380`},
		{name: "with DF, larger than the pod's own MTU: nothing on the wire, nothing cached", script: `
			$ pod1: ping -c 2 -M do -s 1453 172.16.184.1
			exit 1
			prints local error: message too long, mtu=1480
			at pod1:eth0
			arp pod1:eth0
			cache pod1`},
		{name: "1452 bytes fit with DF", script: `
			$ pod1: ping -c 1 -M do -s 1452 172.16.184.1
			exit 0
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 1500 (pod1 > pod3 ttl 63 DF id 0 len 1480: request 1)
			  w2 > w1 ttl 63 len 1500 (pod3 > pod1 ttl 63 len 1480: reply 1)`},
		{name: "8953 with jumbo frames", with: jumbo, script: `
			$ pod1: ping -c 1 -M do -s 8953 172.16.184.1
			exit 0
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 9001 (pod1 > pod3 ttl 63 DF id 0 len 8981: request 1)
			  w2 > w1 ttl 63 len 9001 (pod3 > pod1 ttl 63 len 8981: reply 1)
			$ pod1: ping -c 1 -M do -s 8954 172.16.184.1
			prints message too long, mtu=8981`},
		{name: "frag-needed from beyond MASQUERADE is translated back, and cached by the pod alone", with: append(uplink(1400), mtu("pods", 1500)), script: `
			$ pod1: ping -c 2 -W 1 -M do -s 1472 8.8.8.8
			prints From 192.168.10.1 icmp_seq=1 Frag needed and DF set (mtu = 1400)
			prints local error: message too long, mtu=1400
			at pod1:eth0
			  pod1 > 8.8.8.8 ttl 64 DF id 0 len 1500: request 1
			  router > pod1 ttl 63 tos c0 len 576: unreachable 4 mtu 1400 (pod1 > 8.8.8.8 ttl 63 DF id 0 len 1500: request 1)
			cache pod1 8.8.8.8 via 169.254.1.1 dev eth0 cache expires 597sec mtu 1400
			cache k8s-w1`},
	})
	t.Run("outer identifications of fragments differ", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 -s 2000 172.16.184.1")
		p := w.packets("k8s-w1:ens5")
		require.NotEqual(t, p[0].ID(), p[1].ID())
		require.False(t, p[0].DF())
		in := w.packets("k8s-w1:tunl0")
		require.Equal(t, in[0].ID(), in[1].ID())
	})
}

func TestFactsAboutICMPErrors(t *testing.T) {
	tell(t, []fact{
		{name: "they quote so much that they measure 576 bytes", script: `
			$ pod1: ping -c 1 -t 1 -s 1000 172.16.184.1
			at pod1:eth0
			  pod1 > pod3 ttl 1 DF len 1028: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: time exceeded (pod1 > pod3 ttl 1 DF len 1028: request 1)
			$ pod1: ping -c 1 -t 1 -s 521 172.16.184.1
			at k8s-w1:CALI1
			  pod1 > pod3 ttl 1 DF len 1028: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: time exceeded (pod1 > pod3 ttl 1 DF len 1028: request 1)
			  pod1 > pod3 ttl 1 DF len 549: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: time exceeded (pod1 > pod3 ttl 1 DF len 549: request 1)`},
		{name: "host unreachable comes after forwarding and quotes 63", script: `
			$ pod1: ping -c 1 192.168.10.77
			at pod1:eth0
			  pod1 > 192.168.10.77 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: unreachable 1 (pod1 > 192.168.10.77 ttl 63 DF len 84: request 1)`},
		{name: "six at once, then one a second", script: `
			$ pod1: ping -c 20 -i 0.05 -W 1 -t 1 172.16.158.2
			prints icmp_seq=6 Time
			prints no icmp_seq=7 Time
			prints +7 errors
			snmp k8s-w1 OutMsgs=7 OutRateLimitHost=13 OutTimeExcds=7`},
		{name: "a route that refuses asks two limits, so that the answers run out", script: `
			$ k8s-w1: ip route add unreachable 1.1.1.1
			$ pod1: ping -c 7 -W 1 1.1.1.1
			prints icmp_seq=4 Destination Host Unreachable
			prints +4 errors
			clear
			$ pod2: ping -c 8 -i 0.2 -W 1 1.1.1.1
			prints +2 errors`},
		{name: "the limit is per target", script: `
			$ pod1: ping -c 10 -i 0.01 -W 1 -t 1 172.16.184.1
			prints +6 errors
			$ pod2: ping -c 10 -i 0.01 -W 1 -t 1 172.16.184.1
			prints +6 errors`},
		{name: "and a namespace has a limit for all targets together", script: `
			$ k8s-w1: sysctl -w net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=20 net.ipv4.icmp_msgs_burst=2
			$ pod1: ping -c 20 -i 0.01 -W 1 -t 1 172.16.158.2
			snmp k8s-w1 OutRateLimitGlobal=
			snmp k8s-w1 no OutRateLimitHost
			$ pod3: ping -c 6 -i 0.01 -W 1 -t 1 172.16.158.2
			prints +6 errors`},
		{name: "replies are not limited", script: `
			$ pod1: ping -c 30 -i 0.01 192.168.10.101
			prints 30 received, 0% packet loss`},
	})
}

// A pod of the base network that does not exist: an address of k8s-w1's block,
// of k8s-w2's, of no block.
func TestFactsAboutNobodyThere(t *testing.T) {
	tell(t, []fact{
		{name: "a blackhole is silent for others, an error for the node itself", script: `
			$ pod1: ping -c 1 -W 1 172.16.158.9
			exit 1
			prints no From
			snmp k8s-w1 Ip InReceives=1
			snmp k8s-w1 no OutRequests
			$ k8s-w1: ping -c 1 172.16.158.9
			exit 2
			prints ping: connect: Invalid argument`},
		{name: "an unreachable route", script: `
			$ k8s-w1: ip route add unreachable 172.16.158.9
			$ pod1: ping -c 1 172.16.158.9
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Destination Host Unreachable
			at k8s-w1:CALI1
			  pod1 > 172.16.158.9 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: unreachable 1 (pod1 > 172.16.158.9 ttl 64 DF len 84: request 1)
			$ k8s-w1: ping -c 1 172.16.158.9
			exit 2
			prints ping: connect: No route to host`},
		{name: "a prohibit route", script: `
			$ k8s-w1: ip route add prohibit 172.16.158.9
			$ pod1: ping -c 1 172.16.158.9
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Packet filtered
			at k8s-w1:CALI1
			  pod1 > 172.16.158.9 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: unreachable 13 (pod1 > 172.16.158.9 ttl 64 DF len 84: request 1)
			$ k8s-w1: ping -c 1 172.16.158.9
			exit 2`},
		{name: "no route at all", script: `
			$ pod1: ping -c 1 192.168.10.101
			$ k8s-w1: ip route del default
			clear
			$ pod1: ping -c 1 8.8.8.8
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Destination Net Unreachable
			at k8s-w1:CALI1
			  pod1 > 8.8.8.8 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: unreachable 0 (pod1 > 8.8.8.8 ttl 64 DF len 84: request 1)
			$ k8s-w1: ping -c 1 8.8.8.8
			exit 2
			prints ping: connect: Network is unreachable`},
		{name: "a pool address without a block is not masqueraded and lost beyond", script: `
			$ pod1: ping -c 1 -W 1 172.16.99.1
			exit 1
			at k8s-w1:ens5
			  pod1 > 172.16.99.1 ttl 63 DF len 84: request 1
			at internet:eth0
			  pod1 > 172.16.99.1 ttl 62 DF len 84: request 1`},
		{name: "so is an unused local address without the blackhole", script: `
			$ k8s-w1: ip route del blackhole 172.16.158.0/26
			$ pod1: ping -c 1 -W 1 172.16.158.9
			exit 1
			at k8s-w1:ens5
			  pod1 > 172.16.158.9 ttl 63 DF len 84: request 1`},
		{name: "a pod without default route", script: `
			$ pod1: ip route del default
			$ pod1: ping -c 1 172.16.184.1
			exit 2
			prints ping: connect: Network is unreachable`},
		{name: "169.254.1.1 is no address of the node: its echo is masqueraded out of ens5", script: `
			$ pod1: ping -c 1 -W 1 169.254.1.1
			exit 1
			at k8s-w1:ens5
			  w1 > 169.254.1.1 ttl 63 DF len 84: request 1`},
	})
}

func TestFactsAboutLinksAndRoutesDown(t *testing.T) {
	both := func(script string) []fact {
		return []fact{
			{name: "the target's eth0 down", script: "$ pod2: ip link set eth0 down\n$ pod3: ip link set eth0 down\n" + script + `
				route k8s-w1 172.16.158.2 dev CALI2 scope link linkdown
				route k8s-w2 172.16.184.1 dev CALI3 scope link linkdown`},
			{name: "the target's eth0 without address", script: "$ pod2: ip addr del 172.16.158.2/32 dev eth0\n$ pod3: ip addr del 172.16.184.1/32 dev eth0\n" + script},
		}
	}
	tell(t, both(`
			$ pod1: ping -c 1 172.16.158.2
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Destination Host Unreachable
			$ pod1: ping -c 1 172.16.184.1
			exit 1
			prints From 172.16.184.0 icmp_seq=1 Destination Host Unreachable
			at k8s-w2:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1)
			  w2 > w1 ttl 64 len 132 (tun2 > pod1 ttl 64 tos c0 len 112: unreachable 1 (pod1 > pod3 ttl 62 DF len 84: request 1))`))
	tell(t, []fact{
		{name: "only the target's route missing: the blackhole swallows it", script: `
			$ k8s-w2: ip route del 172.16.184.1
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			prints no From
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			at k8s-w2:CALI3`},
		{name: "and the pod itself gets no ARP answer any more", script: `
			$ k8s-w2: ip route del 172.16.184.1
			$ pod3: ping -c 1 172.16.158.1
			exit 1
			prints From 172.16.184.1 icmp_seq=1 Destination Host Unreachable
			arp pod3:eth0
			  who-has 169.254.1.1 tell pod3
			  who-has 169.254.1.1 tell pod3
			  who-has 169.254.1.1 tell pod3`},
		{name: "the pod deleted: silence too", script: `
			$ k8s-w2: ip link del CALI3
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			prints no From
			route k8s-w2 no 172.16.184.1`},
		{name: "the other node dead: no ICMP at all", script: `
			$ k8s-w2: ip link set ens5 down
			$ pod1: ping -c 4 -W 2 172.16.184.1
			exit 1
			prints no From
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  pod1 > pod3 ttl 63 DF len 84: request 2
			  pod1 > pod3 ttl 63 DF len 84: request 3
			  pod1 > pod3 ttl 63 DF len 84: request 4
			at k8s-w1:ens5
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF len 84: request 1
			  pod1 > pod3 ttl 64 DF len 84: request 2
			  pod1 > pod3 ttl 64 DF len 84: request 3
			  pod1 > pod3 ttl 64 DF len 84: request 4`},
		{name: "the remote tunl0 down: port unreachable to the node, silence for the pod", script: `
			$ k8s-w2: ip link set tunl0 down
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			prints no From
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1)
			  w2 > w1 ttl 64 tos c0 len 132: unreachable 3 (w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1))
			conntrack k8s-w1 src=172.16.158.1 dst=172.16.184.1 type=8 code=0
			conntrack k8s-w1 [UNREPLIED]`},
		{name: "the local tunl0 down: its routes vanish, the default route takes all", script: `
			$ k8s-w1: ip link set tunl0 down
			route k8s-w1 no tunl0
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w1:tunl0
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1
			$ k8s-w1: ip link set tunl0 up
			route k8s-w1 no tunl0`},
		{name: "the local tunl0 without any address: likewise", script: `
			$ k8s-w1: ip addr del 172.16.158.0/32 dev tunl0
			route k8s-w1 no tunl0
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1`},
		{name: "the local ens5 down: even a cold ping on the node fails", script: `
			$ k8s-w1: ip link set ens5 down
			route k8s-w1 no ens5
			route k8s-w1 172.16.184.0/26 via 192.168.10.102 dev tunl0 proto bird onlink
			$ pod1: ping -c 1 172.16.158.2
			exit 1
			prints From 172.16.158.1 icmp_seq=1 Destination Host Unreachable`},
		{name: "a warm one works", script: `
			$ pod1: ping -c 1 172.16.158.2
			$ k8s-w1: ip link set ens5 down
			$ pod1: ping -c 1 172.16.158.2
			exit 0`},
		{name: "a block route missing here: the request goes by the default route", script: `
			$ k8s-w1: ip route del 172.16.184.0/26
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1
			at internet:eth0
			  pod1 > pod3 ttl 62 DF len 84: request 1`},
		{name: "there: the reply does", script: `
			$ k8s-w2: ip route del 172.16.158.0/26
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w2:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1)
			  pod3 > pod1 ttl 63 len 84: reply 1
			at internet:eth0
			  pod3 > pod1 ttl 62 len 84: reply 1`},
		{name: "one side direct, the other by tunnel", script: `
			$ k8s-w1: ip route replace 172.16.184.0/26 via 192.168.10.102 dev ens5 proto bird
			$ pod1: ping -c 1 172.16.184.1
			exit 0
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  w2 > w1 ttl 63 len 104 (pod3 > pod1 ttl 63 len 84: reply 1)`},
		{name: "a loop between two nodes costs one a node", script: `
			$ k8s-w1: ip route add 172.16.200.0/26 via 192.168.10.102 dev tunl0 onlink
			$ k8s-w2: ip route add 172.16.200.0/26 via 192.168.10.101 dev tunl0 onlink
			$ pod1: ping -c 1 -t 4 172.16.200.1
			prints From 172.16.184.0 icmp_seq=1 Time to live exceeded
			at k8s-w1:tunl0
			  pod1 > 172.16.200.1 ttl 3 DF len 84: request 1
			  pod1 > 172.16.200.1 ttl 2 DF len 84: request 1
			  pod1 > 172.16.200.1 ttl 1 DF len 84: request 1
			  tun2 > pod1 ttl 64 tos c0 len 112: time exceeded (pod1 > 172.16.200.1 ttl 1 DF len 84: request 1)
			clear
			$ pod1: ping -c 1 172.16.200.1
			prints From 172.16.184.0 icmp_seq=1 Time to live exceeded`},
	})
	t.Run("ens5 answers ARP for tunl0's address, not for pods", func(t *testing.T) {
		for target, answered := range map[string]bool{"172.16.158.0": true, "192.168.10.101": true, "172.16.158.1": false, "172.16.184.1": false} {
			got, _ := newWorld(t, baseCase).ask("router", "eth0", "192.168.10.1", target)
			require.Equal(t, answered, got, target)
		}
	})
}

// iptables edits the rules of all nodes.
func iptables(old, new string) change {
	return func(c *kernelCase) {
		for i := range c.Topology.Hosts {
			h := &c.Topology.Hosts[i]
			for j := range h.IPTables {
				h.IPTables[j] = strings.ReplaceAll(h.IPTables[j], old, new)
			}
		}
	}
}

// echoIDs lists the ICMP ids of the echo requests seen at a place.
func (w *world) echoIDs(place string) []uint16 {
	var l []uint16
	for _, p := range w.packets(place) {
		if m := packet.ICMP(p.Payload()); p.Proto() == packet.ProtoICMP && m.Type() == packet.ICMPEcho {
			l = append(l, m.ID())
		}
	}
	return l
}

func TestFactsAboutNAT(t *testing.T) {
	tell(t, []fact{
		{name: "only the first packet passes the nat chains", script: `
			$ pod1: ping -c 3 -e 1234 8.8.8.8
			prints ttl=62
			nat k8s-w1 cali-nat-outgoing MASQUERADE 1 84
			nat k8s-w1 POSTROUTING policy 0 0
			nat k8s-w1 PREROUTING policy 1 84
			at k8s-w1:ens5
			  w1 > 8.8.8.8 ttl 63 DF len 84: request 1
			  8.8.8.8 > w1 ttl 63 len 84: reply 1
			  w1 > 8.8.8.8 ttl 63 DF len 84: request 2
			  8.8.8.8 > w1 ttl 63 len 84: reply 2
			  w1 > 8.8.8.8 ttl 63 DF len 84: request 3
			  8.8.8.8 > w1 ttl 63 len 84: reply 3
			conntrack k8s-w1 icmp 1 29 src=172.16.158.1 dst=8.8.8.8 type=8 code=0 id=1234 src=8.8.8.8 dst=192.168.10.101 type=0 code=0 id=
			conntrack k8s-w1 no type=0 code=0 id=1234`},
		{name: "another node's address is outside the pool, masqueraded", script: `
			$ pod1: ping -c 1 192.168.10.102
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 84: request 1
			  w2 > w1 ttl 64 len 84: reply 1`},
		{name: "the pod's own node is not", script: `
			$ pod1: ping -c 1 192.168.10.101
			prints ttl=64
			at pod1:eth0
			  pod1 > w1 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 len 84: reply 1`},
		{name: "natOutgoing off: the pod's address leaves, nothing comes back", with: []change{iptables("src -m set ! --match-set cali40all-ipam-pools dst -j MASQUERADE", "src -m set ! --match-set cali40all-ipam-pools dst -j RETURN"), iptables("RETURN --random-fully", "RETURN")}, script: `
			$ pod1: ping -c 1 -W 1 8.8.8.8
			exit 1
			at k8s-w1:ens5
			  pod1 > 8.8.8.8 ttl 63 DF len 84: request 1
			at internet:eth0
			  pod1 > 8.8.8.8 ttl 62 DF len 84: request 1`},
	})
	t.Run("IP identification and DF are kept", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 8.8.8.8")
		in, out := w.packets("pod1:eth0"), w.packets("internet:eth0")
		require.Equal(t, in[0].ID(), out[0].ID())
		require.True(t, out[0].DF())
	})
	t.Run("--random-fully: one id per connection, another on the wire, the same again within 30 s", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script(`
			$ pod1: ping -c 3 -e 1234 8.8.8.8
			wait 20s
			$ pod1: ping -c 1 -e 1234 8.8.8.8`)
		ids := w.echoIDs("k8s-w1:ens5")
		require.NotEqual(t, uint16(1234), ids[0])
		require.Equal(t, []uint16{ids[0], ids[0], ids[0], ids[0]}, ids)
		w.script(`
			clear
			wait 31s
			$ pod1: ping -c 1 -e 1234 8.8.8.8`)
		require.NotEqual(t, ids[0], w.echoIDs("k8s-w1:ens5")[0])
	})
	t.Run("two pods with the same id both get their answers", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script(`
			$ pod1: ping -c 1 -e 1234 8.8.8.8
			exit 0
			$ pod2: ping -c 1 -e 1234 8.8.8.8
			exit 0`)
		ids := w.echoIDs("k8s-w1:ens5")
		require.NotEqual(t, ids[0], ids[1])
	})
	t.Run("without --random-fully the id is kept unless it is taken", func(t *testing.T) {
		w := newWorld(t, baseCase, iptables(" --random-fully", ""))
		w.script(`
			$ pod1: ping -c 1 -e 1234 8.8.8.8
			exit 0
			$ pod2: ping -c 1 -e 1234 8.8.8.8
			exit 0`)
		ids := w.echoIDs("k8s-w1:ens5")
		require.Equal(t, uint16(1234), ids[0])
		require.NotEqual(t, uint16(1234), ids[1])
	})
}

func TestFactsAboutReversePaths(t *testing.T) {
	tell(t, []fact{
		{name: "strict: a foreign source ends behind cali, silently", script: `
			$ pod1: ping -c 1 172.16.158.2
			$ pod1: ip addr add 10.1.2.3/32 dev lo
			clear
			$ pod1: ping -c 1 -W 1 -I 10.1.2.3 172.16.158.2
			exit 1
			at pod1:eth0
			  10.1.2.3 > pod2 ttl 64 DF len 84: request 1
			at k8s-w1:CALI1
			  10.1.2.3 > pod2 ttl 64 DF len 84: request 1
			at k8s-w1:CALI2
			snmp k8s-w1 IPReversePathFilter=1`},
		{name: "so does another pod's address", script: `
			$ pod1: ping -c 1 172.16.184.1
			$ pod1: ip addr add 172.16.158.2/32 dev lo
			clear
			$ pod1: ping -c 1 -W 1 -I 172.16.158.2 172.16.184.1
			exit 1
			at k8s-w1:CALI1
			  pod2 > pod3 ttl 64 DF len 84: request 1
			at k8s-w1:tunl0
			snmp k8s-w1 IPReversePathFilter=1`},
		{name: "cold it does not come that far", script: `
			$ pod1: ip addr add 10.1.2.3/32 dev lo
			$ pod1: ping -c 1 -I 10.1.2.3 172.16.158.2
			exit 1
			prints From 10.1.2.3 icmp_seq=1 Destination Host Unreachable
			at k8s-w1:CALI1
			arp pod1:eth0
			  who-has 169.254.1.1 tell 10.1.2.3
			  who-has 169.254.1.1 tell 10.1.2.3
			  who-has 169.254.1.1 tell 10.1.2.3`},
		{name: "off: the reply to a foreign source leaves by the default route, not masqueraded", script: `
			$ k8s-w1: sysctl -w net.ipv4.conf.CALI1.rp_filter=0
			$ pod1: ip addr add 10.1.2.3/32 dev lo
			$ pod1: ping -c 1 -W 1 -I 10.1.2.3 172.16.158.2
			exit 1
			at k8s-w1:CALI2
			  10.1.2.3 > pod2 ttl 63 DF len 84: request 1
			  pod2 > 10.1.2.3 ttl 64 len 84: reply 1
			at k8s-w1:ens5
			  pod2 > 10.1.2.3 ttl 63 len 84: reply 1`},
		{name: "all.rp_filter=1 does not harm the tunnel", script: `
			$ k8s-w1: sysctl -w net.ipv4.conf.all.rp_filter=1
			$ k8s-w2: sysctl -w net.ipv4.conf.all.rp_filter=1
			$ pod1: ping -c 1 172.16.184.1
			exit 0`},
		{name: "but drops what was decapsulated when the way back is not by the tunnel", script: `
			$ k8s-w2: sysctl -w net.ipv4.conf.all.rp_filter=1
			$ k8s-w2: ip route replace 172.16.158.0/26 via 192.168.10.101 dev ens5
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			at k8s-w2:CALI3
			snmp k8s-w2 IPReversePathFilter=1`},
	})
}

func TestFactsAboutTOSAndOptions(t *testing.T) {
	tos := func(value, outer int) fact {
		o := ""
		if outer != 0 {
			o = fmt.Sprintf(" tos %02x", outer)
		}
		return fact{name: fmt.Sprintf("TOS %#02x inside, %#02x outside", value, outer), script: fmt.Sprintf(`
			$ pod1: ping -c 1 -Q %d 172.16.184.1
			at k8s-w1:ens5
			  w1 > w2 ttl 63%[3]s DF len 104 (pod1 > pod3 ttl 63 tos %02[2]x DF len 84: request 1)
			  w2 > w1 ttl 63%[3]s len 104 (pod3 > pod1 ttl 63 tos %02[2]x len 84: reply 1)
			at pod3:eth0
			  pod1 > pod3 ttl 62 tos %02[2]x DF len 84: request 1
			  pod3 > pod1 ttl 64 tos %02[2]x len 84: reply 1`, value, value, o)}
	}
	mark := "$ k8s-w1: iptables -t mangle -A POSTROUTING -o ens5 -j TOS --set-tos 0x03/0x03\n"
	tell(t, []fact{
		tos(0xb8, 0), tos(0x01, 1), tos(0x02, 2), tos(0x03, 2), tos(0xbb, 2),
		{name: "ICMP errors have precedence 0xc0 and keep the rest", script: `
			$ pod1: ping -c 1 -t 2 -Q 0xb8 172.16.184.1
			at k8s-w2:ens5
			  w1 > w2 ttl 1 DF len 104 (pod1 > pod3 ttl 1 tos b8 DF len 84: request 1)
			  w2 > w1 ttl 64 len 132 (tun2 > pod1 ttl 64 tos d8 len 112: time exceeded (pod1 > pod3 ttl 1 tos b8 DF len 84: request 1))`},
		{name: "CE outside makes ECT(0) inside CE", script: mark + `
			$ pod1: ping -c 1 -Q 2 172.16.184.1
			at k8s-w2:ens5
			  w1 > w2 ttl 63 tos 03 DF len 104 (pod1 > pod3 ttl 63 tos 02 DF len 84: request 1)
			  w2 > w1 ttl 63 tos 02 len 104 (pod3 > pod1 ttl 63 tos 03 len 84: reply 1)
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 tos 03 DF len 84: request 1
			  pod3 > pod1 ttl 63 tos 03 len 84: reply 1`},
		{name: "CE outside with no ECN inside is dropped before tunl0 shows it", script: mark + `
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w2:tunl0
			link k8s-w2 tunl0 rx 0 0 1 0`},
		{name: "record route: each node's address on the way out, the target twice", script: `
			$ pod1: ping -c 1 -R 172.16.184.1
			prints 56(124) bytes of data
			prints 172.16.158.1
			prints 172.16.158.0
			prints 192.168.10.102
			prints 172.16.184.0
			prints 192.168.10.101
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 144 (pod1 > pod3 ttl 63 DF len 124: request 1)
			  w2 > w1 ttl 63 len 144 (pod3 > pod1 ttl 63 len 124: reply 1)`},
		{name: "record route to the own node, and on it", script: `
			$ pod1: ping -c 1 -R 192.168.10.101
			prints 172.16.158.1\n192.168.10.101\n192.168.10.101\n172.16.158.1\n
			$ pod1: ping -c 1 -R 172.16.158.2
			prints 172.16.158.1\n192.168.10.101\n172.16.158.2\n172.16.158.2\n192.168.10.101\n172.16.158.1\n
			$ pod1: ping -c 1 -T tsandaddr 172.16.158.2
			prints \n192.168.10.101 0\n172.16.158.2 0\n172.16.158.2 0\nUnrecorded hops: 2\n`},
		{name: "MASQUERADE leaves the pod's address in the option", script: `
			$ pod1: ping -c 1 -R 8.8.8.8
			exit 0
			prints 172.16.158.1`},
		{name: "timestamps with addresses likewise", script: `
			$ pod1: ping -c 1 -T tsandaddr 172.16.184.1
			prints 56(124) bytes of data
			prints 172.16.158.1`},
	})
	t.Run("the recorded hops", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 -R 172.16.184.1")
		p := w.packets("pod1:eth0")
		var hops []string
		o := p[1].Options()
		require.Equal(t, byte(7), o[0], "the reply's option comes first, its padding last")
		require.Equal(t, byte(1), p[0].Options()[0], "the request's padding comes first")
		require.Zero(t, o[39])
		for i := 3; i < int(o[2])-1; i += 4 {
			hops = append(hops, who(netip.AddrFrom4([4]byte(o[i:i+4]))))
		}
		require.Equal(t, []string{"pod1", "tun1", "w2", "pod3", "pod3", "tun2", "w1"}, hops)
	})
}

func TestFactsAboutSpecialDestinations(t *testing.T) {
	tell(t, []fact{
		{name: "127.0.0.1, the own address and 0.0.0.0 go over lo", script: `
			$ pod1: ping -c 1 127.0.0.1
			prints ttl=64
			$ pod1: ping -c 1 172.16.158.1
			prints ttl=64
			$ pod1: ping -c 1 0.0.0.0
			prints PING 0.0.0.0 (127.0.0.1)
			exit 0
			at pod1:eth0
			at pod1:lo
			  127.0.0.1 > 127.0.0.1 ttl 64 DF len 84: request 1
			  127.0.0.1 > 127.0.0.1 ttl 64 len 84: reply 1
			  pod1 > pod1 ttl 64 DF len 84: request 1
			  pod1 > pod1 ttl 64 len 84: reply 1
			  127.0.0.1 > 127.0.0.1 ttl 64 DF len 84: request 1
			  127.0.0.1 > 127.0.0.1 ttl 64 len 84: reply 1`},
		{name: "a broadcast address without -b", script: `
			$ k8s-w1: ping -c 1 192.168.10.255
			exit 2
			prints ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules`},
		{name: "with -b nobody answers", script: `
			$ k8s-w1: ping -c 1 -W 1 -b 192.168.10.255
			exit 1
			prints WARNING: pinging broadcast address
			arp k8s-w1:ens5
			at k8s-w1:ens5
			  w1 > 192.168.10.255 ttl 64 DF id 0 len 84: request 1
			at k8s-w2:ens5
			  w1 > 192.168.10.255 ttl 64 DF id 0 len 84: request 1`},
		{name: "when they do, from their own addresses, and without DUP!", script: `
			$ k8s-w2: sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0
			$ router: sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0
			$ k8s-w1: ping -c 2 -i 1 -b 192.168.10.255
			exit 0
			prints from 192.168.10.102: icmp_seq=1
			prints from 192.168.10.1: icmp_seq=1
			prints no DUP!
			prints duplicates`},
		{name: "the sender hears itself too, also one that tracks connections", script: `
			$ k8s-w1: sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0
			$ k8s-w1: ping -c 1 -W 1 -b 192.168.10.255
			exit 0
			prints from 192.168.10.101: icmp_seq=1 ttl=64
			$ k8s-w1: ping -c 1 -W 1 224.0.0.1
			exit 0
			prints from 192.168.10.101: icmp_seq=1 ttl=64
			nat k8s-w1 POSTROUTING policy 2 168`},
		{name: "from a pod it is no broadcast; the node drops it", script: `
			$ pod1: ping -c 1 -W 1 192.168.10.255
			exit 1
			at pod1:eth0
			  pod1 > 192.168.10.255 ttl 64 DF len 84: request 1
			at k8s-w1:ens5`},
		{name: "unless it answers broadcasts, then from its own address", script: `
			$ k8s-w1: sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0
			$ pod1: ping -c 1 192.168.10.255
			prints 64 bytes from 192.168.10.101: icmp_seq=1 ttl=64
			prints (DIFFERENT ADDRESS!)`},
		{name: "multicast: TTL 1, no ARP", script: `
			$ pod1: ping -c 1 -W 1 224.0.0.1
			exit 1
			at pod1:eth0
			  pod1 > 224.0.0.1 ttl 1 DF id 0 len 84: request 1
			arp pod1:eth0`},
	})
	t.Run("the MAC of 224.0.0.1", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ k8s-w1: ping -c 1 -W 1 224.0.0.1")
		i := slices.IndexFunc(w.seen, func(o observed) bool { return o.place == "k8s-w1:ens5" })
		require.GreaterOrEqual(t, i, 0)
		require.Equal(t, packet.MAC{1, 0, 0x5e, 0, 0, 1}, packet.Ethernet(w.seen[i].frame).Dst())
	})
}

func TestFactsAboutCrossSubnet(t *testing.T) {
	people := func(s string) string {
		return strings.NewReplacer("POD4", "172.16.34.1", "W0", "192.168.20.100", "TUN0", "172.16.34.0").Replace(s)
	}
	far := mtu("eth1", 1400)
	for _, f := range []fact{
		{name: "the router takes one from the outer header", script: `
			$ pod1: ping -c 1 POD4
			prints ttl=62
			at router:eth0
			  w1 > W0 ttl 63 DF len 104 (pod1 > POD4 ttl 63 DF len 84: request 1)
			  W0 > w1 ttl 62 len 104 (POD4 > pod1 ttl 63 len 84: reply 1)
			at router:eth1
			  w1 > W0 ttl 62 DF len 104 (pod1 > POD4 ttl 63 DF len 84: request 1)
			  W0 > w1 ttl 63 len 104 (POD4 > pod1 ttl 63 len 84: reply 1)
			at k8s-w0:tunl0
			  pod1 > POD4 ttl 63 DF len 84: request 1
			  POD4 > pod1 ttl 63 len 84: reply 1
			at pod4:eth0
			  pod1 > POD4 ttl 62 DF len 84: request 1
			  POD4 > pod1 ttl 64 len 84: reply 1`},
		{name: "with 2 it dies at the router in the outer header, and the pod is not told", script: `
			$ pod1: ping -c 1 -W 1 -t 2 POD4
			exit 1
			prints no From
			at k8s-w1:ens5
			  w1 > W0 ttl 1 DF len 104 (pod1 > POD4 ttl 1 DF len 84: request 1)
			  router > w1 ttl 64 tos c0 len 132: time exceeded (w1 > W0 ttl 1 DF len 104 (pod1 > POD4 ttl 1 DF len 84: request 1))
			at pod1:eth0
			  pod1 > POD4 ttl 2 DF len 84: request 1
			$ pod1: ping -c 1 -t 3 POD4
			exit 0`},
		{name: "frag-needed for the outer packet: the first is lost, the node answers for the next", with: []change{far}, script: `
			$ pod1: ping -c 2 -W 1 -M do -s 1452 POD4
			exit 1
			prints no icmp_seq=1
			prints From 192.168.10.101 icmp_seq=2 Frag needed and DF set (mtu = 1380)
			cache k8s-w1 192.168.20.100 via 192.168.10.1 dev ens5 cache expires 597sec mtu 1400
			at k8s-w1:ens5
			  w1 > W0 ttl 63 DF len 1500 (pod1 > POD4 ttl 63 DF id 0 len 1480: request 1)
			  router > w1 ttl 64 tos c0 len 576: unreachable 4 mtu 1400 (w1 > W0 ttl 63 DF len 1500 (pod1 > POD4 ttl 63 DF id 0 len 1480: request 1))`},
		{name: "same subnet: no tunnel", script: `
			$ pod1: ping -c 1 172.16.184.1
			prints ttl=62
			at k8s-w1:tunl0
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > pod1 ttl 63 len 84: reply 1
			arp k8s-w1:ens5
			  who-has w2 tell w1
			  w2 is-at 02:00:c0:a8:0a:66
			route k8s-w1 172.16.184.0/26 via 192.168.10.102 dev ens5 proto bird
			route k8s-w1 no dev ens5 proto bird onlink`},
		{name: "same subnet: the node's own source is ens5's address", script: `
			$ k8s-w1: ping -c 1 172.16.184.1
			at pod3:eth0
			  w1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > w1 ttl 64 len 84: reply 1`},
	} {
		t.Run(f.name, func(t *testing.T) { newWorld(t, "crosssubnet-other-subnet", f.with...).script(people(f.script)) })
	}
}

// What a sender hears when nothing leaves.
func TestFactsAboutSendingNothing(t *testing.T) {
	t.Run("a dropped datagram is EPERM", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ k8s-w1: iptables -A OUTPUT -p icmp -j DROP")
		s := w.lab.Namespace("k8s-w1").OpenRaw(packet.ProtoICMP)
		defer s.Close()
		_, errno, _ := s.Send(netip.MustParseAddr("172.16.158.1"), make([]byte, 8), false)
		require.Equal(t, fib.EPERM, errno)
	})
	tell(t, []fact{
		{name: "a rule that drops in OUTPUT is an error of sendmsg, which this ping keeps to itself", script: `
			$ k8s-w1: iptables -A OUTPUT -p icmp -j DROP
			$ k8s-w1: ping -c 2 -W 1 172.16.158.1
			exit 1
			prints no sendmsg
			snmp k8s-w1 OutDiscards=2
			at pod1:eth0`},
		{name: "what is dropped on a far machine is not", script: `
			$ k8s-w1: iptables -A FORWARD -p icmp -j DROP
			$ pod1: ping -c 1 -W 1 172.16.184.1
			prints no sendmsg`},
		{name: "nor what is dropped after encapsulation; the tunnel counts it", script: `
			$ k8s-w1: iptables -A OUTPUT -p 4 -j DROP
			$ k8s-w1: ping -c 1 -W 1 172.16.184.1
			prints no sendmsg
			snmp k8s-w1 no OutDiscards
			link k8s-w1 tunl0 rx 0 0 0 0 0 0 tx 0 0 0 1`},
		{name: "REJECT answers for others", script: `
			$ k8s-w1: iptables -A FORWARD -p icmp -j REJECT
			$ pod1: ping -c 1 172.16.158.2
			prints From 192.168.10.101 icmp_seq=1 Destination Port Unreachable
			$ k8s-w1: iptables -A INPUT -p icmp -j REJECT --reject-with icmp-admin-prohibited
			$ pod1: ping -c 1 192.168.10.101
			prints From 192.168.10.101 icmp_seq=1 Packet filtered`},
		{name: "but not in OUTPUT when it refuses its own answer", script: `
			$ k8s-w1: iptables -A OUTPUT -p icmp -j REJECT
			$ k8s-w1: ping -c 2 -W 1 172.16.158.1
			exit 1
			prints no From`},
		{name: "lo down: silence", script: `
			$ k8s-w1: ip link set lo down
			$ k8s-w1: ping -c 1 -W 1 192.168.10.101
			exit 1`},
		{name: "a missing route is counted", script: `
			$ pod1: ip route del default
			$ pod1: ping -c 1 8.8.8.8
			exit 2
			snmp pod1 OutNoRoutes=1`},
		{name: "forwarding off: dropped silently, own addresses answer", script: `
			$ pod1: ping -c 1 172.16.158.2
			$ k8s-w1: sysctl -w net.ipv4.ip_forward=0
			$ pod1: ping -c 2 -W 1 172.16.158.2
			exit 1
			prints no From
			snmp k8s-w1 InAddrErrors=2
			$ pod1: ping -c 1 192.168.10.101
			exit 0`},
		{name: "an interface without carrier counts nothing", script: `
			$ pod2: ip link set eth0 down
			$ pod1: ping -c 1 172.16.158.2
			link k8s-w1 no CALI2`},
	})
}
