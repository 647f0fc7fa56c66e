package neigh

import (
	"net/netip"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// State is the state of an entry: NUD_* of include/uapi/linux/neighbour.h.
type State uint8

// The states.
const (
	None       State = 0
	Incomplete State = 0x01 // being asked for, packets wait
	Reachable  State = 0x02 // confirmed a short while ago
	Stale      State = 0x04 // known, but not confirmed lately
	Delay      State = 0x08 // stale and in use: soon to be probed
	Probe      State = 0x10 // being probed by unicast, still in use
	Failed     State = 0x20 // nobody answered
	NoARP      State = 0x40 // needs no resolution
	Permanent  State = 0x80 // set by hand
)

// Sets of states, as in include/net/neighbour.h.
const (
	Connected = Permanent | NoARP | Reachable
	Valid     = Connected | Probe | Stale | Delay
	InTimer   = Incomplete | Reachable | Delay | Probe
)

// states are the names in the order in which iproute2 prints them.
var states = [...]struct {
	s    State
	name string
}{
	{Incomplete, "INCOMPLETE"}, {Reachable, "REACHABLE"}, {Stale, "STALE"}, {Delay, "DELAY"},
	{Probe, "PROBE"}, {Failed, "FAILED"}, {NoARP, "NOARP"}, {Permanent, "PERMANENT"},
}

// String is iproute2's word.
func (s State) String() string {
	for _, v := range states {
		if v.s == s {
			return v.name
		}
	}
	if s == None {
		return "NONE"
	}
	text := ""
	for _, v := range states {
		if s&v.s != 0 {
			text += "|" + v.name
		}
	}
	return text[1:]
}

// Params are the settings of one device: /proc/sys/net/ipv4/neigh/IF/. A
// device has one Params for its life; make it with DefaultParams. Times are
// used in whole jiffies.
type Params struct {
	BaseReachable clock.Duration // base_reachable_time: REACHABLE holds for half of it to one and a half
	Retrans       clock.Duration // retrans_time: between two requests
	DelayProbe    clock.Duration // delay_first_probe_time: in DELAY before the first unicast
	GCStale       clock.Duration // gc_stale_time: unused for so long, an entry may be collected
	UcastProbes   int            // ucast_solicit: requests in PROBE
	AppProbes     int            // app_solicit: requests by a daemon; only counted here
	McastProbes   int            // mcast_solicit: requests in INCOMPLETE
	McastReprobes int            // mcast_resolicit: broadcasts after the unicasts in PROBE
	QueueBytes    int            // unres_qlen_bytes: of waiting packets, with their kernel overhead
	AnycastDelay  clock.Duration // anycast_delay: unused by ARP
	ProxyDelay    clock.Duration // proxy_delay: proxy answers wait a random time up to this
	ProxyQlen     int            // proxy_qlen: so many may wait
	Locktime      clock.Duration // locktime: a new MAC is not believed so shortly after the last change

	reachable clock.Duration // drawn from base
	base      clock.Duration // that it was drawn from
	drawn     clock.Instant
}

// DefaultParams are the kernel's, of arp_tbl in net/ipv4/arp.c.
func DefaultParams() Params {
	return Params{
		BaseReachable: 30 * time.Second,
		Retrans:       time.Second,
		DelayProbe:    5 * time.Second,
		GCStale:       60 * time.Second,
		UcastProbes:   3,
		McastProbes:   3,
		QueueBytes:    212992,
		AnycastDelay:  time.Second,
		ProxyDelay:    800 * time.Millisecond,
		ProxyQlen:     64,
		Locktime:      time.Second,
	}
}

// maxProbes is the number of requests after which a neighbour in state s has
// failed: neigh_max_probes.
func (p *Params) maxProbes(s State) int {
	if s&Probe != 0 {
		return p.UcastProbes + p.AppProbes + p.McastReprobes
	}
	return p.UcastProbes + p.AppProbes + p.McastProbes
}

// Flags of Update: NEIGH_UPDATE_F_*.
type Flags uint8

// The flags.
const (
	Override     Flags = 1 << iota // replace a different MAC
	WeakOverride                   // keep a different MAC that is known, but suspect it
	Admin                          // by `ip neigh`, not by the protocol
)

// Entry is one neighbour. Callers read it; Table changes it.
type Entry struct {
	MAC        packet.MAC // valid iff State & Valid
	State      State
	fast       bool   // hh_cache: a header was made once; from then on the caller makes them
	Index      uint32 // number in its table, from 1, never used twice
	Dev        int32
	Confirmed  clock.Instant // last proof of reachability
	Addr       netip.Addr
	ExtLearned bool          // a program says that it learnt it: NTF_EXT_LEARNED
	Proto      uint8         // who put it there: RTPROT_*, 0 unknown
	Was        State         // of a Dead entry: the state that it had
	Router     bool          // NTF_ROUTER
	Dead       bool          // no longer in its table
	Probes     int           // requests sent, UcastProbes ahead in INCOMPLETE
	Updated    clock.Instant // MAC or state changed
	Used       clock.Instant // last packet that took the slow path
	By         string        // how the MAC was learnt: "own request", "their request"; empty: not known

	params *Params
	queue  packet.Queue
	newest *packet.Buffer // last in queue
	bytes  int            // truesize of queue
	timer  clock.Ref
}

// The values of By that the table itself sets.
const (
	ByOwnRequest   = "own request"
	ByTheirRequest = "their request"
	ByHand         = "ip neigh"
	ByNature       = "needs no ARP"
)

// Connected reports that the caller may write MAC into the link header and
// send without asking the table: neigh_output's fast path. Until a first
// packet went through Send it is false.
func (e *Entry) Connected() bool { return e.State&Connected != 0 && e.fast }

// Waiting is the number of packets that wait for the MAC.
func (e *Entry) Waiting() int { return e.queue.Len() }
