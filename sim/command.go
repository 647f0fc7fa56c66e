package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netfilter/ipset"
	"hoplab/sim/netfilter/iptables"
	"hoplab/sim/stack"
)

// Command runs one configuration command line in a namespace: what the setup
// of a lab may say. by is who gave it, for explanations. Commands that show
// something, and the shell's language, are not for here.
func (l *Lab) Command(netns, line, by string) error {
	ns := l.Namespace(netns)
	if ns == nil {
		return fmt.Errorf("there is no machine or pod called %q", netns)
	}
	words, err := iptables.Split(line)
	if err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	if len(words) == 0 {
		return nil
	}
	if err := l.command(ns, words, by); err != nil {
		return fmt.Errorf("%s: %s: %s", netns, line, firstLine(err.Error()))
	}
	return nil
}

func (l *Lab) command(ns *stack.Namespace, words []string, by string) error {
	switch words[0] {
	case "ip":
		return l.ip(ns, words[1:], by)
	case "sysctl":
		return sysctl(ns, words[1:])
	case "iptables":
		return iptablesArgs(ns, words[1:], by)
	case "ipset":
		return ipsetArgs(ns, words[1:])
	case "bridge":
		return bridge(ns, words[1:])
	}
	return fmt.Errorf("not modelled: command %q in setup (ip, bridge, sysctl, iptables and ipset are)", words[0])
}

// bridge is `bridge fdb` with a verb that changes something.
func bridge(ns *stack.Namespace, args []string) error {
	if len(args) < 2 || args[0] != "fdb" {
		return fmt.Errorf("not modelled: bridge %s (bridge fdb is)", strings.Join(args, " "))
	}
	switch verb := args[1]; {
	case verb == "add":
		return fdb(ns, stack.FDBAdd, args[2:])
	case abbreviates(verb, "append"):
		return fdb(ns, stack.FDBAppend, args[2:])
	case abbreviates(verb, "replace"):
		return fdb(ns, stack.FDBReplace, args[2:])
	case abbreviates(verb, "delete"):
		return fdb(ns, stack.FDBDelete, args[2:])
	}
	return fmt.Errorf("not modelled: bridge fdb %s", args[1])
}

// fdb changes an entry of a forwarding database: MAC dev IF [dst ADDRESS] [self].
func fdb(ns *stack.Namespace, op stack.FDBOp, args []string) error {
	c := stack.FDBChange{Op: op, State: neigh.NoARP | neigh.Permanent, Flags: stack.FDBSelf}
	var mac bool
	for i := 0; i < len(args); i++ {
		value := func() string {
			if i++; i < len(args) {
				return args[i]
			}
			return ""
		}
		var err error
		switch w := args[i]; w {
		case "self", "permanent":
		case "dev":
			name := value()
			if c.Dev = ns.Device(name); c.Dev == nil {
				return fmt.Errorf("Cannot find device %q", name) //nolint:staticcheck // iproute2's text
			}
		case "dst":
			c.Dst, err = netip.ParseAddr(value())
		default:
			if mac {
				return fmt.Errorf("not modelled: bridge fdb … %s", w)
			}
			c.MAC, err = packet.ParseMAC(w)
			mac = true
		}
		if err != nil || c.Dst.IsValid() && !c.Dst.Is4() {
			return fmt.Errorf("bridge fdb: %q is no address that can stand there", args[min(i, len(args)-1)])
		}
	}
	if c.Dev == nil || !mac {
		return errors.New("Device and address are required arguments.") //nolint:staticcheck // iproute2's text
	}
	return ns.ChangeFDB(c)
}

func (l *Lab) ip(ns *stack.Namespace, args []string, by string) error {
	if len(args) > 0 && args[0] == "-4" {
		args = args[1:]
	}
	if len(args) < 2 {
		return fmt.Errorf("not modelled: ip %s", strings.Join(args, " "))
	}
	object, verb, rest := args[0], args[1], args[2:]
	switch {
	case abbreviates(object, "route"):
		if verb == "flush" && len(rest) == 1 && rest[0] == "cache" {
			ns.FIB.FlushCache()
			return nil
		}
		v, ok := fib.ParseVerb(verb)
		if !ok {
			return fmt.Errorf("not modelled: ip route %s", verb)
		}
		return route(ns, v, rest, by, "")
	case abbreviates(object, "rule"):
		v, ok := fib.ParseVerb(verb)
		if !ok {
			return fmt.Errorf("not modelled: ip rule %s", verb)
		}
		return policyRule(ns, v, rest, by)
	case abbreviates(object, "neighbour"), object == "neighbor":
		v, ok := fib.ParseVerb(verb)
		if !ok {
			return fmt.Errorf("not modelled: ip neigh %s", verb)
		}
		return neighbour(ns, v, rest)
	case abbreviates(object, "address"):
		return address(ns, verb, rest)
	case abbreviates(object, "link"):
		return link(ns, verb, rest)
	}
	return fmt.Errorf("not modelled: ip %s", object)
}

// abbreviates says that word is a beginning of full, as iproute2 allows.
func abbreviates(word, full string) bool { return word != "" && strings.HasPrefix(full, word) }

func route(ns *stack.Namespace, v fib.Verb, args []string, by, object string) error {
	r, err := fib.ParseRoute(v, args, true, ns.Env())
	if err != nil {
		return err
	}
	r.By, r.Object = by, object
	return ns.ChangeRoute(v, r)
}

func policyRule(ns *stack.Namespace, v fib.Verb, args []string, by string) error {
	r, err := fib.ParseRule(v, args, true)
	if err != nil {
		return err
	}
	r.By = by
	if v == fib.VerbDelete {
		return ns.FIB.DeleteRule(r, ns.Env())
	}
	_, err = ns.FIB.AddRule(r, ns.Env())
	return err
}

func neighbour(ns *stack.Namespace, v fib.Verb, args []string) error {
	s, err := neigh.ParseNeigh(args, ns.Env())
	if err != nil {
		return err
	}
	return ns.ChangeNeighbour(v, s)
}

func address(ns *stack.Namespace, verb string, args []string) error {
	var a stack.Address
	var dev string
	for i := 0; i < len(args); i++ {
		value := func() string {
			if i+1 < len(args) {
				i++
				return args[i]
			}
			return ""
		}
		switch args[i] {
		case "dev":
			dev = value()
		case "scope":
			s, ok := fib.ParseScope(value())
			if !ok {
				return fmt.Errorf("scope %q is invalid", args[i])
			}
			a.Scope = s
		case "brd", "broadcast":
			b, err := netip.ParseAddr(value())
			if err != nil {
				return fmt.Errorf("not modelled: broadcast %q", args[i])
			}
			a.Broadcast = b
		default:
			text := args[i]
			if !strings.Contains(text, "/") {
				text += "/32"
			}
			p, err := netip.ParsePrefix(text)
			if err != nil || !p.Addr().Is4() {
				return fmt.Errorf("not modelled: ip address %s %q", verb, args[i])
			}
			a.Prefix = p
		}
	}
	d := ns.Device(dev)
	if d == nil {
		return fmt.Errorf("Cannot find device %q", dev) //nolint:staticcheck // iproute2's text
	}
	if !a.Prefix.IsValid() {
		return fmt.Errorf("ip address %s: no address given", verb)
	}
	switch {
	case abbreviates(verb, "add"):
		return ns.AddAddress(d, a)
	case abbreviates(verb, "delete"):
		return ns.DelAddress(d, a.Prefix)
	}
	return fmt.Errorf("not modelled: ip address %s", verb)
}

func link(ns *stack.Namespace, verb string, args []string) error {
	if len(args) > 0 && args[0] == "dev" {
		args = args[1:]
	}
	if len(args) == 0 {
		return fmt.Errorf("ip link %s: no device given", verb)
	}
	d := ns.Device(args[0])
	if d == nil {
		return fmt.Errorf("Cannot find device %q", args[0]) //nolint:staticcheck // iproute2's text
	}
	if abbreviates(verb, "delete") {
		ns.RemoveDevice(d)
		return nil
	}
	if verb != "set" {
		return fmt.Errorf("not modelled: ip link %s", verb)
	}
	for rest := args[1:]; len(rest) > 0; rest = rest[1:] {
		switch rest[0] {
		case "up":
			ns.SetUp(d, true)
		case "down":
			ns.SetUp(d, false)
		case "mtu":
			if len(rest) < 2 {
				return fmt.Errorf("ip link set %s mtu: no number given", d.Name)
			}
			n, err := strconv.Atoi(rest[1])
			if err != nil || n < 68 || n > 65535 {
				return fmt.Errorf("mtu %q is not a number from 68 to 65535", rest[1])
			}
			ns.SetMTU(d, n)
			rest = rest[1:]
		default:
			return fmt.Errorf("not modelled: ip link set %s", rest[0])
		}
	}
	return nil
}

func sysctl(ns *stack.Namespace, args []string) error {
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			if a == "-w" || a == "-q" || a == "-qw" || a == "-wq" {
				continue
			}
			return fmt.Errorf("not modelled: sysctl %s", a)
		}
		key, value, ok := strings.Cut(a, "=")
		if !ok {
			return fmt.Errorf("not modelled: sysctl %s (only key=value)", a)
		}
		if err := ns.SetSysctl(key, value); err != nil {
			return err
		}
	}
	return nil
}

func iptablesLine(ns *stack.Namespace, line, by string) error {
	words, err := iptables.Split(line)
	if err != nil {
		return err
	}
	return iptablesArgs(ns, words, by)
}

func iptablesArgs(ns *stack.Namespace, args []string, by string) error {
	c, err := iptables.Parse(args)
	if err != nil {
		return err
	}
	_, err = c.Apply(ns.Filter, by)
	ns.RulesChanged()
	return err
}

func ipsetLine(ns *stack.Namespace, line string) error { return ipsetArgs(ns, fields(line)) }

func ipsetArgs(ns *stack.Namespace, args []string) error {
	c, err := ipset.Parse(args)
	if err != nil {
		return err
	}
	_, err = c.Apply(ns.Filter.Sets())
	return err
}

func fields(s string) []string { return strings.Fields(s) }

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

func durationNS(n int64) time.Duration { return time.Duration(n) }
