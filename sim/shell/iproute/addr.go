package iproute

import (
	"fmt"
	"net/netip"
	"slices"

	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
)

// doAddress is `ip address`.
func (c *command) doAddress(a args) error {
	if !a.more() {
		return c.showLinks(a, false)
	}
	verb, _ := a.next()
	switch {
	case matches(verb, "add"):
		return c.changeAddress(a, addAddress)
	case matches(verb, "change"), verb == "chg", matches(verb, "replace"):
		return c.changeAddress(a, replaceAddress)
	case matches(verb, "delete"):
		return c.changeAddress(a, delAddress)
	case matches(verb, "show"), matches(verb, "lst"), matches(verb, "list"):
		return c.showLinks(a, false)
	case matches(verb, "flush"):
		return c.flushAddresses(a)
	case matches(verb, "save"), matches(verb, "showdump"), matches(verb, "restore"):
		return notModelled("ip address %s", verb)
	case matches(verb, "help"):
		return c.usage("address")
	}
	return fail(255, `Command "%s" is unknown, try "ip address help".`, verb)
}

type addressVerb uint8

const (
	addAddress addressVerb = iota
	replaceAddress
	delAddress
)

// changeAddress is ipaddr_modify.
func (c *command) changeAddress(a args, verb addressVerb) error {
	var x stack.Address
	var dev, local, brd, scope, label string
	var length bool
	valid, preferred, lifetime := uint32(stack.Forever), uint32(stack.Forever), 0 // lifetime: which of both were given
	f := c.family
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "peer" || w == "remote":
			if x.Peer.IsValid() {
				err = duplicate("peer", a.peek())
				break
			}
			var p netip.Prefix
			if w, err = a.next(); err == nil {
				if p, _, err = f.prefix(w); err == nil {
					f, x.Peer = inet, p.Addr()
					x.Prefix = netip.PrefixFrom(x.Prefix.Addr(), p.Bits())
				}
			}
		case matches(w, "broadcast"), w == "brd":
			if brd != "" {
				err = duplicate("broadcast", a.peek())
			} else if brd, err = a.next(); err == nil && brd != "+" && brd != "-" {
				x.Broadcast, err = f.addr(brd)
			}
		case w == "anycast":
			err = notModelled("ip address … anycast")
		case w == "scope":
			if scope, err = a.next(); err == nil {
				var ok bool
				if x.Scope, ok = fib.ParseScope(scope); !ok {
					err = invalid("invalid scope value.", scope)
				}
			}
		case w == "dev":
			dev, err = a.next()
		case w == "label":
			label, err = a.next()
		case matches(w, "metric"), matches(w, "priority"), matches(w, "preference"):
			var n int
			n, err = a.number("\"metric\" value is invalid\n")
			x.Metric = uint32(n)
		case matches(w, "valid_lft"):
			if lifetime&1 != 0 {
				err = duplicate("valid_lft", w)
				break
			}
			lifetime |= 1
			valid, err = a.lifetime("valid_lft value")
		case matches(w, "preferred_lft"):
			if lifetime&2 != 0 {
				err = duplicate("preferred_lft", w)
				break
			}
			lifetime |= 2
			preferred, err = a.lifetime("preferred_lft value")
		case w == "noprefixroute":
			x.NoPrefix = true
		case w == "autojoin":
			err = notModelled("ip address … %s", w)
		case w == "secondary", w == "temporary", w == "dadfailed", w == "deprecated", w == "tentative", w == "permanent", w == "stable-privacy":
			c.errorf("Warning: %s option is not mutable from userspace\n", w)
		case w == "home", w == "mngtmpaddr", w == "nodad", w == "optimistic":
			c.errorf("Warning: %s option can be set only for IPv6 addresses\n", w)
		default:
			if w == "local" {
				w, err = a.next()
			}
			if matches(w, "help") {
				return c.usage("address")
			}
			if err == nil && local != "" {
				err = garbage("local", w)
			}
			if err == nil {
				var p netip.Prefix
				if p, length, err = f.prefix(w); err == nil {
					bits := p.Bits()
					if x.Peer.IsValid() {
						bits = x.Prefix.Bits()
					}
					f, local, x.Prefix = inet, w, netip.PrefixFrom(p.Addr(), bits)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	if dev == "" {
		return fail(1, `Not enough information: "dev" argument is required.`)
	}
	if local == "" && f == anyFamily {
		if c.ns.Device(dev) == nil {
			return noDevice(dev)
		}
		return fail(2, "RTNETLINK answers: Operation not supported")
	}
	if verb == delAddress && !x.Peer.IsValid() && local != "" && !length {
		c.errorf("Warning: Executing wildcard deletion to stay compatible with old scripts.\n"+
			"         Explicitly specify the prefix length (%s/%d) to avoid this warning.\n"+
			"         This special behaviour is likely to disappear in further releases,\n"+
			"         fix your scripts!\n", local, x.Prefix.Bits())
	}
	if !x.Peer.IsValid() && local == "" {
		return fail(2, "RTNETLINK answers: Invalid argument")
	}
	if x.Peer == x.Prefix.Addr() {
		x.Peer = netip.Addr{}
	}
	if (brd == "+" || brd == "-") && x.Prefix.Bits() <= 30 {
		x.Broadcast = edge(x, brd == "+")
	}
	if scope == "" && x.Prefix.Addr().IsLoopback() {
		x.Scope = fib.Host
	}
	d := c.ns.Device(dev)
	if d == nil {
		return noDevice(dev)
	}
	if lifetime != 0 {
		switch {
		case valid == 0:
			return fail(1, "valid_lft is zero")
		case valid < preferred:
			return fail(1, "preferred_lft is greater than valid_lft")
		}
	}
	x.Lifetime = c.ns.NewLifetime(valid, preferred)
	if label != "" && label != d.Name {
		if len(label) > 15 {
			return fail(2, "Error: Attribute failed policy validation.")
		}
		x.Label = label
	}
	switch verb {
	case delAddress:
		return c.ns.RemoveAddress(d, func(y stack.Address) bool {
			return y.Prefix.Addr() == x.Prefix.Addr() && (label == "" || labelOf(d, y) == label) &&
				(!length && !x.Peer.IsValid() || y.Prefix.Bits() == x.Prefix.Bits() && sameSubnet(x, y))
		})
	case replaceAddress:
		if ok, err := c.ns.ChangeAddress(d, x); ok || err != nil {
			return err
		}
	}
	return c.ns.AddAddress(d, x)
}

// sameSubnet is inet_ifa_match.
func sameSubnet(x, y stack.Address) bool { return subnet(x) == subnet(y) }

func subnet(x stack.Address) netip.Prefix {
	if x.Peer.IsValid() {
		return netip.PrefixFrom(x.Peer, x.Prefix.Bits()).Masked()
	}
	return x.Prefix.Masked()
}

// lifetime reads seconds or forever: set_lifetime.
func (a *args) lifetime(why string) (uint32, error) {
	w, err := a.next()
	if err != nil || w == "forever" {
		return stack.Forever, err
	}
	n, ok := parseNumber(w)
	if !ok {
		return 0, invalid(why, w)
	}
	return uint32(n), nil
}

// edge is the last (high) or the first address of an address's network.
func edge(x stack.Address, high bool) netip.Addr {
	b := subnet(x).Addr().As4()
	for i := x.Prefix.Bits(); high && i < 32; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom4(b)
}

// flushAddresses is `ip address flush`.
func (c *command) flushAddresses(a args) error {
	if !a.more() {
		return fail(1, "Flush requires arguments.")
	}
	if c.family == link {
		return fail(1, "Cannot flush link addresses.")
	}
	s, err := c.parseSelector(a)
	if err != nil {
		return err
	}
	n, rounds := 0, 0
	for range 10 {
		round := 0
		for _, d := range c.ns.Devices() {
			if ok, silent := s.takesLink(d); !ok || silent && s.label == "" {
				continue
			}
			for _, x := range slices.Clone(c.ns.Addresses(d)) {
				if !s.takesAddr(d, x) {
					continue
				}
				if c.opt.stats > 1 {
					c.flushedAddress(d, x)
				}
				// A secondary one may have gone with its primary.
				_ = c.ns.RemoveAddress(d, func(y stack.Address) bool { return y.Prefix == x.Prefix && y.Peer == x.Peer })
				round++
			}
		}
		if round == 0 {
			break
		}
		n += round
		rounds++
		if c.opt.stats > 0 {
			c.p.text(fmt.Sprintf("\n*** Round %d, deleting %d addresses ***\n", rounds, round))
		}
	}
	c.flushed(n, rounds, "Nothing to flush.\n")
	return nil
}

func (c *command) flushedAddress(d *netdev.Device, x stack.Address) {
	old := c.opt
	c.opt.oneline, c.opt.brief, c.opt.json = true, false, false
	c.printAddress(d, x)
	c.opt = old
}

// flushed says with -s how a flush went.
func (c *command) flushed(n, rounds int, nothing string) {
	switch {
	case c.opt.stats == 0:
	case n == 0:
		c.p.text(nothing)
	default:
		s := "s"
		if rounds == 1 {
			s = ""
		}
		c.p.text(fmt.Sprintf("*** Flush is complete after %d round%s ***\n", rounds, s))
	}
}
