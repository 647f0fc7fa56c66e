package fib

import (
	"errors"
	"net/netip"
)

// Key is what a lookup knows of the packet: the kernel's struct flowi4.
type Key struct {
	Dst, Src uint32 // IPv4 addresses as numbers
	IIF      int32  // came in by; 0 for local packets, which rules see as lo
	OIF      int32  // must go out by, 0 any
	Mark     uint32 // fwmark
	TOS      uint8
	Scope    Scope // routes of a smaller scope are not looked at
	SkipOIF  bool  // FLOWI_FLAG_SKIP_NH_OIF: OIF is for rules only
}

// Result is what a lookup found.
type Result struct {
	Route     *Route
	Rule      *Rule // nil when no rule was consulted (default rules)
	Type      Type
	PrefixLen uint8
}

// Errors of Lookup. For all but ErrUnreachable the Result says which route or
// rule decided.
var (
	ErrUnreachable = errors.New("network is unreachable") // no route: ENETUNREACH
	ErrBlackhole   = errors.New("invalid argument")       // blackhole: EINVAL
	ErrHostUnreach = errors.New("no route to host")       // unreachable: EHOSTUNREACH
	ErrProhibit    = errors.New("permission denied")      // prohibit: EACCES
)

// Flags say what Add may do to a route that is there already: NLM_F_*.
type Flags uint8

// The flags. `ip route add` is Create|Excl, replace Create|Replace, change
// Replace, append Create|Append, prepend Create.
const (
	Create Flags = 1 << iota
	Excl
	Replace
	Append
)

// Env answers for the devices and addresses of the namespace.
type Env interface {
	DevIndex(name string) (int32, bool)
	DevName(index int32) string
	DevUp(index int32) bool       // IFF_UP
	DevLoopback(index int32) bool // IFF_LOOPBACK
	DevIfAddr(index int32) bool   // has an IPv4 address
	IsLocal(addr netip.Addr) bool // some device has this address
}

// Ifaddr is an address of a device, as `ip addr` shows it.
type Ifaddr struct {
	Local         netip.Addr
	PrefixLen     int
	Broadcast     netip.Addr // zero: none
	Scope         Scope
	Secondary     bool
	NoPrefixRoute bool
	Metric        uint32 // of the prefix route
}

// Rule is one policy rule.
type Rule struct {
	Priority uint32
}

// FIB is the routing state of one namespace. It is not safe for concurrent
// use.
type FIB struct{}

// New returns a FIB with the three default rules and no route.
func New() *FIB { return &FIB{} }

// Lookup finds the route of a packet.
func (f *FIB) Lookup(k *Key) (Result, error) { return Result{}, ErrUnreachable }

// ByIndex finds a route by its number, also after it was deleted.
func (f *FIB) ByIndex(i uint32) *Route { return nil }

// Add adds or changes a route.
func (f *FIB) Add(r Route, flags Flags, env Env) (*Route, error) { return nil, nil }

// Delete deletes the first route that spec matches.
func (f *FIB) Delete(spec Route, env Env) error { return nil }
