package stack

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"hoplab/sim/conntrack"
	"hoplab/sim/ipfrag"
	"hoplab/sim/neigh"
)

// ConfKey is a setting below net.ipv4.conf.IF.
type ConfKey uint8

// The settings that are modelled (include/uapi/linux/ip.h, IPV4_DEVCONF_*).
const (
	ConfForwarding ConfKey = iota
	ConfRPFilter
	ConfProxyARP
	ConfProxyARPPvlan
	ConfRouteLocalnet
	ConfAcceptLocal
	ConfAcceptSourceRoute
	ConfAcceptRedirects
	ConfSendRedirects
	ConfSecureRedirects
	ConfSharedMedia
	ConfSrcValidMark
	ConfARPFilter
	ConfARPAnnounce
	ConfARPIgnore
	ConfARPAccept
	ConfARPNotify
	ConfDropGratuitousARP
	ConfDropUnicastInL2Multicast
	ConfBCForwarding
	ConfIgnoreRoutesWithLinkdown
	ConfLogMartians
	ConfPromoteSecondaries
	ConfMediumID
	ConfARPEvictNocarrier
	numConf
)

var confNames = [numConf]string{"forwarding", "rp_filter", "proxy_arp", "proxy_arp_pvlan", "route_localnet", "accept_local", "accept_source_route", "accept_redirects",
	"send_redirects", "secure_redirects", "shared_media", "src_valid_mark", "arp_filter", "arp_announce", "arp_ignore", "arp_accept", "arp_notify", "drop_gratuitous_arp",
	"drop_unicast_in_l2_multicast", "bc_forwarding", "ignore_routes_with_linkdown", "log_martians", "promote_secondaries", "medium_id", "arp_evict_nocarrier"}

// confInert are settings that can be set but whose other values have no
// effect here: setting them to what they are not by default is refused.
var confInert = map[ConfKey]string{
	ConfMediumID: "0",
}

// Conf holds the settings of one device.
type Conf [numConf]int32

// Sysctls are the settings of one namespace.
type Sysctls struct {
	confAll                Conf
	DefaultTTL             uint8
	NoPMTUDisc             int
	ForwardUsePMTU         bool
	MinPMTU                int // bytes
	MTUExpires             int // seconds
	EchoIgnoreAll          bool
	EchoIgnoreBroadcasts   bool
	ICMPRateLimit          int // ms
	ICMPRateMask           uint32
	ICMPMsgsPerSec         int
	ICMPMsgsBurst          int
	ErrorsUseInboundIfaddr bool
	IgnoreBogusErrors      bool
	NonlocalBind           bool
	FwmarkReflect          bool
	MultipathHash          int // fib_multipath_hash_policy: 0 addresses, 1 ports too
	MultipathUseNeigh      bool
	PortRange              [2]uint16 // ip_local_port_range: first and last

	Conntrack conntrack.Config
	Frag      ipfrag.Config

	confDefault  Conf
	neighDefault neigh.Params
	kept         map[string]string // settings without effect on IPv4 that scripts set
}

// init sets the kernel's defaults (net/ipv4/devinet.c, af_inet.c, icmp.c,
// route.c).
func (s *Sysctls) init() {
	s.DefaultTTL = 64
	s.PortRange = [2]uint16{firstEphemeral, lastEphemeral}
	s.MinPMTU, s.MTUExpires = 552, 600
	s.EchoIgnoreBroadcasts, s.IgnoreBogusErrors = true, true
	s.ICMPRateLimit, s.ICMPRateMask = 1000, 1<<3|1<<4|1<<11|1<<12
	s.ICMPMsgsPerSec, s.ICMPMsgsBurst = 1000, 50
	s.Conntrack, s.Frag = conntrack.DefaultConfig(), ipfrag.DefaultConfig()
	s.neighDefault = neigh.DefaultParams()
	for _, c := range []*Conf{&s.confAll, &s.confDefault} {
		c[ConfAcceptRedirects], c[ConfSendRedirects], c[ConfSecureRedirects], c[ConfSharedMedia] = 1, 1, 1, 1
		c[ConfARPEvictNocarrier] = 1
	}
	s.confDefault[ConfAcceptSourceRoute] = 1
}

// How conf.all and conf.IF combine: the macros of include/linux/inetdevice.h.

func (ns *Namespace) confOr(in *inDev, k ConfKey) bool {
	return ns.Sysctls.confAll[k] != 0 || in.conf[k] != 0
}

func (ns *Namespace) confAnd(in *inDev, k ConfKey) bool {
	return ns.Sysctls.confAll[k] != 0 && in.conf[k] != 0
}

func (ns *Namespace) confMax(in *inDev, k ConfKey) int32 {
	return max(ns.Sysctls.confAll[k], in.conf[k])
}

// UnknownSysctl says that a key does not exist or is not modelled.
type UnknownSysctl struct{ Key string }

// Error names the key.
func (e *UnknownSysctl) Error() string {
	return fmt.Sprintf("not modelled: sysctl %s", e.Key)
}

// SetSysctl is `sysctl -w key=value`. The key may have dots or slashes; with
// slashes an interface name may contain dots.
func (ns *Namespace) SetSysctl(key, value string) error {
	value = strings.TrimSpace(value)
	parts := splitSysctl(key)
	name := strings.Join(parts, ".")
	if name == portRange {
		return ns.setPortRange(value)
	}
	if k, ok := globalSysctls[name]; ok {
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("sysctl %s: %q is not a number", name, value)
		}
		return k.set(ns, n)
	}
	switch {
	case len(parts) == 5 && parts[0] == "net" && parts[1] == "ipv4" && parts[2] == "conf":
		return ns.setConf(parts[3], parts[4], value)
	case len(parts) == 5 && parts[0] == "net" && parts[1] == "ipv4" && parts[2] == "neigh":
		return ns.setNeigh(parts[3], parts[4], value)
	case len(parts) > 1 && parts[0] == "net" && parts[1] == "ipv6":
		// IPv6 is not modelled; switching it off is what every script here does.
		if last := parts[len(parts)-1]; last == "disable_ipv6" && value != "1" {
			return fmt.Errorf("not modelled: IPv6 (%s=%s)", name, value)
		}
		if ns.Sysctls.kept == nil {
			ns.Sysctls.kept = map[string]string{}
		}
		ns.Sysctls.kept[name] = value
		return nil
	}
	return &UnknownSysctl{name}
}

// portRange is the one setting with two numbers.
const portRange = "net.ipv4.ip_local_port_range"

// setPortRange is ipv4_local_port_range of net/ipv4/sysctl_net_ipv4.c.
func (ns *Namespace) setPortRange(value string) error {
	r := ns.Sysctls.PortRange
	f := strings.Fields(value)
	for i, w := range f[:min(len(f), 2)] {
		n, err := strconv.ParseUint(w, 10, 16)
		if err != nil {
			return fmt.Errorf("sysctl %s: %q is no port", portRange, w)
		}
		r[i] = uint16(n)
	}
	if len(f) == 0 || r[1] < r[0] || r[0] < 1024 { // ip_unprivileged_port_start
		return fmt.Errorf("sysctl %s: %q is no first and last port", portRange, value)
	}
	ns.Sysctls.PortRange = r
	return nil
}

// Sysctl reads a setting.
func (ns *Namespace) Sysctl(key string) (string, error) {
	parts := splitSysctl(key)
	name := strings.Join(parts, ".")
	if name == portRange {
		return fmt.Sprintf("%d\t%d", ns.Sysctls.PortRange[0], ns.Sysctls.PortRange[1]), nil
	}
	if k, ok := globalSysctls[name]; ok {
		return strconv.Itoa(k.get(ns)), nil
	}
	if len(parts) == 5 && parts[0] == "net" && parts[1] == "ipv4" && parts[2] == "conf" {
		c, err := ns.confOf(parts[3])
		if err != nil {
			return "", err
		}
		k, err := confKey(parts[4])
		if err != nil {
			return "", err
		}
		return strconv.Itoa(int(c[k])), nil
	}
	if len(parts) == 5 && parts[0] == "net" && parts[1] == "ipv4" && parts[2] == "neigh" {
		p, err := ns.neighParams(parts[3])
		if err != nil {
			return "", err
		}
		return p.Get(parts[4])
	}
	if v, ok := ns.Sysctls.kept[name]; ok {
		return v, nil
	}
	return "", &UnknownSysctl{name}
}

// splitSysctl splits a.b.c or a/b/c. As sysctl(8) has it, the first separator
// decides which one it is.
func splitSysctl(key string) []string {
	key = strings.TrimPrefix(key, "/proc/sys/")
	if i := strings.IndexAny(key, "./"); i >= 0 && key[i] == '/' {
		return strings.Split(key, "/")
	}
	return strings.Split(key, ".")
}

func confKey(name string) (ConfKey, error) {
	for k, n := range confNames {
		if n == name {
			return ConfKey(k), nil
		}
	}
	return 0, &UnknownSysctl{"net.ipv4.conf.IF." + name}
}

func (ns *Namespace) confOf(dev string) (*Conf, error) {
	switch dev {
	case "all":
		return &ns.Sysctls.confAll, nil
	case "default":
		return &ns.Sysctls.confDefault, nil
	}
	if d := ns.Device(dev); d != nil {
		return &ns.dev(d.Index).conf, nil
	}
	return nil, fmt.Errorf("sysctl net.ipv4.conf.%s: there is no interface %q here", dev, dev)
}

func (ns *Namespace) setConf(dev, name, value string) error {
	c, err := ns.confOf(dev)
	if err != nil {
		return err
	}
	k, err := confKey(name)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return fmt.Errorf("sysctl net.ipv4.conf.%s.%s: %q is not a number", dev, name, value)
	}
	if only, inert := confInert[k]; inert && value != only {
		return fmt.Errorf("not modelled: sysctl net.ipv4.conf.%s.%s=%s", dev, name, value)
	}
	ns.FIB.Outdate()
	if k == ConfForwarding && dev == "all" {
		ns.setForwarding(int32(n))
		return nil
	}
	c[k] = int32(n)
	switch k {
	case ConfForwarding, ConfRPFilter, ConfProxyARP, ConfIgnoreRoutesWithLinkdown:
		ns.notifyConf(ns.Device(dev), dev, c, k, false)
	}
	if k == ConfIgnoreRoutesWithLinkdown {
		for _, in := range ns.devs {
			if in != nil {
				ns.FIB.IgnoreLinkdown(in.Index, ns.confOr(in, k))
			}
		}
	}
	return nil
}

// setForwarding is inet_forward_change: ip_forward reaches every device and
// those to come.
func (ns *Namespace) setForwarding(v int32) {
	ns.FIB.Outdate()
	s := &ns.Sysctls
	s.confAll[ConfForwarding], s.confDefault[ConfForwarding] = v, v
	accept := int32(1)
	if v != 0 {
		accept = 0
	}
	s.confAll[ConfAcceptRedirects] = accept
	for _, in := range ns.devs {
		if in != nil {
			in.conf[ConfForwarding] = v
		}
	}
}

func (ns *Namespace) neighParams(dev string) (*neigh.Params, error) {
	if dev == "default" {
		return &ns.Sysctls.neighDefault, nil
	}
	if d := ns.Device(dev); d != nil {
		return &ns.dev(d.Index).neigh, nil
	}
	return nil, fmt.Errorf("sysctl net.ipv4.neigh.%s: there is no interface %q here", dev, dev)
}

func (ns *Namespace) setNeigh(dev, name, value string) error {
	p, err := ns.neighParams(dev)
	if err != nil {
		return err
	}
	return p.Set(name, value)
}

type globalSysctl struct {
	get func(*Namespace) int
	set func(*Namespace, int) error
}

func intSysctl(at func(*Namespace) *int, lo, hi int) globalSysctl {
	return globalSysctl{
		get: func(ns *Namespace) int { return *at(ns) },
		set: func(ns *Namespace, v int) error {
			if v < lo || v > hi {
				return &fibRange{v, lo, hi}
			}
			*at(ns) = v
			return nil
		},
	}
}

type fibRange struct{ v, lo, hi int }

// Error is what sysctl(8) prints, and the range.
func (e *fibRange) Error() string {
	return fmt.Sprintf("Invalid argument: %d is not from %d to %d", e.v, e.lo, e.hi)
}

// boolSysctl is proc_dou8vec_minmax from 0 to 1.
func boolSysctl(at func(*Namespace) *bool) globalSysctl {
	return globalSysctl{
		get: func(ns *Namespace) int {
			if *at(ns) {
				return 1
			}
			return 0
		},
		set: func(ns *Namespace, v int) error {
			if v < 0 || v > 1 {
				return &fibRange{v, 0, 1}
			}
			*at(ns) = v != 0
			return nil
		},
	}
}

// globalSysctls are the settings without an interface. The table is constant.
var globalSysctls = map[string]globalSysctl{
	"net.ipv4.ip_forward": {
		get: func(ns *Namespace) int { return int(ns.Sysctls.confAll[ConfForwarding]) },
		set: func(ns *Namespace, v int) error { ns.setForwarding(int32(v)); return nil },
	},
	"net.ipv4.ip_default_ttl": {
		get: func(ns *Namespace) int { return int(ns.Sysctls.DefaultTTL) },
		set: func(ns *Namespace, v int) error {
			if v < 1 || v > 255 {
				return &fibRange{v, 1, 255}
			}
			ns.Sysctls.DefaultTTL = uint8(v)
			return nil
		},
	},
	"net.ipv4.icmp_ratemask": {
		get: func(ns *Namespace) int { return int(int32(ns.Sysctls.ICMPRateMask)) },
		set: func(ns *Namespace, v int) error { ns.Sysctls.ICMPRateMask = uint32(v); return nil },
	},
	"net.ipv4.ip_no_pmtu_disc":                   intSysctl(func(ns *Namespace) *int { return &ns.Sysctls.NoPMTUDisc }, 0, 255),
	"net.ipv4.icmp_ratelimit":                    intSysctl(func(ns *Namespace) *int { return &ns.Sysctls.ICMPRateLimit }, 0, 1<<30),
	"net.ipv4.icmp_msgs_per_sec":                 intSysctl(func(ns *Namespace) *int { return &ns.Sysctls.ICMPMsgsPerSec }, 0, 1<<30),
	"net.ipv4.icmp_msgs_burst":                   intSysctl(func(ns *Namespace) *int { return &ns.Sysctls.ICMPMsgsBurst }, 0, 1<<30),
	"net.ipv4.route.min_pmtu":                    intSysctl(func(ns *Namespace) *int { return &ns.Sysctls.MinPMTU }, 68, 65535),
	"net.ipv4.route.mtu_expires":                 intSysctl(func(ns *Namespace) *int { return &ns.Sysctls.MTUExpires }, 0, 1<<30),
	"net.ipv4.ip_forward_use_pmtu":               boolSysctl(func(ns *Namespace) *bool { return &ns.Sysctls.ForwardUsePMTU }),
	"net.ipv4.icmp_echo_ignore_all":              boolSysctl(func(ns *Namespace) *bool { return &ns.Sysctls.EchoIgnoreAll }),
	"net.ipv4.icmp_echo_ignore_broadcasts":       boolSysctl(func(ns *Namespace) *bool { return &ns.Sysctls.EchoIgnoreBroadcasts }),
	"net.ipv4.icmp_errors_use_inbound_ifaddr":    boolSysctl(func(ns *Namespace) *bool { return &ns.Sysctls.ErrorsUseInboundIfaddr }),
	"net.ipv4.icmp_ignore_bogus_error_responses": boolSysctl(func(ns *Namespace) *bool { return &ns.Sysctls.IgnoreBogusErrors }),
	"net.ipv4.ip_nonlocal_bind":                  boolSysctl(func(ns *Namespace) *bool { return &ns.Sysctls.NonlocalBind }),
	"net.ipv4.fib_multipath_hash_policy": {
		get: func(ns *Namespace) int { return ns.Sysctls.MultipathHash },
		set: func(ns *Namespace, v int) error {
			switch {
			case v < 0 || v > 3:
				return &fibRange{v, 0, 3}
			case v > 1:
				return fmt.Errorf("not modelled: sysctl net.ipv4.fib_multipath_hash_policy=%d", v)
			}
			ns.Sysctls.MultipathHash = v
			return nil
		},
	},
	"net.ipv4.fib_multipath_use_neigh": boolSysctl(func(ns *Namespace) *bool { return &ns.Sysctls.MultipathUseNeigh }),
	"net.ipv4.fwmark_reflect":          boolSysctl(func(ns *Namespace) *bool { return &ns.Sysctls.FwmarkReflect }),

	"net.ipv4.ipfrag_time":        secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.ipfrag().Time }),
	"net.ipv4.ipfrag_high_thresh": intSysctl(func(ns *Namespace) *int { return &ns.ipfrag().HighThresh }, 0, 1<<30),
	"net.ipv4.ipfrag_low_thresh":  intSysctl(func(ns *Namespace) *int { return &ns.ipfrag().LowThresh }, 0, 1<<30),
	"net.ipv4.ipfrag_max_dist":    intSysctl(func(ns *Namespace) *int { return &ns.ipfrag().MaxDist }, 0, 1<<30),

	"net.netfilter.nf_conntrack_max":                        intSysctl(func(ns *Namespace) *int { return &ns.conntrack().Max }, 0, 1<<30),
	"net.netfilter.nf_conntrack_acct":                       boolSysctl(func(ns *Namespace) *bool { return &ns.conntrack().Acct }),
	"net.netfilter.nf_conntrack_checksum":                   boolSysctl(func(ns *Namespace) *bool { return &ns.conntrack().Checksum }),
	"net.netfilter.nf_conntrack_icmp_timeout":               secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().ICMPTimeout }),
	"net.netfilter.nf_conntrack_udp_timeout":                secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().UDPTimeout }),
	"net.netfilter.nf_conntrack_udp_timeout_stream":         secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().UDPTimeoutStream }),
	"net.netfilter.nf_conntrack_generic_timeout":            secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().GenericTimeout }),
	"net.netfilter.nf_conntrack_tcp_timeout_max_retrans":    secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPRetrans }),
	"net.netfilter.nf_conntrack_tcp_timeout_unacknowledged": secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPUnack }),
	"net.netfilter.nf_conntrack_tcp_timeout_syn_sent":       secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPTimeouts[conntrack.SynSent] }),
	"net.netfilter.nf_conntrack_tcp_timeout_syn_recv":       secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPTimeouts[conntrack.SynRecv] }),
	"net.netfilter.nf_conntrack_tcp_timeout_established":    secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPTimeouts[conntrack.TCPEstablished] }),
	"net.netfilter.nf_conntrack_tcp_timeout_fin_wait":       secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPTimeouts[conntrack.FinWait] }),
	"net.netfilter.nf_conntrack_tcp_timeout_close_wait":     secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPTimeouts[conntrack.CloseWait] }),
	"net.netfilter.nf_conntrack_tcp_timeout_last_ack":       secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPTimeouts[conntrack.LastAck] }),
	"net.netfilter.nf_conntrack_tcp_timeout_time_wait":      secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPTimeouts[conntrack.TimeWait] }),
	"net.netfilter.nf_conntrack_tcp_timeout_close":          secondsSysctl(func(ns *Namespace) *time.Duration { return &ns.conntrack().TCPTimeouts[conntrack.Close] }),
	"net.netfilter.nf_conntrack_tcp_loose":                  boolSysctl(func(ns *Namespace) *bool { return &ns.conntrack().TCPLoose }),
	"net.netfilter.nf_conntrack_tcp_be_liberal":             boolSysctl(func(ns *Namespace) *bool { return &ns.conntrack().TCPBeLiberal }),
	"net.netfilter.nf_conntrack_tcp_max_retrans":            intSysctl(func(ns *Namespace) *int { return &ns.conntrack().TCPMaxRetrans }, 0, 255),
}

// secondsSysctl is a time that is counted in whole seconds.
func secondsSysctl(at func(*Namespace) *time.Duration) globalSysctl {
	return globalSysctl{
		get: func(ns *Namespace) int { return int(*at(ns) / time.Second) },
		set: func(ns *Namespace, v int) error {
			if v < 0 {
				return &fibRange{v, 0, 1 << 30}
			}
			*at(ns) = time.Duration(v) * time.Second
			return nil
		},
	}
}

// conntrack are the settings that the table looks at, whether it exists yet or
// not.
func (ns *Namespace) conntrack() *conntrack.Config {
	if ns.Conn != nil {
		return ns.Conn.Config()
	}
	return &ns.Sysctls.Conntrack
}

// ipfrag are the settings that the reassembler looks at.
func (ns *Namespace) ipfrag() *ipfrag.Config {
	if ns.frags != nil {
		return ns.frags.Config()
	}
	return &ns.Sysctls.Frag
}

// SysctlKeys lists the modelled keys in sorted order, with IF for an
// interface.
func SysctlKeys() []string {
	keys := []string{portRange}
	for k := range globalSysctls {
		keys = append(keys, k)
	}
	for _, n := range confNames {
		keys = append(keys, "net.ipv4.conf.IF."+n)
	}
	sort.Strings(keys)
	return keys
}
