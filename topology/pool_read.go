package topology

import "net/netip"

// readPool reads an IPPool and checks it as the API of Calico does; the
// messages are Calico's (libcalico-go/lib/clientv3/ippool.go).
func (o objectReader) readPool(v value) *IPPool {
	p := &IPPool{
		IPIPMode:     EncapNever,
		VXLANMode:    EncapNever,
		NodeSelector: "all()",
		AllowedUses:  []PoolUse{UseWorkload, UseTunnel},
	}
	spec := v
	vxlan, ipip, blockSize := v, v, v
	p.Object = o.read(v, func(v value) {
		spec = v
		o.model(v, fields{
			"cidr":             func(v value) { p.CIDR, p.CIDRPos = readPoolCIDR(v), v.pos() },
			"blockSize":        func(v value) { blockSize, p.BlockSize = v, v.integer(0, 128) },
			"ipipMode":         func(v value) { ipip, p.IPIPMode = v, readEncapMode(v) },
			"vxlanMode":        func(v value) { vxlan, p.VXLANMode = v, readEncapMode(v) },
			"natOutgoing":      func(v value) { p.NATOutgoing = v.boolean() },
			"disabled":         func(v value) { p.Disabled = v.boolean() },
			"disableBGPExport": func(v value) { p.DisableBGPExport = v.boolean() },
			"nodeSelector":     func(v value) { p.NodeSelector = v.text() },
			"allowedUses":      func(v value) { p.AllowedUses = readUses(v) },
			"ipip":             func(v value) { v.errorf("belongs to an older API; write ipipMode: Always") },
			"nat-outgoing":     func(v value) { v.errorf("belongs to an older API; write natOutgoing: true") },
		})
	})
	if !p.CIDRPos.IsValid() {
		p.CIDRPos = spec.pos()
		spec.errorf("IPPool CIDR must be specified")
	}
	if !p.CIDR.IsValid() {
		return p // the size of its blocks depends on it
	}
	lo, hi, family := 20, 32, "IPv4"
	if p.CIDR.Addr().Is6() {
		lo, hi, family = 116, 128, "IPv6"
		o.note(p.CIDRPos, o.kind, "spec.cidr of IPv6")
	}
	switch {
	case p.BlockSize == 0:
		p.BlockSize = lo + 6 // 26 and 122
	case p.BlockSize < lo || p.BlockSize > hi:
		blockSize.errorf("%s block size must be between %d and %d", family, lo, hi)
		return p
	}
	if !p.Disabled && p.CIDR.Bits() > p.BlockSize {
		spec.at("cidr").errorf("IP pool size is too small for use with Calico IPAM."+
			" It must be equal to or greater than the block size. (cidr %s, blockSize %d)", p.CIDR, p.BlockSize)
	}
	if p.IPIPMode != EncapNever && p.IPIPMode != "" && family == "IPv6" {
		ipip.errorf("IPIP is not supported on an IPv6 IP pool")
	}
	if p.IPIPMode != EncapNever && p.VXLANMode != EncapNever {
		vxlan.errorf("Cannot enable both VXLAN and IPIP on the same IPPool")
	}
	return p
}

func readPoolCIDR(v value) netip.Prefix {
	s := v.text()
	p, err := netip.ParsePrefix(s)
	linkLocal4 := netip.PrefixFrom(netip.AddrFrom4([4]byte{169, 254}), 16)
	linkLocal6 := netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfe, 0x80}), 10)
	switch {
	case s == "":
		if v.isScalar() {
			v.errorf("IPPool CIDR must be specified")
		}
		return netip.Prefix{}
	case err != nil || p.Addr().Is4In6():
		v.errorf("IPPool CIDR must be a valid subnet, found %s", describe(v.node))
		return netip.Prefix{}
	case p != p.Masked():
		v.errorf("IPPool CIDR is not strictly masked; the network is %s", p.Masked())
	case p.Overlaps(linkLocal4):
		v.errorf("IPPool CIDR overlaps with IPv4 Link Local range %s", linkLocal4)
	case p.Overlaps(linkLocal6):
		v.errorf("IPPool CIDR overlaps with IPv6 Link Local range %s", linkLocal6)
	}
	return p.Masked()
}

func readEncapMode(v value) EncapMode {
	if v.isScalar() && v.node.Value == "" {
		return EncapNever
	}
	return EncapMode(v.word(string(EncapAlways), string(EncapCrossSubnet), string(EncapNever)))
}

func readUses(v value) []PoolUse {
	var out []PoolUse
	v.list(func(v value) {
		out = append(out, PoolUse(v.word(string(UseWorkload), string(UseTunnel), string(UseLoadBalancer))))
	})
	return out
}
