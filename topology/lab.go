package topology

import (
	"net/netip"
	"strings"
	"time"
)

// Lab is what Kubernetes has no word for: the wires and the machines.
type Lab struct {
	Pos      Pos
	Name     string
	Seed     uint64    // of the lab's chance; default 1
	Clock    time.Time // when a run starts, in UTC; default DefaultClock
	Segments []*Segment
	Machines []*Machine
	Files    []File // what the lab's web servers hand out
}

// Segment is one Ethernet broadcast domain.
type Segment struct {
	Pos  Pos
	Name string
	CIDR netip.Prefix // masked; the zero Prefix when none was declared
	MTU  int          // bytes, IP header included; default for the NICs on it; default 1500
	Link Link
}

// Link is what happens to frames on their way; the zero Link is a perfect wire.
// On a veth end it applies to what that end sends, as `tc qdisc add dev … root
// netem` does; an end that declares nothing takes over the other end's.
type Link struct {
	Delay     time.Duration // one way
	Bandwidth uint64        // bits per second; 0 is unlimited
	Loss      float64       // chance per frame, 0 to 1, like the three below
	Duplicate float64
	Corrupt   float64
	Reorder   float64
}

// IsZero reports a perfect wire.
func (l Link) IsZero() bool { return l == Link{} }

// Role says what a machine is for. It decides defaults, not abilities.
type Role string

// The roles of machines.
const (
	RoleNode   Role = "node"   // a Kubernetes node; Calico works here
	RoleRouter Role = "router" // forwards
	RoleHost   Role = "host"   // neither; the default
	RolePod    Role = "pod"    // a pod's namespace spelt out, as `hoplab expand` prints it
)

// Machine is one network namespace.
type Machine struct {
	Pos        Pos
	Name       string
	Role       Role
	Interfaces []*Interface // in order of declaration; ends implied by the other end of a veth come last
	Routes     []Line       // arguments of `ip route add`
	Rules      []Line       // arguments of `ip rule add`
	Neighbors  []Line       // arguments of `ip neigh add`
	Sysctls    []Sysctl
	IPSets     []Line // arguments of `ipset`
	IPTables   []Line // arguments of `iptables`
	Setup      []Line // whole command lines, run last
}

// Interface finds a declared interface by its name, or gives nil.
func (m *Machine) Interface(name string) *Interface {
	for _, i := range m.Interfaces {
		if i.Name == name {
			return i
		}
	}
	return nil
}

// InterfaceKind says which of the fields of an Interface hold.
type InterfaceKind string

// The kinds of interfaces.
const (
	NIC      InterfaceKind = "nic"    // Segment
	Veth     InterfaceKind = "veth"   // Peer
	IPIP     InterfaceKind = "ipip"   // only the fallback device tunl0
	Bridge   InterfaceKind = "bridge" // Ports
	Dummy    InterfaceKind = "dummy"
	VXLAN    InterfaceKind = "vxlan"    // Tunnel
	Loopback InterfaceKind = "loopback" // lo, when it is declared to carry addresses
)

// Interface is one network device of a machine.
type Interface struct {
	Pos       Pos
	Name      string
	Kind      InterfaceKind
	Segment   string   // of a NIC
	Peer      Endpoint // of a veth
	Ports     []Line   // device names, of a bridge
	Addresses []Address
	MAC       MAC  // zero when not declared; see DefaultMAC
	MTU       int  // bytes; always filled in, except that 0 on a bridge follows its ports and on a VXLAN device the one below
	Up        bool // default true
	Link      Link // of a veth; a NIC's is its segment's
	Tunnel    *Tunnel
}

// Tunnel says where the frames of a VXLAN device go, RFC 7348. The fields are
// those of `ip link add type vxlan`.
type Tunnel struct {
	ID       int        // VNI: 0 to 2^24-1
	Local    netip.Addr // outer source; the zero Addr leaves it to the route
	Remote   netip.Addr // of what the forwarding database does not know; zero: none
	Dev      string     // the device below, declared before; it gives the MTU
	Port     int        // UDP destination; default DefaultVXLANPort
	Learning bool       // default true
	FDB      []Line     // arguments of `bridge fdb append` without the device: MAC dst ADDRESS
}

// DefaultVXLANPort is IANA's.
const DefaultVXLANPort = 4789

// Endpoint names a device of a machine.
type Endpoint struct{ Machine, Interface string }

// String gives MACHINE:DEVICE.
func (e Endpoint) String() string { return e.Machine + ":" + e.Interface }

// Scope of an address or a route, in iproute2's words.
type Scope string

// The scopes that addresses have.
const (
	ScopeGlobal Scope = "global"
	ScopeLink   Scope = "link"
	ScopeHost   Scope = "host"
)

// Address is one address of an interface.
type Address struct {
	Pos       Pos
	Prefix    netip.Prefix // host bits kept: 192.168.10.101/24
	Scope     Scope        // default global, host for 127.0.0.0/8, as `ip address add` has it
	Broadcast netip.Addr   // the zero Addr when not declared
}

// Line is one line of text and where it stands.
type Line struct {
	Text string
	Pos  Pos
	By   string // who put it there, when it was not the user: "CNI plugin: pod pod1"; not for setup lines and ports
}

// String gives the text.
func (l Line) String() string { return l.Text }

// Sysctl is one setting of a machine. Key and value are as they were written.
type Sysctl struct {
	Pos        Pos
	Key, Value string
	By         string // as in Line
}

// Path gives the key with slashes, as below /proc/sys. Like sysctl(8): the
// first separator decides; after a dot, the other one stands for itself
// ("net.ipv4.conf.eth0/100.rp_filter" is net/ipv4/conf/eth0.100/rp_filter).
func (s Sysctl) Path() string {
	if i := strings.IndexAny(s.Key, "./"); i < 0 || s.Key[i] == '/' {
		return s.Key
	}
	return strings.NewReplacer(".", "/", "/", ".").Replace(s.Key)
}

// File is a text that the lab serves at a path.
type File struct {
	Pos        Pos
	Path, Text string
}

// DefaultMTU is that of an Ethernet segment, a veth, a bridge or a dummy that says nothing.
const DefaultMTU = 1500

// Device MTUs that Linux gives by itself.
const (
	DefaultTunnelMTU   = 1480  // 1500 less the outer IPv4 header
	DefaultLoopbackMTU = 65536 // 64 KiB: the one device that may exceed 65535
)

// DefaultClock is when a run starts unless the Lab says otherwise.
func DefaultClock() time.Time { return time.Date(2024, 9, 21, 15, 0, 0, 0, time.UTC) }

// Machine finds a machine by its name, or gives nil.
func (l *Lab) Machine(name string) *Machine {
	for _, m := range l.Machines {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// Segment finds a segment by its name, or gives nil.
func (l *Lab) Segment(name string) *Segment {
	for _, s := range l.Segments {
		if s.Name == name {
			return s
		}
	}
	return nil
}
