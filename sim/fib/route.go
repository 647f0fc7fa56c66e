package fib

import (
	"net/netip"

	"hoplab/sim/clock"
)

// Route is one route: the kernel's fib_alias with its fib_info and single
// nexthop. Those that Lookup and List return belong to the FIB: read only.
type Route struct {
	Dst      netip.Prefix // masked
	TOS      uint8
	Table    uint32
	Type     Type
	Proto    Proto
	Scope    Scope
	Metric   uint32     // priority; lower wins
	PrefSrc  netip.Addr // zero: none
	Gw       netip.Addr // zero: none
	Dev      int32      // interface index, 0 none
	Onlink   bool       // the gateway is on the link whatever the tables say
	MTU      int        // bytes, 0: the device's
	MTULock  bool       // no path MTU discovery on this route
	AdvMSS   int        // bytes, 0: from the MTU
	Hoplimit int        // TTL of what is sent here, 0: the sysctl's
	Dead     bool       // RTNH_F_DEAD: the device is down
	Linkdown bool       // RTNH_F_LINKDOWN: the device has no carrier
	Index    uint32     // number of this route in its FIB, from 1, never used twice
	By       string     // who put it there, for explanations: "BIRD: learnt from k8s-w2"
	Object   string     // the manifest or command line that caused it

	exceptions []Exception
}

// Exception is what a route learnt about one destination: the path MTU
// (fib_nh_exception).
type Exception struct {
	Dst     uint32
	MTU     int // bytes
	Lock    bool
	Expires clock.Instant
}
