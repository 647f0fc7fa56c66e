package topology

import (
	"fmt"
	"net/netip"
)

// segmentCheck compares the machines that share a segment, or whose segments
// have networks in common: their addresses and MACs must differ.
type segmentCheck struct {
	*labReader
	addrs    map[station]holder
	macs     map[station]holder
	networks map[netip.Addr]holder // of addresses inside their segment's network
}

// station is an address or a MAC on a segment.
type station struct {
	segment string
	addr    netip.Addr
	mac     MAC
}

// holder is the interface that was first with an address or MAC.
type holder struct {
	m   *Machine
	i   *Interface
	pos Pos
}

func (h holder) String() string {
	return fmt.Sprintf("%s:%s already (line %d)", h.m.Name, h.i.Name, h.pos.Line)
}

func (r *labReader) checkSegments() {
	c := segmentCheck{
		labReader: r,
		addrs:     make(map[station]holder),
		macs:      make(map[station]holder),
		networks:  make(map[netip.Addr]holder),
	}
	for _, m := range r.lab.Machines {
		for _, i := range m.Interfaces {
			seg := r.segments[i.Segment]
			if i.Kind != NIC || seg == nil {
				continue
			}
			for _, a := range i.Addresses {
				if a.Prefix.IsValid() {
					c.address(holder{m, i, a.Pos}, seg, a.Prefix)
				}
			}
			c.mac(holder{m, i, i.Pos}, seg)
		}
	}
}

func (c *segmentCheck) address(here holder, seg *Segment, p netip.Prefix) {
	addr := p.Addr()
	fault := func(format string, args ...any) {
		c.src.add(here.pos.Errorf(interfacePath(here.m, here.i)+".address", format, args...))
	}
	inside := seg.CIDR.IsValid() && seg.CIDR.Contains(addr)
	if seg.CIDR.IsValid() && !inside && !p.IsSingleIP() { // a /32 is one to answer for, on any wire
		fault("%s is outside of segment %s (%s)", addr, seg.Name, seg.CIDR)
	}
	key := station{segment: seg.Name, addr: addr}
	if h, taken := c.addrs[key]; !taken {
		c.addrs[key] = here
	} else if h.m != here.m {
		fault("%s is the address of %s, on the same segment %s", addr, h, seg.Name)
	}
	if !inside {
		return
	}
	if h, taken := c.networks[addr]; !taken {
		c.networks[addr] = here
	} else if h.m != here.m && h.i.Segment != seg.Name {
		fault("%s is the address of %s, and the networks of segments %s and %s overlap", addr, h, h.i.Segment, seg.Name)
	}
}

func (c *segmentCheck) mac(here holder, seg *Segment) {
	mac := here.i.MAC
	if mac.IsZero() && len(here.i.Addresses) > 0 {
		mac = DefaultMAC(here.m.Role, here.i.Name, here.i.Addresses[0].Prefix.Addr())
	}
	if mac.IsZero() {
		return
	}
	key := station{segment: seg.Name, mac: mac}
	h, taken := c.macs[key]
	if !taken {
		c.macs[key] = here
		return
	}
	// Two defaults that are equal come from equal addresses, which are reported.
	if !here.i.MAC.IsZero() || !h.i.MAC.IsZero() {
		c.src.add(here.pos.Errorf(interfacePath(here.m, here.i), "MAC %s is that of %s, on the same segment %s", mac, h, seg.Name))
	}
}

func interfacePath(m *Machine, i *Interface) string {
	return "spec.machines." + pathKey(m.Name) + ".interfaces." + pathKey(i.Name)
}
