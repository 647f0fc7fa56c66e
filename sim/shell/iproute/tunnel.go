package iproute

import "hoplab/sim/netdev"

// doTunnel is `ip tunnel`, of which only tunl0 can be shown.
func (c *command) doTunnel(a args) error {
	verb := "show"
	if a.more() {
		verb, _ = a.next()
	}
	switch {
	case matches(verb, "show"), matches(verb, "lst"), matches(verb, "list"):
		return c.showTunnels(a)
	case matches(verb, "help"):
		return c.usage("tunnel")
	case matches(verb, "add"), matches(verb, "change"), matches(verb, "delete"), matches(verb, "prl"), matches(verb, "6rd"):
		return notModelled("ip tunnel %s", verb)
	}
	return fail(255, `Command "%s" is unknown, try "ip tunnel help".`, verb)
}

func (c *command) showTunnels(a args) error {
	var name string
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "name" || w == "dev":
			name, err = a.next()
		case w == "mode":
			if w, err = a.next(); err == nil && w != "ipip" && w != "any" {
				err = notModelled("ip tunnel show mode %s", w)
			}
		case w == "remote", w == "local", w == "ttl", w == "tos", w == "key", w == "ikey", w == "okey":
			err = notModelled("ip tunnel show %s", w)
		default:
			name = w
		}
		if err != nil {
			return err
		}
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	for _, d := range c.ns.Devices() {
		if d.Kind != netdev.IPIP || name != "" && d.Name != name {
			continue
		}
		p.object()
		p.colored(colorIfname, "ifname", "", d.Name, ": ")
		p.str("mode", "", "any/ip", " ")
		p.str("remote", "remote ", "any", " ")
		p.str("local", "local ", "any", "")
		p.text(" ttl inherit")
		p.null("nopmtudisc", " nopmtudisc")
		p.endObject()
		p.text("\n")
	}
	p.finish()
	return nil
}
