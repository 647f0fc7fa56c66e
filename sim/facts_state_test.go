package sim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
	"hoplab/sim/conntrack"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netfilter"
	"hoplab/sim/stack"
)

// stateLines is what the tools would show of a namespace, one fact a line:
// counters of links, routes, cached exceptions, neighbours, counters of the
// nat table, conntrack entries and /proc/net/snmp, without what is zero.
func stateLines(l *sim.Lab, ns *stack.Namespace) []string {
	var all []string
	add := func(format string, args ...any) { all = append(all, strings.TrimSpace(fmt.Sprintf(format, args...))) }
	for _, d := range ns.Devices() {
		s := d.Stats
		rx := fmt.Sprint(s.RxBytes, s.RxPackets, s.RxErrors, s.RxDropped, 0, s.Multicast)
		tx := fmt.Sprint(s.TxBytes, s.TxPackets, s.TxErrors, s.TxDropped, s.TxCarrier, s.TxCollisions)
		if rx+tx != "0 0 0 0 0 00 0 0 0 0 0" {
			add("link %s rx %s tx %s", d.Name, rx, tx)
		}
	}
	for _, r := range ns.FIB.Routes(fib.TableMain) {
		add("route %s", fib.AppendRoute(nil, r, ns.Env(), fib.Format{Table: fib.TableMain}))
	}
	all = append(all, cached(l, ns)...)
	for _, e := range ns.Neigh.Entries() {
		if e.Listed() {
			add("neigh %s", neigh.AppendEntry(nil, e, ns.Env(), false))
		}
	}
	if nat := ns.Filter.Lookup(netfilter.NAT); nat != nil {
		for _, c := range nat.Chains() {
			if c.Builtin() {
				add("nat %s policy %d %d", c.Name, c.Packets, c.Bytes)
			}
			for _, r := range c.Rules() {
				target := regexp.MustCompile(`-j (\S+)`).FindStringSubmatch(r.String())[1]
				packets, bytes := r.Counters()
				add("nat %s %s %d %d", c.Name, target, packets, bytes)
			}
		}
	}
	for _, x := range tracked(l, ns) {
		add("conntrack %s", x)
	}
	snmp := func(name string, pairs ...any) {
		line := ""
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != uint64(0) {
				line += fmt.Sprintf(" %v=%d", pairs[i], pairs[i+1])
			}
		}
		if line != "" {
			add("snmp %s%s", name, line)
		}
	}
	c := ns.Counters()
	p, m := &c.IP, &c.ICMP
	snmp("Ip", "InReceives", p.InReceives, "InHdrErrors", p.InHdrErrors, "InAddrErrors", p.InAddrErrors, "ForwDatagrams", p.ForwDatagrams, "InUnknownProtos", p.InUnknownProtos,
		"InDiscards", p.InDiscards, "InDelivers", p.InDelivers, "OutRequests", p.OutRequests, "OutDiscards", p.OutDiscards, "OutNoRoutes", p.OutNoRoutes,
		"ReasmTimeout", p.ReasmTimeout, "ReasmReqds", p.ReasmReqds, "ReasmOKs", p.ReasmOKs, "ReasmFails", p.ReasmFails, "FragOKs", p.FragOKs, "FragFails", p.FragFails, "FragCreates", p.FragCreates)
	snmp("Icmp", "InMsgs", m.InMsgs, "InErrors", m.InErrors, "InCsumErrors", m.InCsumErrors, "InDestUnreachs", m.InType[3], "InTimeExcds", m.InType[11], "InEchos", m.InType[8], "InEchoReps", m.InType[0],
		"OutMsgs", m.OutMsgs, "OutErrors", m.OutErrs, "OutRateLimitGlobal", m.OutRateLimitGlobal, "OutRateLimitHost", m.OutRateLimitHost, "OutDestUnreachs", m.OutType[3], "OutTimeExcds", m.OutType[11], "OutEchos", m.OutType[8], "OutEchoReps", m.OutType[0])
	snmp("TcpExt", "IPReversePathFilter", c.TCPExt.IPReversePathFilter)
	return all
}

// cached is `ip route show cache`, one line each.
func cached(l *sim.Lab, ns *stack.Namespace) []string {
	var all []string
	for _, r := range ns.FIB.Routes(0) {
		for _, e := range r.Exceptions(l.Now()) {
			text := string(fib.AppendException(nil, r, e, l.Now(), ns.Env()))
			all = append(all, "cache "+strings.Join(strings.Fields(text), " "))
		}
	}
	return all
}

// tracked is `conntrack -L`, sorted.
func tracked(l *sim.Lab, ns *stack.Namespace) []string {
	var all []string
	if ns.Conn == nil {
		return nil
	}
	ns.Conn.Entries(l.Now(), func(_ uint32, c *conntrack.Conn) bool {
		all = append(all, strings.Join(strings.Fields(string(c.AppendText(nil, l.Now()))), " "))
		return true
	})
	slices.Sort(all)
	return all
}

var (
	timed    = regexp.MustCompile(`^(conntrack \w+ \d+ |cache .* expires )(\d+)`)
	echoIDs  = regexp.MustCompile(`\bid=\d+`)
	linkLine = regexp.MustCompile(`^link (\S+) rx (\d+) (\d+) (.*) tx (\d+) (\d+) (.*)$`)
	states   = regexp.MustCompile(`\b(STALE|DELAY|PROBE|REACHABLE)$`)
)

// sameState compares two lines of state. Times may differ by what two runs
// of a real kernel differ by, and so do the states of neighbours, whose
// reachable time is random; echo ids are random too.
func sameState(want, got string) bool {
	w, g := timed.FindStringSubmatch(want), timed.FindStringSubmatch(got)
	if w != nil && g != nil {
		a, _ := strconv.Atoi(w[2])
		b, _ := strconv.Atoi(g[2])
		if b-a < -2 || b-a > 9 { // the recording's own tools took some time
			return false
		}
		want, got = timed.ReplaceAllString(want, "$1"), timed.ReplaceAllString(got, "$1")
	}
	if w, g := linkLine.FindStringSubmatch(want), linkLine.FindStringSubmatch(got); w != nil && g != nil {
		// One neighbour was or was not asked again.
		n := func(s []string, i int) int { v, _ := strconv.Atoi(s[i]); return v }
		more := n(w, 3) - n(g, 3)
		return w[1] == g[1] && w[4] == g[4] && w[7] == g[7] && more >= -1 && more <= 1 && more == n(w, 6)-n(g, 6) &&
			n(w, 2)-n(g, 2) == 42*more && n(w, 5)-n(g, 5) == 42*more
	}
	want, got = states.ReplaceAllString(want, "VALID"), states.ReplaceAllString(got, "VALID")
	return echoIDs.ReplaceAllString(want, "id") == echoIDs.ReplaceAllString(got, "id")
}

// What ip, iptables, conntrack and /proc/net/snmp showed after the recordings
// of a real kernel.
func TestStateAfterwardsIsThatOfARealKernel(t *testing.T) {
	for _, dir := range caseDirs(t) {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/facts/state/" + name + ".txt")
			require.NoError(t, err)
			config, err := os.ReadFile(filepath.Join(dir, "case.yaml"))
			require.NoError(t, err)
			o := readCase(t, config).run(t)
			want := map[string][]string{}
			for line := range strings.Lines(string(text)) {
				ns, fact, _ := strings.Cut(strings.TrimSpace(line), ": ")
				want[ns] = append(want[ns], fact)
			}
			for _, ns := range o.lab.Namespaces() {
				if want[ns.Name] == nil {
					continue
				}
				shown := strings.Fields(want[ns.Name][0])
				got := slices.DeleteFunc(stateLines(o.lab, ns), func(s string) bool {
					kind, _, _ := strings.Cut(s, " ")
					return !slices.Contains(shown, kind) || strings.HasPrefix(s, "snmp TcpExt")
				})
				for _, d := range stateDiff(want[ns.Name][1:], got) {
					t.Errorf("%s: %s", ns.Name, d)
				}
			}
		})
	}
}

// stateDiff lists what is only in one of them.
func stateDiff(want, got []string) []string {
	var out []string
	got = slices.Clone(got)
	for _, w := range want {
		if i := slices.IndexFunc(got, func(g string) bool { return sameState(w, g) }); i >= 0 {
			got = slices.Delete(got, i, i+1)
			continue
		}
		out = append(out, "kernel:    "+w)
	}
	for _, g := range got {
		out = append(out, "simulator: "+g)
	}
	return out
}
