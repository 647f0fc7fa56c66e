package iproute

import (
	"errors"
	"strconv"
	"strings"

	"hoplab/sim"
	"hoplab/sim/stack"
)

// runDir is where Debian's iproute2 keeps the names of namespaces.
const runDir = "/run/netns/"

// named finds a namespace by name, as opening its file does.
func (c *command) named(name string) (*stack.Namespace, error) {
	if ns := c.lab.Namespace(name); ns != nil && c.lab.Named(ns) {
		return ns, nil
	}
	return nil, fail(255, `Cannot open network namespace "%s": No such file or directory`, name)
}

// switchNetNS is -n NAME.
func (c *command) switchNetNS(name string) error {
	ns, err := c.named(name)
	if err == nil {
		c.ns = ns
	}
	return err
}

// netnsOrPID is the value of netns in `ip link`: a name or a process.
func (c *command) netnsOrPID(w string) (*stack.Namespace, error) {
	if ns, err := c.named(w); err == nil {
		return ns, nil
	}
	pid, ok := parseNumber(w)
	if !ok {
		return nil, invalid("Invalid \"netns\" value\n", w)
	}
	for _, p := range c.sys.Processes() {
		if p.PID == pid {
			return p.NS, nil
		}
	}
	if pid == 1 && c.lab.Host() != nil {
		return c.lab.Host(), nil
	}
	return nil, fail(2, "RTNETLINK answers: No such process")
}

// doNetNS is `ip netns`.
func (c *command) doNetNS(a args) error {
	if !a.more() {
		return c.listNetNS()
	}
	verb, _ := a.next()
	if a.more() && !c.opt.all && badNetNSName(a.peek()) {
		return fail(255, `Invalid netns name "%s"`, a.peek())
	}
	switch {
	case matches(verb, "list"), matches(verb, "show"), matches(verb, "lst"):
		return c.listNetNS()
	case matches(verb, "list-id"):
		return c.listNetNSIDs(a)
	case matches(verb, "help"):
		return c.usage("netns")
	case matches(verb, "add"):
		return c.addNetNS(a)
	case matches(verb, "set"):
		return c.setNetNS(a)
	case matches(verb, "monitor"), matches(verb, "attach"):
		return notModelled("ip netns %s", verb)
	case matches(verb, "identify"):
		return c.identify(a)
	case matches(verb, "pids"):
		return c.pids(a)
	case matches(verb, "delete"):
		return c.delNetNS(a)
	case matches(verb, "exec"):
		return c.execNetNS(a)
	}
	return fail(255, `Command "%s" is unknown, try "ip netns help".`, verb)
}

func badNetNSName(w string) bool {
	return w == "" || len(w) > 255 || strings.Contains(w, "/") || w == "." || w == ".."
}

// listNetNS is `ip netns list`: with the number by which the namespace is known
// here.
func (c *command) listNetNS() error {
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	for _, name := range c.lab.NamespaceNames() {
		p.object()
		p.str("name", "", name, "")
		if id, ok := c.ns.KnownNetNSID(c.lab.Namespace(name)); ok {
			p.num("id", " (id: ", int64(id), ")")
		}
		p.text("\n")
		p.endObject()
	}
	p.finish()
	return nil
}

// listNetNSIDs is `ip netns list-id`.
func (c *command) listNetNSIDs(a args) error {
	if a.more() {
		return notModelled("ip netns list-id %s", a.peek())
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	for _, peer := range c.ns.Peers() {
		c.printNSID(peer.ID, peer.NS)
	}
	p.finish()
	return nil
}

func (c *command) addNetNS(a args) error {
	name, err := a.next()
	if err != nil {
		return fail(1, "No netns name specified")
	}
	if _, err := c.lab.AddNamespace(name); err != nil {
		return fail(1, `Cannot create namespace file "%s%s": %v`, runDir, name, err)
	}
	return nil
}

// setNetNS is `ip netns set NAME NSID`.
func (c *command) setNetNS(a args) error {
	name, err := a.next()
	if err != nil {
		return fail(1, "No netns name specified")
	}
	w, err := a.next()
	if err != nil {
		return fail(1, "No nsid specified")
	}
	id, auto := -1, w == "auto"
	if !auto {
		var ok bool
		positive, minus := strings.CutPrefix(w, "-")
		if id, ok = parseNumber(positive); !ok {
			return invalid("Invalid \"netnsid\" value", w)
		}
		if minus && id > 0 {
			return invalid("\"netnsid\" value should be >= 0", w)
		}
	}
	ns, err := c.named(name)
	if err != nil {
		return fail(1, `Cannot open network namespace "%s": No such file or directory`, name)
	}
	return c.ns.SetNetNSID(ns, id, auto)
}

func (c *command) delNetNS(a args) error {
	if c.opt.all {
		for _, name := range c.lab.NamespaceNames() {
			if err := c.lab.DeleteNamespace(name); err != nil {
				return err
			}
		}
		return nil
	}
	name, err := a.next()
	if err != nil {
		return fail(1, "No netns name specified")
	}
	if err := c.lab.DeleteNamespace(name); errors.Is(err, sim.ErrNamespaceMissing) {
		return fail(1, `Cannot remove namespace file "%s%s": %v`, runDir, name, err)
	} else if err != nil {
		return err
	}
	return nil
}

// execNetNS is `ip netns exec`. As the command takes the place of ip, its
// status is ip's.
func (c *command) execNetNS(a args) error {
	if c.opt.all {
		return c.execEverywhere(a)
	}
	name, err := a.next()
	if err != nil {
		return fail(1, "No netns name specified")
	}
	if !a.more() {
		return fail(1, "No command specified")
	}
	ns, err := c.named(name)
	if err != nil {
		return err
	}
	c.flush()
	status, found := c.sys.Exec(ns, a.list, c.batch)
	if !found {
		return fail(1, `exec of "%s" failed: No such file or directory`, a.list[0])
	}
	if status != 0 {
		return &fault{status: status}
	}
	return nil
}

// execEverywhere is `ip -all netns exec`, which does not care how the commands
// end.
func (c *command) execEverywhere(a args) error {
	if !a.more() {
		return fail(1, "No command specified")
	}
	for _, name := range c.lab.NamespaceNames() {
		c.p.text("\nnetns: " + name + "\n")
		c.flush()
		ns := c.lab.Namespace(name)
		if ns == nil {
			continue // a command before took it away
		}
		if _, found := c.sys.Exec(ns, a.list, true); !found {
			c.errorf("exec of \"%s\" failed: No such file or directory\n", a.list[0])
		}
	}
	return nil
}

// identify is `ip netns identify [PID]`.
func (c *command) identify(a args) error {
	ns := c.home
	if a.more() {
		w, _ := a.next()
		if a.more() {
			return fail(1, "extra arguments specified")
		}
		if w != "self" {
			pid, ok := parseNumber(w)
			if !ok {
				return fail(1, "Specified string '%s' is not a pid", w)
			}
			ns = nil
			for _, p := range c.sys.Processes() {
				if p.PID == pid {
					ns = p.NS
				}
			}
			if ns == nil {
				return fail(1, "Cannot open network namespace: No such file or directory")
			}
		}
	}
	if c.lab.Named(ns) {
		c.p.text(ns.Name + "\n")
	} else {
		c.p.text("\n")
	}
	return nil
}

// pids is `ip netns pids NAME`.
func (c *command) pids(a args) error {
	name, err := a.next()
	if err != nil {
		return fail(1, "No netns name specified")
	}
	ns, err := c.named(name)
	if err != nil {
		return fail(1, "Cannot open network namespace: No such file or directory")
	}
	for _, p := range c.sys.Processes() {
		if p.NS == ns {
			c.p.text(strconv.Itoa(p.PID) + "\n")
		}
	}
	return nil
}
