package netfilter_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/conntrack"
	nf "hoplab/sim/netfilter"
	"hoplab/sim/netfilter/ipset"
	"hoplab/sim/netfilter/iptables"
)

// randomRules is a rule set for iptables-restore: chains that jump to each
// other, and conditions that contradict, repeat and imply each other.
func randomRules(rng *rand.Rand) string {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	var b strings.Builder
	table := func(name string, builtins, matches, targets []string) {
		fmt.Fprintf(&b, "*%s\n", name)
		for _, c := range builtins {
			fmt.Fprintf(&b, ":%s %s [0:0]\n", c, pick("ACCEPT", "ACCEPT", "DROP"))
		}
		chains := builtins
		const users = 6
		for i := range users {
			fmt.Fprintf(&b, ":u%d - [0:0]\n", i)
			chains = append(chains, fmt.Sprintf("u%d", i))
		}
		for i, c := range chains {
			for range rng.IntN(7) {
				fmt.Fprintf(&b, "-A %s", c)
				for used := ""; len(used) < 2*rng.IntN(4); {
					m := pick(matches...)
					option := strings.TrimPrefix(m, "! ")[:2]
					if option != "-m" && strings.Contains(used, option) {
						break // iptables takes one of each
					}
					used += option
					fmt.Fprintf(&b, " %s", m)
				}
				t := pick(targets...)
				if first := max(0, i-len(builtins)+1); first < users && rng.IntN(2) == 0 {
					t = fmt.Sprintf("%s u%d", pick("-j", "-j", "-g"), first+rng.IntN(users-first))
				}
				fmt.Fprintf(&b, " %s\n", t)
			}
		}
		b.WriteString("COMMIT\n")
	}
	matches := []string{"-s 10.0.0.0/24", "-d 10.0.0.2/32", "-p icmp", "-p udp",
		"-m mark --mark 0x1/0x1", "-m mark --mark 0x0/0x3", "-m mark ! --mark 0x2/0x2", "-m mark --mark 0x10/0xff", "-m mark --mark 0x4/0x3", "-m mark --mark 0x1",
		"-m conntrack --ctstate ESTABLISHED", "-m conntrack ! --ctstate NEW", "-m conntrack --ctstate DNAT", "-m connmark --mark 0x1/0x1", "-m ttl --ttl-lt 64",
		"-m set --match-set s src", "-m set ! --match-set s dst", "-m addrtype --dst-type LOCAL", "-m statistic --mode nth --every 3 --packet 0", "-m comment --comment x"}
	targets := []string{"", "-j ACCEPT", "-j DROP", "-j RETURN", "-j RETURN"}
	marks := append([]string{"-j MARK --set-xmark 0x1/0x1", "-j MARK --set-xmark 0x0/0x3", "-j MARK --set-xmark 0x2/0x0", "-j MARK --set-xmark 0x10/0xffffffff",
		"-j CONNMARK --save-mark", "-j CONNMARK --restore-mark", "-j TTL --ttl-dec 1"}, targets...)
	in, out := []string{"-i cali+", "! -i cali1", "-i ens5"}, []string{"-o cali+", "! -o cali2", "-o ens5"}
	table("mangle", []string{"PREROUTING"}, append(in, matches...), marks)
	table("filter", []string{"FORWARD"}, append(append(in, out...), matches...), append([]string{"-j REJECT --reject-with icmp-port-unreachable"}, targets...))
	return b.String()
}

// ruled is a namespace with rules and a connection of its own.
type ruled struct {
	tables *nf.Tables
	env    env
	ct     conntrack.Conn
	devs   map[string]*nf.Dev
	trail  *nf.Trail
}

// dev is the interface of that name.
func (r *ruled) dev(name string) *nf.Dev {
	if r.devs[name] == nil {
		r.devs[name] = &nf.Dev{Index: int32(len(r.devs)) + 1, Name: name}
	}
	return r.devs[name]
}

func newRuled(t *testing.T, rules string) *ruled {
	r := &ruled{devs: map[string]*nf.Dev{}, env: env{types: map[uint32]uint8{ip32("10.0.0.2"): 2}}}
	r.tables = nf.New(&r.env)
	require.NoError(t, r.tables.Sets().Create("s", ipset.HashNet, ipset.Options{}, false))
	require.NoError(t, r.tables.Sets().Get("s").Add(ipset.Elem{IP: ip32("10.0.0.0"), Cidr: 30}, ipset.Extra{}, false))
	r.restore(t, rules)
	return r
}

func (r *ruled) restore(t *testing.T, rules string) {
	_, err := iptables.Restore(r.tables, rules, iptables.RestoreOptions{}, "test")
	require.NoError(t, err, rules)
}

// send shows a packet to both tables and tells what became of it.
func (r *ruled) send(ip packet.IPv4, in, out string, info conntrack.Info) string {
	var mark uint32
	p := nf.Packet{IP: append(packet.IPv4(nil), ip...), Mark: &mark, CT: &r.ct, Info: info, In: r.dev(in)}
	a := r.tables.Run(nf.Mangle, nf.Prerouting, &p, r.trail)
	p.Out = r.dev(out)
	b := r.tables.Run(nf.Filter, nf.Forward, &p, r.trail)
	name := func(v nf.Verdict) string {
		if v.Rule == nil {
			return fmt.Sprint(v.Action, " ", v.Chain.Name)
		}
		return fmt.Sprint(v.Action, " ", v.Rule, " ", v.Chain.Name)
	}
	return fmt.Sprintf("%s; %s; mark %x connmark %x ttl %d", name(a), name(b), mark, r.ct.Mark, p.IP.TTL())
}

func (r *ruled) counters() string {
	text, err := iptables.Save(r.tables, iptables.SaveOptions{Counters: true})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Without a Trail plans decide, with one the walk from rule to rule: same
// verdicts by the same rules, same marks, same counters.
func TestPlansDecideLikeTheRules(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 1))
		rules := randomRules(rng)
		fast, slow := newRuled(t, rules), newRuled(t, rules)
		slow.trail = &nf.Trail{}
		for i := range 120 {
			src, dst := fmt.Sprintf("10.0.%d.%d", rng.IntN(2), rng.IntN(8)), fmt.Sprintf("10.0.0.%d", rng.IntN(4))
			ip := echo(src, dst)
			if rng.IntN(3) == 0 {
				ip = datagram(packet.ProtoUDP, src, dst, make([]byte, rng.IntN(12)))
			}
			devs := []string{"cali1", "cali2", "ens5", "calico", "eth0"}
			in, out := devs[rng.IntN(len(devs))], devs[rng.IntN(len(devs))]
			info := []conntrack.Info{conntrack.New, conntrack.Established, conntrack.EstablishedReply, conntrack.Related}[rng.IntN(4)]
			status := []conntrack.Status{0, conntrack.SeenReply, conntrack.DstNAT}[rng.IntN(3)]
			fast.ct.Status, slow.ct.Status = status, status
			require.Equal(t, slow.send(ip, in, out, info), fast.send(ip, in, out, info), "seed %d packet %d from %s to %s\n%s", seed, i, src, dst, rules)
			if rng.IntN(40) == 0 { // rules change while packets come
				rules = randomRules(rng)
				fast.restore(t, rules)
				slow.restore(t, rules)
			}
		}
		require.Equal(t, slow.counters(), fast.counters(), "seed %d", seed)
	}
}

// Five thousand rules in a row are more than a plan holds.
func TestLongTablesDecideLikeTheirRules(t *testing.T) {
	var b strings.Builder
	b.WriteString("*mangle\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "-A FORWARD -s 10.1.%d.%d/32 -j DROP\n", i/250, i%250)
	}
	b.WriteString("COMMIT\n")
	fast, slow := newRuled(t, b.String()), newRuled(t, b.String())
	slow.trail = &nf.Trail{}
	for _, i := range []int{0, 100, 4999, 7, 4999, 4095, 4999, 3} {
		slow.trail.Reset()
		src := fmt.Sprintf("10.1.%d.%d", i/250, i%250)
		for _, in := range []string{"a", "b"} {
			require.Equal(t, slow.send(echo(src, "10.0.0.1"), in, "x", conntrack.New), fast.send(echo(src, "10.0.0.1"), in, "x", conntrack.New))
		}
	}
	require.Equal(t, slow.counters(), fast.counters())
}
