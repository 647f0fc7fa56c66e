package iproute

import (
	"net/netip"
	"strconv"

	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
)

// vxlanUsage says what is modelled of a VXLAN device.
const vxlanUsage = `Usage: ... vxlan id VNI
		[ remote IP_ADDRESS ]
		[ local ADDR ]
		[ ttl TTL ]
		[ tos TOS ]
		[ df DF ]
		[ dev PHYS_DEV ]
		[ dstport PORT ]
		[ srcport MIN MAX ]
		[ [no]learning ]
		[ [no]proxy ]
		[ [no]rsc ]
		[ [no]l2miss ]
		[ [no]l3miss ]
		[ ageing SECONDS ]
		[ maxaddress NUMBER ]
		[ [no]udpcsum ]
		[ [no]udp6zerocsumtx ]
		[ [no]udp6zerocsumrx ]

Where:	VNI	:= 0-16777215
	TOS	:= { NUMBER | inherit }
	TTL	:= { 1..255 | auto | inherit }
	DF	:= { unset | set | inherit }`

// vxlanWords reads the options behind `type vxlan`: vxlan_parse_opt of
// ip/iplink_vxlan.c. set says that a device is changed and not made.
func (c *command) vxlanWords(a args, set bool) (cfg stack.VXLANConfig, given stack.VXLANField, err error) {
	if !a.more() && !set { // nothing to read: it is the kernel that refuses
		return cfg, given, &fib.Error{Errno: fib.EINVAL, Msg: "Required attributes not provided to perform the operation"}
	}
	seen := func(f stack.VXLANField, key, arg string) error {
		if given&f != 0 {
			return garbage(key, arg)
		}
		given |= f
		return nil
	}
	number := func(f stack.VXLANField, key, why string, most int) (n int, err error) {
		w, err := a.next()
		if err == nil {
			err = seen(f, key, w)
		}
		if err != nil {
			return 0, err
		}
		n, ok := parseNumber(w)
		if !ok || n > most {
			return 0, invalid(why, w)
		}
		return n, nil
	}
	address := func(f stack.VXLANField, key, why string, multicast bool) (addr netip.Addr, err error) {
		w, err := a.next()
		if err == nil {
			err = seen(f, key, w)
		}
		if err != nil {
			return addr, err
		}
		if addr, err = anyFamily.addr(w); err != nil {
			return addr, err
		}
		if w == "any" || w == "all" || w == "default" || addr.IsMulticast() != multicast {
			return addr, invalid(why, w)
		}
		return addr, nil
	}
	for a.more() {
		w, _ := a.next()
		var n int
		switch {
		case matches(w, "id"), matches(w, "vni"):
			n, err = number(stack.VXLANVNI, "id", "invalid id", 1<<24-1)
			cfg.VNI = uint32(n)
		case matches(w, "group"):
			if _, err = address(stack.VXLANRemote, "group", "invalid group address", true); err == nil {
				err = notModelled("ip link … type vxlan group")
			}
		case matches(w, "remote"):
			cfg.Remote, err = address(stack.VXLANRemote, "remote", "invalid remote address", false)
		case matches(w, "local"):
			cfg.Local, err = address(stack.VXLANLocal, "local", "invalid local address", false)
		case matches(w, "dev"):
			if w, err = a.next(); err == nil {
				if err = seen(stack.VXLANLower, "dev", w); err == nil {
					d := c.ns.Device(w)
					if d == nil {
						return cfg, given, fail(255, `Cannot find device "%s"`, w)
					}
					cfg.Lower = d.Index
				}
			}
		case matches(w, "ttl"), matches(w, "hoplimit"):
			err = vxlanTTL(&a, &cfg, &given)
		case matches(w, "tos"), matches(w, "dsfield"):
			if a.peek() == "inherit" {
				a.next()
				err = seen(stack.VXLANTOS, "tos", "inherit")
				cfg.TOS = 1
			} else if w, err = a.next(); err == nil {
				if err = seen(stack.VXLANTOS, "tos", w); err == nil {
					v, ok := fib.ParseTOS(w)
					if !ok {
						err = invalid("bad TOS value", w)
					}
					cfg.TOS = v
				}
			}
		case matches(w, "df"):
			if w, err = a.next(); err == nil {
				if err = seen(stack.VXLANDFGiven, "df", w); err == nil {
					err = vxlanDF(w, &cfg)
				}
			}
		case matches(w, "label"), matches(w, "flowlabel"):
			err = notModelled("ip link … type vxlan %s", w)
		case matches(w, "ageing"):
			if a.peek() == "none" {
				a.next()
				err = seen(stack.VXLANAgeing, "ageing", "none")
			} else {
				n, err = number(stack.VXLANAgeing, "ageing", "ageing timer", 1<<32-1)
				cfg.Ageing = uint32(n)
			}
		case matches(w, "maxaddress"):
			if a.peek() == "unlimited" {
				a.next()
				err = seen(stack.VXLANLimit, "maxaddress", "unlimited")
			} else {
				n, err = number(stack.VXLANLimit, "maxaddress", "max addresses", 1<<32-1)
				cfg.Limit = uint32(n)
			}
		case matches(w, "port"), matches(w, "srcport"):
			n, err = number(stack.VXLANPortRange, "srcport", "min port", 0xffff)
			if err == nil {
				cfg.PortMin = uint16(n)
				if n, err = a.number("max port"); err == nil && n > 0xffff {
					err = invalid("max port", strconv.Itoa(n))
				}
				cfg.PortMax = uint16(n)
			}
			if cfg.PortMin == 0 && cfg.PortMax == 0 {
				given &^= stack.VXLANPortRange
			}
		case matches(w, "dstport"):
			n, err = number(stack.VXLANPort, "dstport", "dst port", 0xffff)
			cfg.Port = uint16(n)
		default:
			err = c.vxlanFlag(w, &cfg, seen)
		}
		if err != nil {
			return cfg, given, err
		}
	}
	switch {
	case given&stack.VXLANVNI == 0 && !set:
		return cfg, given, fail(1, "vxlan: missing virtual network identifier")
	case given&stack.VXLANPort == 0 && !set:
		c.errorf("vxlan: destination port not specified\nWill use Linux kernel default (non-standard value)\n" +
			"Use 'dstport 4789' to get the IANA assigned value\nUse 'dstport 0' to get default and quiet this message\n")
	case cfg.Port == 0:
		given &^= stack.VXLANPort
	}
	return cfg, given, nil
}

func vxlanTTL(a *args, cfg *stack.VXLANConfig, given *stack.VXLANField) error {
	w, err := a.next()
	if err != nil {
		return err
	}
	if *given&(stack.VXLANTTL|stack.VXLANTTLInherit) != 0 {
		return garbage("ttl", w)
	}
	if w == "inherit" {
		*given |= stack.VXLANTTLInherit
		cfg.TTLInherit = true
		return nil
	}
	*given |= stack.VXLANTTL
	if w == "auto" {
		return nil
	}
	n, ok := parseNumber(w)
	switch {
	case !ok:
		return invalid("invalid TTL", w)
	case n > 255:
		return invalid("TTL must be <= 255", w)
	}
	cfg.TTL = uint8(n)
	return nil
}

func vxlanDF(w string, cfg *stack.VXLANConfig) error {
	switch w {
	case "unset":
		cfg.DF = stack.VXLANDFUnset
	case "set":
		cfg.DF = stack.VXLANDFSet
	case "inherit":
		cfg.DF = stack.VXLANDFInherit
	default:
		return invalid("DF must be 'unset', 'set' or 'inherit'", w)
	}
	return nil
}

// vxlanFlag reads an option that has no value.
func (c *command) vxlanFlag(w string, cfg *stack.VXLANConfig, seen func(stack.VXLANField, string, string) error) error {
	for _, o := range []struct {
		name  string
		field stack.VXLANField
		value *bool
		to    bool
	}{
		{"nolearning", stack.VXLANLearning, &cfg.Learning, false}, {"learning", stack.VXLANLearning, &cfg.Learning, true},
		{"noproxy", stack.VXLANProxy, &cfg.Proxy, false}, {"proxy", stack.VXLANProxy, &cfg.Proxy, true},
		{"norsc", stack.VXLANRSC, &cfg.RSC, false}, {"rsc", stack.VXLANRSC, &cfg.RSC, true},
		{"nol2miss", stack.VXLANL2Miss, &cfg.L2Miss, false}, {"l2miss", stack.VXLANL2Miss, &cfg.L2Miss, true},
		{"nol3miss", stack.VXLANL3Miss, &cfg.L3Miss, false}, {"l3miss", stack.VXLANL3Miss, &cfg.L3Miss, true},
		{"udpcsum", stack.VXLANChecksum, &cfg.NoChecksum, false}, {"noudpcsum", stack.VXLANChecksum, &cfg.NoChecksum, true},
		{"udp6zerocsumtx", stack.VXLANZeroCsum6TX, &cfg.ZeroCsum6TX, true}, {"noudp6zerocsumtx", stack.VXLANZeroCsum6TX, &cfg.ZeroCsum6TX, false},
		{"udp6zerocsumrx", stack.VXLANZeroCsum6RX, &cfg.ZeroCsum6RX, true}, {"noudp6zerocsumrx", stack.VXLANZeroCsum6RX, &cfg.ZeroCsum6RX, false},
	} {
		if matches(w, o.name) {
			*o.value = o.to
			return seen(o.field, w, w)
		}
	}
	for _, o := range []string{"remcsumtx", "remcsumrx", "external", "gbp", "gpe", "vnifilter"} {
		switch {
		case matches(w, "no"+o), o == "vnifilter" && w == "novnifilter": // off is what it is
			return nil
		case matches(w, o):
			return notModelled("ip link … type vxlan %s", o)
		}
	}
	if matches(w, "help") {
		return c.usageText(1, vxlanUsage)
	}
	return c.usageText(1, "vxlan: unknown command \""+w+"\"?\n"+vxlanUsage)
}

// addVXLAN makes a device.
func (c *command) addVXLAN(ns *stack.Namespace, n stack.NewLink, rest args) (*netdev.Device, error) {
	cfg, given, err := c.vxlanWords(rest, false)
	if err != nil {
		return nil, err
	}
	return ns.AddVXLAN(c.ns, n, cfg, given)
}

// setVXLAN changes one.
func (c *command) setVXLAN(d *netdev.Device, mtu bool, rest args) error {
	if !rest.more() {
		return nil
	}
	cfg, given, err := c.vxlanWords(rest, true)
	if err != nil {
		return err
	}
	if d.Kind != netdev.VXLAN {
		return fail(2, "RTNETLINK answers: Operation not supported")
	}
	if mtu {
		return &fib.Error{Errno: fib.EOPNOTSUPP, Msg: "Cannot change mtu"}
	}
	return c.ns.ChangeVXLAN(d, cfg, given)
}

// printVXLAN is vxlan_print_opt.
func (c *command) printVXLAN(d *netdev.Device) {
	p := &c.p
	cfg, _ := c.ns.VXLAN(d)
	flag := func(key string, on bool) {
		if on {
			p.truth(key, key+" ")
		}
	}
	p.num("id", "id ", int64(cfg.VNI), " ")
	if cfg.Remote.IsValid() {
		p.str("remote", "remote ", cfg.Remote.String(), " ")
	}
	if cfg.Local.IsValid() {
		p.str("local", "local ", cfg.Local.String(), " ")
	}
	if cfg.Lower != 0 {
		p.str("link", "dev ", c.indexName(cfg.Lower), " ")
	}
	p.text("srcport " + strconv.Itoa(int(cfg.PortMin)) + " " + strconv.Itoa(int(cfg.PortMax)) + " ")
	p.member("port_range")
	p.jsonOnly("low", strconv.Itoa(int(cfg.PortMin)))
	p.jsonOnly("high", strconv.Itoa(int(cfg.PortMax)))
	p.endObject()
	p.num("port", "dstport ", int64(cfg.Port), " ")
	learning := ""
	if !cfg.Learning {
		learning = "nolearning "
	}
	p.raw("learning", learning, strconv.FormatBool(cfg.Learning))
	flag("proxy", cfg.Proxy)
	flag("rsc", cfg.RSC)
	flag("l2miss", cfg.L2Miss)
	flag("l3miss", cfg.L3Miss)
	if cfg.TOS != 0 {
		hex := "0x" + strconv.FormatUint(uint64(cfg.TOS), 16)
		text := hex
		if cfg.TOS == 1 {
			text = "inherit"
		}
		p.raw("tos", "tos "+text+" ", strconv.Quote(hex))
	}
	switch {
	case cfg.TTLInherit:
		p.text("ttl inherit ")
	case cfg.TTL == 0:
		p.raw("ttl", "ttl auto ", "0")
	default:
		p.num("ttl", "ttl ", int64(cfg.TTL), " ")
	}
	switch cfg.DF {
	case stack.VXLANDFUnset:
		p.jsonOnly("df", `"unset"`)
	case stack.VXLANDFSet:
		p.str("df", "df ", "set", " ")
	case stack.VXLANDFInherit:
		p.str("df", "df ", "inherit", " ")
	}
	p.num("ageing", "ageing ", int64(cfg.Ageing), " ")
	if cfg.Limit != 0 {
		p.num("limit", "maxaddr ", int64(cfg.Limit), " ")
	}
	for _, f := range []struct {
		key, word string
		on        bool
	}{{"udp_csum", "udpcsum ", !cfg.NoChecksum}, {"udp_zero_csum6_tx", "udp6zerocsumtx ", cfg.ZeroCsum6TX}, {"udp_zero_csum6_rx", "udp6zerocsumrx ", cfg.ZeroCsum6RX}} {
		word := f.word
		if !f.on {
			word = "no" + word
		}
		p.raw(f.key, word, strconv.FormatBool(f.on))
	}
}

// foreign says that d is a tunnel whose outer packets are another namespace's.
func (c *command) foreign(d *netdev.Device) bool {
	_, home := c.ns.VXLAN(d)
	return home != nil && home != c.ns
}

// indexName is the name of an interface index, as iproute2 knows it.
func (c *command) indexName(i int32) string {
	if name := c.ns.Env().DevName(i); name != "" {
		return name
	}
	return "if" + strconv.Itoa(int(i))
}
