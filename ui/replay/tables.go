package replay

import (
	"bytes"
	"fmt"
	"strings"

	"hoplab/sim"
	"hoplab/sim/netfilter"
	"hoplab/sim/shell"
	"hoplab/sim/shell/iproute"
	"hoplab/sim/shell/nettools"
	"hoplab/sim/stack"
)

// Table is what a command prints about a machine.
type Table struct {
	Machine string
	Command string
	Lines   []string
}

// Commands lists what shows the state of a machine. asRules shows the tables of
// iptables as rules are written, not with counters.
func Commands(asRules bool) []string {
	how := " -nvL"
	if asRules {
		how = " -S"
	}
	return []string{"ip route", "ip neigh", "ip addr", "conntrack -L", "iptables -t filter" + how, "iptables -t nat" + how, "iptables -t mangle" + how, "iptables -t raw" + how,
		"ip rule", "ipset list", "ip -s link", "nstat -as"}
}

// Tables prints what commands print about a namespace. The commands take no
// time, start no process and leave no trace, so that the lab stays what it was.
func Tables(l *sim.Lab, netns string, cmds []string) []Table {
	ns := l.Namespace(netns)
	if ns == nil {
		return nil
	}
	all := append(iproute.Tools(), nettools.New(l).Tools()...)
	var out []Table
	for _, c := range cmds {
		t := Table{Machine: netns, Command: c}
		if there(ns, c) {
			t.Lines = look(l, ns, all, strings.Fields(c))
		}
		out = append(out, t)
	}
	return out
}

// there reports that a command can look without making what it looks for: to list
// a table of iptables loads it.
func there(ns *stack.Namespace, command string) bool {
	for _, t := range []struct {
		name string
		id   netfilter.TableID
		hook netfilter.Hook
	}{{"raw", netfilter.Raw, netfilter.Output}, {"mangle", netfilter.Mangle, netfilter.Output}, {"nat", netfilter.NAT, netfilter.Output}, {"filter", netfilter.Filter, netfilter.Output}} {
		if strings.HasPrefix(command, "iptables -t "+t.name+" ") {
			return ns.Filter.Has(t.id, t.hook)
		}
	}
	return true
}

// look runs a command that only looks.
func look(l *sim.Lab, ns *stack.Namespace, all []shell.Tool, argv []string) (lines []string) {
	var b bytes.Buffer
	for i := range all {
		if all[i].Name != argv[0] {
			continue
		}
		func() {
			defer func() {
				if r := recover(); r != nil { // it wanted a process
					b.Reset()
					fmt.Fprintf(&b, "%s: %v", argv[0], r)
				}
			}()
			var errs bytes.Buffer
			all[i].Run(&shell.Call{Args: argv, In: strings.NewReader(""), Out: &b, Err: &errs, Process: &shell.Process{Args: argv, NS: ns, Dir: "/"}, NS: ns, Lab: l, Tool: &all[i]})
			if b.Len() == 0 {
				b.Write(errs.Bytes())
			}
		}()
		break
	}
	text := strings.TrimRight(b.String(), "\n ")
	if text == "" {
		return nil
	}
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, strings.TrimRight(strings.ReplaceAll(line, "\t", "        "), " "))
	}
	return lines
}
