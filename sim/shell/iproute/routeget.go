package iproute

import (
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/stack"
)

// getRoute is `ip route get`: iproute_get.
func (c *command) getRoute(a args) error {
	if c.family == inet6 {
		return notModelled("IPv6: ip -6 route get")
	}
	var q stack.RouteQuery
	var iif, oif string
	uid := 0
	match, from := false, false
	fam := c.family
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "tos", matches(w, "dsfield"):
			var tos *uint8
			if tos, err = pointer(&a, fib.ParseTOS, "TOS value is invalid\n"); err == nil && tos != nil {
				q.TOS = *tos
			}
		case matches(w, "iif"):
			iif, err = a.next()
		case matches(w, "mark"):
			var n int
			n, err = a.number("\"mark\" value is invalid\n")
			q.Mark = uint32(n)
		case matches(w, "oif"), w == "dev":
			oif, err = a.next()
		case matches(w, "uid"):
			uid, err = a.number("invalid UID\n")
		case matches(w, "fibmatch"):
			match = true
		case matches(w, "vrf"):
			// l3mdev: as if the VRF were asked for
			if oif, err = a.next(); err == nil {
				if _, ok := c.ns.VRFTable(oif); !ok {
					err = invalid("Invalid VRF\n", oif)
				}
			}
		case matches(w, "ipproto"):
			var n *uint8
			if n, err = pointer(&a, fib.ParseIPProto, "Invalid \"ipproto\" value\n"); err == nil && n != nil {
				q.Proto = packet.Proto(*n)
			}
		case matches(w, "sport"):
			q.SPort, err = c.portArg(&a, "invalid sport\n")
		case matches(w, "dport"):
			q.DPort, err = c.portArg(&a, "invalid dport\n")
		case matches(w, "notify"), matches(w, "connected"), matches(w, "as"):
			err = notModelled("ip route get … %s", w)
		case matches(w, "from"):
			if w, err = a.next(); err == nil {
				if matches(w, "help") {
					return c.usage("route")
				}
				var p netip.Prefix
				if p, _, err = fam.prefix(w); err == nil {
					if p.Bits() != 32 && p.Bits() != 0 {
						err = fail(2, "Error: ipv4: Invalid values in header for route get request.")
					}
					q.Src, from = p.Addr(), true
				}
			}
		default:
			if w == "to" {
				w, err = a.next()
			}
			if matches(w, "help") {
				return c.usage("route")
			}
			if err == nil {
				var p netip.Prefix
				if p, _, err = fam.prefix(w); err == nil {
					if p.Bits() != 32 {
						c.errorf("Warning: /%d as prefix is invalid, only /32 (or none) is supported.\n", p.Bits())
					}
					q.Dst = p.Addr()
				}
			}
		}
		if err != nil {
			return err
		}
	}
	if !q.Dst.IsValid() {
		return fail(1, "need at least a destination address")
	}
	var err error
	if q.IIF, err = c.indexOf(iif); err != nil {
		return err
	}
	if q.OIF, err = c.indexOf(oif); err != nil {
		return err
	}
	x, errno := c.ns.RouteGet(q)
	if errno != 0 {
		return &fib.Error{Errno: errno}
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	if match {
		if x.Route == nil {
			return fail(2, "RTNETLINK answers: Network is unreachable")
		}
		c.printRoute(x.Route.Whole(), &routeFilter{})
		p.text("\n")
	} else {
		c.printAnswer(q, x, from, iif, uid)
	}
	p.finish()
	return nil
}

func (*command) portArg(a *args, why string) (uint16, error) {
	p, err := pointer(a, func(s string) (uint16, bool) { n, ok := parseNumber(s); return uint16(n), ok && n <= 0xffff }, why)
	if err != nil || p == nil {
		return 0, err
	}
	return *p, nil
}

func (c *command) indexOf(dev string) (int32, error) {
	if dev == "" {
		return 0, nil
	}
	d := c.ns.Device(dev)
	if d == nil {
		return 0, noDevice(dev)
	}
	return d.Index, nil
}

// printAnswer is print_route for what rt_fill_info of net/ipv4/route.c says.
func (c *command) printAnswer(q stack.RouteQuery, x stack.RouteAnswer, from bool, iif string, uid int) {
	p := &c.p
	p.object()
	r := fib.Route{Dst: netip.PrefixFrom(x.Dst, 32), Type: x.Type, Table: x.Table, Gw: x.Gw, Dev: x.Dev}
	if x.Route != nil {
		r.TOS = x.Route.TOS // of the route, not of the question
	}
	src := ""
	if from {
		src = q.Src.String()
	}
	c.routeDst(&r, src)
	c.routeWay(&r, &routeFilter{}, false)
	if iif == "" && x.Src.IsValid() && x.Src != q.Src {
		p.colored(colorInet, "prefsrc", "src ", x.Src.String(), " ")
	}
	var flags []string
	if x.Multicast { // RTCF_MULTICAST has the number of RTM_F_OFFLOAD_FAILED
		flags = append(flags, "rt_offload_failed")
	}
	c.routeFlags(flags)
	if q.Mark >= 16 {
		p.raw("mark", "mark 0x"+strconv.FormatUint(uint64(q.Mark), 16)+" ", strconv.FormatUint(uint64(q.Mark), 10))
	} else if q.Mark != 0 {
		p.num("mark", "mark ", int64(q.Mark), " ")
	}
	if iif == "" {
		p.num("uid", "uid ", int64(uid), " ")
	}
	var marks []string
	for _, m := range []struct {
		name string
		on   bool
	}{{"local", x.Local}, {"mc", x.Multicast}, {"brd", x.Broadcast}, {"redirected", x.Exception.Gw != 0}, {"redirect", x.Redirect}} {
		if m.on {
			marks = append(marks, m.name)
		}
	}
	c.cache(marks)
	c.learnt(x.Exception, x.Route)
	if iif != "" {
		p.str("iif", "iif ", iif, " ")
	}
	p.endObject()
	p.text("\n")
}

// hex is %#x.
func hex(n uint32) string {
	if n == 0 {
		return "0"
	}
	return "0x" + strings.ToLower(strconv.FormatUint(uint64(n), 16))
}
