package lesson

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/sim/ctl/names"
	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

func (p *Pane) pageKeys(c card) []pane.Binding {
	try := c.page.Try
	out := []pane.Binding{pane.Bind("enter", p.T("go on", "계속"), pane.Always(func(pane.Key) { p.leaf(1) }))}
	if len(try) == 0 {
		return out
	}
	return append(out,
		pane.Bind("t", p.T("run the command in a shell", "명령을 셸에서 실행"), func(pane.Key) pane.Action {
			t := try[p.choice]
			p.choice = min(p.choice+1, len(try)-1)
			return pane.Try{NetNS: netns(t.In.Ref), Line: t.Run.Text}
		}),
		pane.Bind("up/k down/j", p.T("choose a command", "명령 고르기"), pane.Always(func(k pane.Key) { p.by(k, len(try)) })))
}

// Offer is the command of the page that a reader may try: the nth, from 0. ok is
// false if there is none.
func (p *Pane) Offer(n int) (machine, line string, ok bool) {
	c := p.card()
	if c.kind != page || n < 0 || n >= len(c.page.Try) {
		return "", "", false
	}
	t := c.page.Try[n]
	return netns(t.In.Ref), t.Run.Text, true
}

// netns is the namespace of a reference.
func netns(r topology.Ref) string {
	if r.Kind == topology.RefPod {
		pod := r.Pod()
		return names.PodNetns(pod.Namespace, pod.Name)
	}
	return r.Name
}

// place is NETNS:DEV of a reference to an interface.
func place(r topology.RefAt) string {
	dev := r.Interface
	if (r.Cali != topology.PodName{}) {
		pod := r.Cali.Full()
		dev = names.Veth("", pod.Namespace, pod.Name)
	}
	return netns(r.Ref) + ":" + dev
}

// page is the card of one.
func (p *Pane) page(pg *topology.Page, w int) (out []look.Line, see part) {
	lang := p.Lang.String()
	out = append(out, para(pg.Text.In(lang), look.Plain, w)...)
	if len(pg.Try) > 0 {
		text := p.T("try it; t runs the marked line in a shell there:", "직접 해 보기: t를 누르면 표시된 줄을 그곳의 셸에서 실행합니다")
		if p.Plain {
			text = p.T("try it:", "직접 해 보기:")
		}
		out = append(out, look.Line{}, look.S(look.Dim, text))
	}
	for i, t := range pg.Try {
		mark, st := "  ", look.Plain
		if i == p.choice {
			mark, st = p.Glyph("▸ ", "> "), look.Selected
			see.from = len(out)
		}
		if p.Plain {
			mark, st = strconv.Itoa(i+1)+" ", look.Plain
		}
		l := look.Line{}.Add(look.Plain, mark).Add(look.Dim, netns(t.In.Ref)+"$ ").Add(st, t.Run.Text)
		if p.typed(netns(t.In.Ref), t.Run.Text) {
			l = l.Add(look.Good, p.Glyph(" ✓", " (done)"))
		}
		out = append(out, l)
		out = append(out, indented(4, look.Wrap(t.Look.In(lang), look.Dim, w-4, 0))...)
		if i == p.choice {
			see.to = len(out)
		}
	}
	for _, r := range pg.Pods {
		out = append(out, look.Line{})
		out = append(out, p.pod(r.Pod(), w)...)
	}
	return out, see
}

// fact is something that was made for a pod: where, what, and by whom.
type fact struct{ where, what, by string }

// pod shows the manifest of a pod, and what was made of it.
func (p *Pane) pod(name topology.PodName, w int) []look.Line {
	var out []look.Line
	for _, x := range p.S.Entry.Bundle.Pods {
		if x.Name != name.Name || x.Namespace != name.Namespace {
			continue
		}
		text, err := x.Raw.YAML()
		if err != nil || text == "" {
			continue
		}
		out = append(out, look.S(look.Head, fmt.Sprintf(p.T("the manifest of %s", "%s의 매니페스트"), name.Name)))
		for _, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
			out = append(out, indented(2, look.Wrap(l, look.Plain, w-2, 2))...)
		}
	}
	facts := made(p.S.Topology(), name, p.T)
	if len(facts) == 0 {
		return append(out, look.S(look.Dim, fmt.Sprintf(p.T("there is no pod %s", "%s 파드가 없습니다"), name.Name)))
	}
	out = append(out, look.S(look.Head, p.T("what was made for it", "이 파드를 위해 만들어진 것")))
	where := ""
	for _, f := range facts {
		if f.where != where {
			where = f.where
			out = append(out, look.S(look.Bold, "  "+where))
		}
		out = append(out, indented(4, look.Wrap(f.what, look.Plain, w-4, 2))...)
		if f.by != "" {
			by := p.Glyph("← ", "<- ") + p.Lang.By(f.by)
			if l := &out[len(out)-1]; l.Cells()+2+look.Cells(by) <= w {
				*l = l.Add(look.Dim, "  "+by)
			} else {
				out = append(out, indented(8, look.Wrap(by, look.Dim, w-8, 3))...)
			}
		}
	}
	return out
}

// made lists what a lab has for the sake of a pod, in the words of the tools that
// would make it: its namespace, both ends of its veth, its routes, the node's route
// to it, the settings and rules of its interface on the node, and other nodes' routes
// to its block. It is read off the plain network that `hoplab expand` prints.
func made(lab *topology.Lab, pod topology.PodName, t func(en, ko string) string) []fact {
	m := lab.Machine(names.PodNetns(pod.Namespace, pod.Name))
	if m == nil || m.Role != topology.RolePod {
		return nil
	}
	by := ""
	if len(m.Routes) > 0 {
		by = m.Routes[0].By
	}
	out := []fact{{m.Name, "ip netns add " + m.Name, by}}
	for _, i := range m.Interfaces {
		if i.Kind != topology.Veth {
			continue
		}
		out = append(out, fact{m.Name, fmt.Sprintf("%s: veth, mtu %d, %s", i.Name, i.MTU, i.MAC), by})
		for _, a := range i.Addresses {
			out = append(out, fact{m.Name, "ip address add " + a.Prefix.String() + " dev " + i.Name, by})
		}
	}
	for _, r := range m.Routes {
		out = append(out, fact{m.Name, "ip route add " + r.Text, r.By})
	}
	for _, i := range m.Interfaces {
		if i.Kind == topology.Veth {
			out = append(out, onNode(lab, m, i, by, t)...)
		}
	}
	return out
}

// onNode lists what the node of a pod has for it, and then other nodes: eth is the
// pod's end of the veth.
func onNode(lab *topology.Lab, pod *topology.Machine, eth *topology.Interface, by string, t func(en, ko string) string) []fact {
	node := lab.Machine(eth.Peer.Machine)
	if node == nil {
		return nil
	}
	dev := eth.Peer.Interface
	var out []fact
	if i := node.Interface(dev); i != nil {
		out = append(out, fact{node.Name, fmt.Sprintf(t("%s: veth, mtu %d, %s, the other end of %s:%s", "%s: veth, mtu %d, %s, 반대쪽 끝은 %s:%s"), dev, i.MTU, i.MAC, pod.Name, eth.Name), by})
	}
	for _, r := range node.Routes {
		if slices.Contains(strings.Fields(r.Text), dev) {
			out = append(out, fact{node.Name, "ip route add " + r.Text, r.By})
		}
	}
	for _, s := range node.Sysctls {
		if slices.Contains(strings.Split(s.Path(), "/"), dev) {
			out = append(out, fact{node.Name, fmt.Sprintf("sysctl -w %s=%s", s.Key, s.Value), s.By})
		}
	}
	rules, rulesBy := 0, ""
	for _, r := range node.IPTables {
		if strings.Contains(r.Text, dev) {
			rules, rulesBy = rules+1, r.By
		}
	}
	if rules > 0 {
		out = append(out, fact{node.Name, fmt.Sprintf(t("%d lines of iptables with %s", "iptables 규칙 %d줄: %s"), rules, dev), rulesBy})
	}
	for _, m := range lab.Machines {
		if m == node || m == pod {
			continue
		}
		for _, r := range m.Routes {
			if to := prefixOf(r.Text); r.By != "" && len(eth.Addresses) > 0 && to.IsValid() && to.Contains(eth.Addresses[0].Prefix.Addr()) {
				out = append(out, fact{m.Name, "ip route add " + r.Text, r.By})
			}
		}
	}
	return out
}

// prefixOf is where a line of `ip route add` leads, the zero Prefix for default and
// kinds of routes.
func prefixOf(line string) netip.Prefix {
	to, _, _ := strings.Cut(line, " ")
	if a, err := netip.ParseAddr(to); err == nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	x, _ := netip.ParsePrefix(to)
	return x
}
