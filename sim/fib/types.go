package fib

import "strconv"

// Type is what a route does with a packet: RTN_* of
// include/uapi/linux/rtnetlink.h.
type Type uint8

// The route types.
const (
	Unspec      Type = iota
	Unicast          // to a gateway or onto a link
	Local            // to this namespace
	Broadcast        // to this namespace and everybody on the link
	Anycast          // not modelled by the walk; kept for the numbers
	Multicast        // likewise
	Blackhole        // dropped silently, EINVAL for a local sender
	Unreachable      // ICMP host unreachable, EHOSTUNREACH
	Prohibit         // ICMP administratively prohibited, EACCES
	Throw            // go on with the next rule
)

var typeNames = [...]string{"none", "unicast", "local", "broadcast", "anycast",
	"multicast", "blackhole", "unreachable", "prohibit", "throw"}

// String is iproute2's word.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return strconv.Itoa(int(t))
}

// Scope is how far away a destination is: RT_SCOPE_*. The larger the number,
// the nearer.
type Scope uint8

// The scopes.
const (
	Universe Scope = 0   // anywhere, behind a gateway
	Site     Scope = 200 // unused by IPv4
	Link     Scope = 253 // on a link of this namespace
	Host     Scope = 254 // this namespace itself
	Nowhere  Scope = 255 // nothing is there
)

// String is iproute2's word, as in /etc/iproute2/rt_scopes.
func (s Scope) String() string {
	switch s {
	case Universe:
		return "global"
	case Site:
		return "site"
	case Link:
		return "link"
	case Host:
		return "host"
	case Nowhere:
		return "nowhere"
	}
	return strconv.Itoa(int(s))
}

// Proto is who put a route there: RTPROT_*.
type Proto uint8

// The protocols that the lab's components use.
const (
	ProtoUnspec   Proto = 0
	ProtoRedirect Proto = 1
	ProtoKernel   Proto = 2
	ProtoBoot     Proto = 3 // `ip route` without proto
	ProtoStatic   Proto = 4
	ProtoZebra    Proto = 11
	ProtoBird     Proto = 12
	ProtoDHCP     Proto = 16
	ProtoBGP      Proto = 186
)

// protos are the names of iproute2 6.1 (lib/rt_names.c and
// etc/iproute2/rt_protos), in ascending order of number.
var protos = [...]struct {
	n    Proto
	name string
}{
	{0, "unspec"}, {1, "redirect"}, {2, "kernel"}, {3, "boot"}, {4, "static"},
	{8, "gated"}, {9, "ra"}, {10, "mrt"}, {11, "zebra"}, {12, "bird"},
	{13, "dnrouted"}, {14, "xorp"}, {15, "ntk"}, {16, "dhcp"}, {18, "keepalived"},
	{42, "babel"}, {99, "openr"}, {186, "bgp"}, {187, "isis"}, {188, "ospf"},
	{189, "rip"}, {192, "eigrp"},
}

// String is iproute2's name.
func (p Proto) String() string {
	for i := range protos {
		if protos[i].n == p {
			return protos[i].name
		}
	}
	return strconv.Itoa(int(p))
}

// The tables that always exist: RT_TABLE_*.
const (
	TableDefault uint32 = 253
	TableMain    uint32 = 254
	TableLocal   uint32 = 255
)

// TableName is iproute2's name of a table, a number for the rest.
func TableName(t uint32) string {
	switch t {
	case 0:
		return "unspec"
	case TableDefault:
		return "default"
	case TableMain:
		return "main"
	case TableLocal:
		return "local"
	}
	return strconv.FormatUint(uint64(t), 10)
}
