package iproute

import (
	"net/netip"
	"strconv"
	"strings"

	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
)

// doTunnel is `ip tunnel`: ip/iptunnel.c.
func (c *command) doTunnel(a args) error {
	if c.family == inet6 {
		return notModelled("IPv6: ip -6 tunnel")
	}
	if !a.more() {
		return c.showTunnels(a)
	}
	verb, _ := a.next()
	switch {
	case matches(verb, "add"):
		return c.changeTunnel(a, true)
	case matches(verb, "change"):
		return c.changeTunnel(a, false)
	case matches(verb, "delete"):
		return c.delTunnel(a)
	case matches(verb, "show"), matches(verb, "lst"), matches(verb, "list"):
		return c.showTunnels(a)
	case matches(verb, "prl"), matches(verb, "6rd"):
		return notModelled("ip tunnel %s", verb)
	case matches(verb, "help"):
		return c.usage("tunnel")
	}
	return fail(255, `Command "%s" is unknown, try "ip tunnel help".`, verb)
}

// tunnelWords is what the words of `ip tunnel` say: parse_args.
type tunnelWords struct {
	stack.Tunnel
	name string
	mode string // ipip, gre, sit, vti; empty: none given
}

// parseTunnel reads the words. With change, the settings of the device that is
// named first are the start.
func (c *command) parseTunnel(a args, change bool) (t tunnelWords, err error) {
	t.PMTUDisc = true
	first := true
	for a.more() && err == nil {
		w, _ := a.next()
		switch {
		case w == "mode":
			if w, err = a.next(); err == nil {
				mode := tunnelModes[w]
				switch {
				case mode == "":
					err = fail(255, `Unknown tunnel mode "%s"`, w)
				case t.mode != "" && t.mode != mode:
					err = fail(255, "You managed to ask for more than one tunnel mode.")
				}
				t.mode = mode
			}
		case w == "key", w == "ikey", w == "okey":
			if _, err = a.next(); err == nil {
				err = fail(1, "Keys are not allowed with ipip and sit tunnels")
			}
		case w == "seq", w == "iseq", w == "oseq", w == "csum", w == "icsum", w == "ocsum":
			err = notModelled("ip tunnel … %s", w)
		case w == "nopmtudisc":
			t.PMTUDisc = false
		case w == "pmtudisc":
			t.PMTUDisc = true
		case w == "remote":
			t.Remote, err = a.tunnelAddr()
		case w == "local":
			t.Local, err = a.tunnelAddr()
		case w == "dev":
			if w, err = a.next(); err == nil {
				d := c.ns.Device(w)
				if d == nil {
					err = noDevice(w)
				} else {
					t.Dev = d.Index
				}
			}
		case w == "ttl", w == "hoplimit", w == "hlim":
			var ttl uint8
			var inherit bool
			if ttl, inherit, err = a.tunnelTTL(); !inherit { // "inherit" leaves a change's old one
				t.TTL = ttl
			}
		case w == "tos", w == "tclass", matches(w, "dsfield"):
			if w, err = a.next(); err == nil {
				t.TOS, err = tunnelTOS(w)
			}
		default:
			if w == "name" {
				w, err = a.next()
			} else if matches(w, "help") {
				return t, c.usage("tunnel")
			}
			switch {
			case err != nil:
			case t.name != "":
				err = garbage("name", w)
			case !stack.ValidName(w):
				err = fail(255, `Error: argument "%s" is wrong: "name" not a valid ifname`, w)
			case change && first:
				d := c.ns.Device(w)
				var ok bool
				if d != nil {
					t.Tunnel, _, ok = c.ns.TunnelOf(d)
				}
				switch {
				case d == nil:
					err = fail(1, `get tunnel "%s" failed: No such device`, w)
				case !ok:
					err = fail(1, `get tunnel "%s" failed: Operation not supported`, w)
				}
				if t.IPIP {
					t.mode = "ipip"
				}
			}
			t.name = w
		}
		first = false
	}
	if err == nil && t.mode == "" {
		for _, m := range []string{"gre", "ipip", "sit", "isatap", "vti"} {
			if strings.HasPrefix(t.name, m) {
				t.mode = m
			}
		}
	}
	t.IPIP = t.mode == "ipip"
	return t, err
}

var tunnelModes = map[string]string{"ipip": "ipip", "ip/ip": "ipip", "gre": "gre", "gre/ip": "gre", "sit": "sit", "ipv6/ip": "sit", "isatap": "isatap", "vti": "vti"}

// tunnelEnd reads an address: get_addr32. "any" is none.
func (a *args) tunnelEnd() (netip.Addr, error) {
	w, err := a.next()
	if err != nil {
		return netip.Addr{}, err
	}
	addr, err := inet.addr(w)
	if err != nil || addr == netip.IPv4Unspecified() {
		return netip.Addr{}, err
	}
	return addr, nil
}

// tunnelAddr is tunnelEnd for `ip tunnel`, which says it in other words.
func (a *args) tunnelAddr() (netip.Addr, error) {
	if !a.more() {
		return a.tunnelEnd()
	}
	w := a.peek()
	addr, err := a.tunnelEnd()
	if err != nil {
		err = fail(1, `Error: an IP address is expected rather than "%s"`, w)
	}
	return addr, err
}

// tunnelTTL reads a TTL; inherit says whether it is the inner packet's.
func (a *args) tunnelTTL() (ttl uint8, inherit bool, err error) {
	w, err := a.next()
	if err != nil || w == "inherit" {
		return 0, err == nil, err
	}
	n, ok := parseNumber(w)
	if !ok || n > 255 {
		return 0, false, invalid("invalid TTL\n", w)
	}
	return uint8(n), false, nil
}

// tunnelTOS reads inherit, a value, or inherit/VALUE.
func tunnelTOS(w string) (uint8, error) {
	head, value, slash := strings.Cut(w, "/")
	tos := uint8(1)
	if head != "inherit" {
		tos, value, slash = 0, head, true
	}
	if slash {
		n, ok := fib.ParseTOS(value)
		if !ok {
			return 0, invalid("bad TOS value", value)
		}
		tos |= n
	}
	return tos, nil
}

// changeTunnel is do_add, for both verbs.
func (c *command) changeTunnel(a args, add bool) error {
	t, err := c.parseTunnel(a, !add)
	if err != nil {
		return err
	}
	switch {
	case t.TTL != 0 && !t.PMTUDisc:
		return fail(1, "ttl != 0 and nopmtudisc are incompatible")
	case t.mode == "":
		return fail(1, "cannot determine tunnel mode (ipip, gre, vti or sit)")
	case t.mode != "ipip":
		return notModelled("ip tunnel … mode %s", t.mode)
	}
	c.lab.LoadIPIP() // the kernel loads the module for the name tunl0
	named := t.name
	if add || named == "" {
		named = "tunl0"
	}
	refused := func(err error) error { return fail(1, `add tunnel "%s" failed: %v`, named, errnoText(err)) }
	if add {
		if _, err := c.ns.AddTunnelByName(stack.NewLink{Name: t.name, QLen: -1}, t.Tunnel); err != nil {
			return refused(err)
		}
		return nil
	}
	d := c.ns.Device(named)
	if d == nil {
		return refused(&fib.Error{Errno: fib.ENODEV})
	}
	if err := c.ns.ChangeTunnel(d, t.Tunnel); err != nil {
		return refused(err)
	}
	return nil
}

// errnoText is the text of the number behind a refusal.
func errnoText(err error) string {
	if e, ok := err.(*fib.Error); ok {
		return e.Errno.String()
	}
	return err.Error()
}

// delTunnel is do_del.
func (c *command) delTunnel(a args) error {
	t, err := c.parseTunnel(a, false)
	if err != nil {
		return err
	}
	name := t.name
	if name == "" {
		name = "tunl0"
	}
	d := c.ns.Device(name)
	refused := func(e fib.Errno) error { return fail(1, `delete tunnel "%s" failed: %v`, name, e) }
	if d == nil {
		return refused(fib.ENODEV)
	}
	_, fallback, ok := c.ns.TunnelOf(d)
	switch {
	case !ok:
		return refused(fib.EOPNOTSUPP)
	case fallback:
		return refused(fib.EPERM)
	}
	return c.ns.DelLink(d)
}

func (c *command) showTunnels(a args) error {
	t, err := c.parseTunnel(a, false)
	if err != nil {
		return err
	}
	if t.mode != "" { // one device is asked for
		name := t.name
		if name == "" {
			name = "tunl0"
		}
		d := c.ns.Device(name)
		if d == nil {
			return fail(1, `get tunnel "%s" failed: No such device`, name)
		}
		x, _, ok := c.ns.TunnelOf(d)
		if !ok {
			return fail(1, `get tunnel "%s" failed: Operation not supported`, name)
		}
		c.printTunnel(d, x, false)
		return nil
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	for _, d := range c.ns.Devices() {
		x, _, ok := c.ns.TunnelOf(d)
		if !ok || t.name != "" && d.Name != t.name || t.Dev != 0 && t.Dev != x.Dev ||
			t.Remote.IsValid() && t.Remote != x.Remote || t.Local.IsValid() && t.Local != x.Local {
			continue
		}
		c.printTunnel(d, x, c.opt.stats > 0)
	}
	p.finish()
	return nil
}

// printTunnel is print_tunnel.
func (c *command) printTunnel(d *netdev.Device, t stack.Tunnel, stats bool) {
	p := &c.p
	p.object()
	p.colored(colorIfname, "ifname", "", d.Name, ": ")
	mode := "any/ip"
	if t.IPIP {
		mode = "ip/ip"
	}
	p.str("mode", "", mode, " ")
	remote, local := endText(t.Remote), endText(t.Local)
	if p.json != nil {
		remote, local = strings.Replace(remote, "any", "0.0.0.0", 1), strings.Replace(local, "any", "0.0.0.0", 1)
	}
	p.colored(colorInet, "remote", "remote ", remote, " ")
	p.colored(colorInet, "local", "local ", local, "")
	if t.Dev != 0 {
		p.str("dev", " dev ", c.ns.Env().DevName(t.Dev), "")
	}
	if t.TTL != 0 {
		p.num("ttl", " ttl ", int64(t.TTL), "")
	} else {
		p.text(" ttl inherit")
	}
	switch {
	case t.TOS == 0:
	case t.TOS == 1:
		p.text(" tos inherit")
	case t.TOS&1 != 0 && p.json == nil:
		p.str("tos", " tos inherit/", fib.TOSName(t.TOS&^1), "")
	default:
		p.str("tos", " tos ", fib.TOSName(t.TOS), "")
	}
	if !t.PMTUDisc {
		p.null("nopmtudisc", " nopmtudisc")
	}
	p.endObject()
	if stats && p.json == nil {
		s := &d.Stats
		p.text("\nRX: Packets    Bytes        Errors CsumErrs OutOfSeq Mcasts\n    ")
		p.text(columns(s.RxPackets, 10, s.RxBytes, 12, s.RxErrors, 6, s.RxFrame, 8, 0, 8, s.Multicast, 8))
		p.text("\nTX: Packets    Bytes        Errors DeadLoop NoRoute  NoBufs\n    ")
		p.text(columns(s.TxPackets, 10, s.TxBytes, 12, s.TxErrors, 6, s.TxCollisions, 8, s.TxCarrier, 8, s.TxDropped, 6))
	}
	p.text("\n")
}

// columns pads pairs of number and width, with a blank between.
func columns(v ...uint64) string {
	var b strings.Builder
	for i := 0; i+1 < len(v); i += 2 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(pad(strconv.FormatUint(v[i], 10), int(v[i+1])))
	}
	return b.String()
}

func endText(a netip.Addr) string {
	if !a.IsValid() {
		return "any"
	}
	return a.String()
}

// addIPIP is `ip link add … type ipip`: ip/link_iptnl.c.
func (c *command) addIPIP(ns *stack.Namespace, n stack.NewLink, a args) (*netdev.Device, error) {
	t := stack.Tunnel{PMTUDisc: true}
	if err := c.ipipWords(&t, a); err != nil {
		return nil, err
	}
	c.lab.LoadIPIP()
	return ns.AddTunnel(n, t)
}

// ipipWords reads the options of `type ipip` on top of those in t.
func (c *command) ipipWords(t *stack.Tunnel, a args) (err error) {
	for a.more() && err == nil {
		w, _ := a.next()
		switch {
		case w == "mode":
			if w, err = a.next(); err != nil {
				break
			}
			switch w {
			case "ipv4/ipv4", "ipip", "ip4ip4":
				t.IPIP = true
			case "any/ipv4", "any":
				t.IPIP = false
			case "mpls/ipv4", "mplsip":
				err = notModelled("ip link … type ipip mode %s", w)
			default:
				err = invalid("Cannot guess tunnel mode.", w)
			}
		case w == "remote":
			t.Remote, err = a.tunnelEnd()
		case w == "local":
			t.Local, err = a.tunnelEnd()
		case matches(w, "dev"):
			if w, err = a.next(); err == nil {
				d := c.ns.Device(w)
				if d == nil {
					err = noDevice(w)
				} else {
					t.Dev = d.Index
				}
			}
		case w == "ttl", w == "hoplimit", w == "hlim":
			t.TTL, _, err = a.tunnelTTL()
		case w == "tos", w == "tclass", w == "tc", matches(w, "dsfield"):
			if w, err = a.next(); err == nil {
				t.TOS, err = tunnelTOS(w)
			}
		case w == "nopmtudisc":
			t.PMTUDisc = false
		case w == "pmtudisc":
			t.PMTUDisc = true
		case w == "noencap":
		case w == "encap":
			if w, err = a.next(); err == nil && w != "none" {
				err = notModelled("ip link … type ipip encap %s", w)
			}
		case w == "external", w == "encap-sport", w == "encap-dport", w == "encap-csum", w == "encap-remcsum", w == "encap-udp6-csum":
			err = notModelled("ip link … type ipip %s", w)
		case w == "fwmark":
			var n int
			n, err = a.number("invalid fwmark\n")
			t.Mark = uint32(n)
		default:
			err = c.usageText(1, ipipUsage)
		}
	}
	if err == nil && t.TTL != 0 && !t.PMTUDisc {
		err = fail(255, "ttl != 0 and nopmtudisc are incompatible")
	}
	return err
}

const ipipUsage = `Usage: ... ipip [ remote ADDR ] [ local ADDR ] [ ttl TTL ] [ tos TOS ]
                [ [no]pmtudisc ] [ dev PHYS_DEV ] [ fwmark MARK ]
                [ mode { ipip | any } ]

Where:	ADDR := { IP_ADDRESS | any }
	TOS  := { NUMBER | inherit }
	TTL  := { 1..255 | inherit }
	MARK := { 0x0..0xffffffff }`

// setIPIP is `ip link set … type ipip …`.
func (c *command) setIPIP(d *netdev.Device, rest args) error {
	t, fallback, ok := c.ns.TunnelOf(d)
	if !ok {
		return fail(1, "Failed to get existing tunnel info.")
	}
	if err := c.ipipWords(&t, rest); err != nil {
		return err
	}
	if fallback {
		return &fib.Error{Errno: fib.EINVAL}
	}
	return c.ns.ChangeTunnel(d, t)
}

// printIPIP is iptunnel_print_opt.
func (c *command) printIPIP(d *netdev.Device) {
	p := &c.p
	t, _, _ := c.ns.TunnelOf(d)
	proto := "any"
	if t.IPIP {
		proto = "ipip"
	}
	p.str("proto", "", proto, " ")
	p.str("remote", "remote ", endText(t.Remote), " ")
	p.str("local", "local ", endText(t.Local), " ")
	if t.Dev != 0 {
		p.str("link", "dev ", c.ns.Env().DevName(t.Dev), " ")
	}
	if t.TTL != 0 || p.json != nil {
		p.num("ttl", "ttl ", int64(t.TTL), " ")
	} else {
		p.text("ttl inherit ")
	}
	switch {
	case t.TOS == 0:
	case t.TOS == 1 && p.json == nil:
		p.text("tos inherit ")
	default:
		p.str("tos", "tos ", hex(uint32(t.TOS)), " ")
	}
	if t.PMTUDisc {
		p.raw("pmtudisc", "pmtudisc ", "true")
	} else {
		p.raw("pmtudisc", "nopmtudisc ", "false")
	}
	if t.Mark != 0 {
		p.str("fwmark", "fwmark ", hex(t.Mark), " ")
	}
}
