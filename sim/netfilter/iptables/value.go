package iptables

import (
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/netfilter"
	"hoplab/sim/netfilter/etc"
)

// number reads what strtoul with base 0 takes: decimal, 0x and 0 octal.
func number(s string, max uint64) (uint64, bool) {
	if s == "" || strings.ContainsRune(s, '_') || strings.HasPrefix(s, "0b") || strings.HasPrefix(s, "0o") || strings.HasPrefix(s, "0B") || strings.HasPrefix(s, "0O") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 0, 64)
	return n, err == nil && n <= max
}

// quad reads a dotted quad; with short one that lacks parts is filled up with
// zeros, as a network's address may.
func quad(s string, short bool) (uint32, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 || len(parts) < 4 && !short {
		return 0, false
	}
	var a uint32
	for i := range 4 {
		var n uint64
		if i < len(parts) {
			var ok bool
			if n, ok = number(parts[i], 255); !ok {
				return 0, false
			}
		}
		a = a<<8 | uint32(n)
	}
	return a, true
}

// ipv4 reads a whole address.
func ipv4(s string) (uint32, bool) {
	a, err := netip.ParseAddr(s)
	return packet.Addr32(a), err == nil && a.Is4()
}

func maskOf(s string) (uint32, bool) {
	if a, ok := quad(s, false); ok {
		return a, true
	}
	n, ok := number(s, 32)
	return ^uint32(0) << (32 - n), ok
}

// hosts reads the list of -s and -d.
func hosts(list string) ([]netfilter.AddrMatch, error) {
	var all []netfilter.AddrMatch
	for h := range strings.SplitSeq(list, ",") {
		addr, mask, ok := strings.Cut(strings.TrimLeft(h, " \t"), "/")
		m := netfilter.AddrMatch{Mask: ^uint32(0)}
		if ok {
			if m.Mask, ok = maskOf(mask); !ok {
				return nil, usage("invalid mask `%s' specified", mask)
			}
		}
		if m.Mask != 0 {
			if m.Addr, ok = quad(addr, true); !ok {
				return nil, usage("host/network `%s' not found", addr)
			}
		}
		m.Addr &= m.Mask
		all = append(all, m)
	}
	return all, nil
}

// protocol reads -p.
func protocol(s string) (uint8, error) {
	if n, ok := number(s, 255); ok {
		return uint8(n), nil
	}
	s = strings.ToLower(s)
	switch s {
	case "all":
		return 0, nil
	case "icmpv6":
		s = "ipv6-icmp"
	case "mh", "ipv6-mh":
		s = "mobility-header"
	}
	if n, ok := etc.ProtocolNumber(s); ok {
		return n, nil
	}
	return 0, usage("unknown protocol \"%s\" specified", s)
}

// port reads a number or the name of a service.
func port(s, proto string) (uint16, error) {
	if n, ok := number(s, 65535); ok {
		return uint16(n), nil
	}
	if p, ok := etc.ServicePort(s, proto); ok {
		return p, nil
	}
	return 0, usage("invalid port/service `%s' specified", s)
}

// portRange reads --sport: one port or two with a colon between, either of
// which may be left out.
func portRange(s, proto string) (netfilter.PortRange, error) {
	r := netfilter.AnyPort()
	from, to, ok := strings.Cut(s, ":")
	if !ok {
		p, err := port(s, proto)
		return netfilter.PortRange{Min: p, Max: p}, err
	}
	var err error
	if from != "" {
		if r.Min, err = port(from, proto); err != nil {
			return r, err
		}
	}
	if to != "" {
		if r.Max, err = port(to, proto); err != nil {
			return r, err
		}
	}
	if r.Min > r.Max {
		return r, usage("invalid portrange (min > max)")
	}
	return r, nil
}

// hasPorts says that the protocol has ports in the eyes of iptables.
func hasPorts(p netfilter.ProtoMatch) bool {
	switch p.Proto {
	case packet.ProtoTCP, packet.ProtoUDP, 33, 132, 136:
		return !p.Not
	}
	return false
}

// masked reads value[/mask].
func (e *extension) masked(opt, s string) (value, mask uint32, err error) {
	v, m, ok := strings.Cut(s, "/")
	n, good := number(v, 1<<32-1)
	k := uint64(1<<32 - 1)
	if ok && good {
		k, good = number(m, 1<<32-1)
	}
	if !good {
		err = usage("%s: bad integer value for option \"--%s\", or out of range.\n", e.name, opt)
	}
	return uint32(n), uint32(k), err
}

// ranged reads a number between min and max.
func (e *extension) ranged(opt, s string, min, max uint64) (uint64, error) {
	n, ok := number(s, max)
	if !ok || n < min {
		return 0, usage("%s: bad value for option \"--%s\", or out of range (%d-%d).\n", e.name, opt, min, max)
	}
	return n, nil
}

// span reads min[:max], either of which may be left out.
func (e *extension) span(opt, s string, max uint64) (lo, hi uint64, err error) {
	from, to, isRange := strings.Cut(s, ":")
	hi = max
	var ok bool
	near := s
	if from != "" || !isRange {
		if lo, ok = number(from, max); !ok {
			return 0, 0, usage("%s: bad value for option \"--%s\" near \"%s\", or out of range (0-%d).\n", e.name, opt, near, max)
		}
	}
	if !isRange {
		return lo, lo, nil
	}
	if to != "" {
		if hi, ok = number(to, max); !ok {
			return 0, 0, usage("%s: bad value for option \"--%s\" near \"%s\", or out of range (0-%d).\n", e.name, opt, to, max)
		}
	}
	return lo, hi, nil
}
