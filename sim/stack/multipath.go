package stack

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
)

// Routes with several ways: which of them a flow takes. The kernel hashes with
// a key that it draws when it starts; here the key comes from the lab's seed, so
// that only the share of each way and "one flow, one way" are the same.

// flowKeys are what a flow is told apart by: struct flow_keys.
type flowKeys struct {
	src, dst     uint32
	sport, dport uint16
	proto        packet.Proto
}

// hash is flow_hash_from_keys: the same for both directions. 31 bits.
func (k flowKeys) hash(key uint64) uint32 {
	// __flow_hash_consistentify
	if k.dst < k.src || k.dst == k.src && k.dport < k.sport {
		k.src, k.dst, k.sport, k.dport = k.dst, k.src, k.dport, k.sport
	}
	h := key ^ uint64(k.src)<<32 ^ uint64(k.dst)
	h = mix(h) ^ uint64(k.sport)<<32 ^ uint64(k.dport)<<16 ^ uint64(k.proto)
	return uint32(mix(h) >> 33)
}

// flowHash is fib_multipath_hash for what this namespace sends.
func (ns *Namespace) flowHash(fl *flow) uint32 {
	k := flowKeys{src: fl.src, dst: fl.dst}
	if ns.Sysctls.MultipathHash == 1 {
		k.sport, k.dport, k.proto = fl.sport, fl.dport, fl.proto
	}
	return k.hash(ns.kernel.hashKey)
}

// packetHash is fib_multipath_hash for the packet that is on its way through;
// errors go where the packets went that they are about.
func (ns *Namespace) packetHash(src, dst uint32) uint32 {
	k := flowKeys{src: src, dst: dst}
	if b := ns.routing; b != nil {
		ip := b.IPv4()
		switch ns.Sysctls.MultipathHash {
		case 0, 2:
			if m := ip.Payload(); ip.Proto() == packet.ProtoICMP && ip.FragOffset() == 0 &&
				len(m) >= packet.ICMPLen+packet.IPv4Len && packet.ICMPType(m[0]).IsError() {
				in := packet.IPv4(m[packet.ICMPLen:])
				k.src, k.dst = in.Src32(), in.Dst32()
			}
		case 1:
			k.proto = ip.Proto()
			k.sport, k.dport = ports(ip)
		}
	}
	return k.hash(ns.kernel.hashKey)
}

// ports are those of a packet of UDP, TCP and the like, 0 for others and for
// fragments.
func ports(ip packet.IPv4) (sport, dport uint16) {
	p := ip.Payload()
	switch ip.Proto() {
	case packet.ProtoTCP, packet.ProtoUDP, 132, 136, 33: // SCTP, UDP-Lite, DCCP
		if !ip.IsFragment() && len(p) >= 4 {
			return binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
		}
	}
	return 0, 0
}

// dissect adds protocol and ports of the packet that is on its way through:
// fib4_rules_early_flow_dissect.
func (ns *Namespace) dissect(k *fib.Key) {
	if ns.routing == nil {
		return
	}
	ip := ns.routing.IPv4()
	k.Proto = uint8(ip.Proto())
	k.SPort, k.DPort = ports(ip)
}

// selectHop chooses a way by hash.
func (ns *Namespace) selectHop(r *fib.Route, hash uint32) *fib.Route {
	if ns.Sysctls.MultipathUseNeigh || r.NHID != 0 {
		return r.Select(hash, ns.good)
	}
	return r.Select(hash, nil)
}

// goodHop is fib_good_nh: a gateway that nothing is known of, or that answers.
func (ns *Namespace) goodHop(r *fib.Route) bool {
	gw, ok := r.GatewayOnLink()
	if !ok {
		return true
	}
	e := ns.Neigh.Find(r.Dev, gw)
	return e == nil || e.State&neigh.Valid != 0
}

// uses says that packets on a route leave by a device, or by one in its VRF:
// fib_info_nh_uses_dev.
func (ns *Namespace) uses(r *fib.Route, in *inDev) bool {
	if r.Dev == in.Index {
		return true
	}
	if r.Whole() == r && in.Kind != netdev.VRF {
		return false
	}
	for _, h := range r.Whole().Hops {
		if h.Dev == in.Index || in.Kind == netdev.VRF && ns.FIB.Master(h.Dev) == in.Index {
			return true
		}
	}
	return in.Kind == netdev.VRF && ns.FIB.Master(r.Dev) == in.Index
}
