package conntrack

import "hoplab/sim/clock"

// Info says how a packet relates to its entry: the kernel's enum
// ip_conntrack_info (include/uapi/linux/netfilter/nf_conntrack_common.h), with
// one number more for a packet that has no entry because it is invalid.
type Info uint8

// The relations. There is no "new reply".
const (
	Established      Info = 0
	Related          Info = 1
	New              Info = 2
	EstablishedReply Info = 3
	RelatedReply     Info = 4
	Untracked        Info = 7
	InvalidInfo      Info = 255
)

// Dir is the direction of the packet: that of the flow's first packet, or the
// other one.
func (i Info) Dir() Dir {
	if i == EstablishedReply || i == RelatedReply {
		return Reply
	}
	return Original
}

// Attach is the relation that an ICMP error or a reset made here has to the
// entry of the packet that caused it, which it shares: nf_conntrack_attach.
func (i Info) Attach() Info {
	if i.Dir() == Original {
		return RelatedReply
	}
	return Related
}

// State is the word of iptables --ctstate.
func (i Info) State() string {
	switch i {
	case Established, EstablishedReply:
		return "ESTABLISHED"
	case Related, RelatedReply:
		return "RELATED"
	case New:
		return "NEW"
	case Untracked:
		return "UNTRACKED"
	}
	return "INVALID"
}

// Dir is a direction within a flow.
type Dir uint8

// The directions.
const (
	Original Dir = iota // of the first packet
	Reply
)

// String is ORIGINAL or REPLY, the words of iptables --ctdir.
func (d Dir) String() string {
	if d == Reply {
		return "REPLY"
	}
	return "ORIGINAL"
}

// Verdict is what becomes of the packet.
type Verdict uint8

// The verdicts of In.
const (
	Accept Verdict = iota
	Drop           // the table is full, or a TCP flow could not be reopened
)

// Status is the set of bits that describe an entry, with the numbers of enum
// ip_conntrack_status.
type Status uint16

// The status bits that occur here.
const (
	SeenReply    Status = 1 << 1  // a packet of the reply direction came
	Assured      Status = 1 << 2  // never evicted early
	Confirmed    Status = 1 << 3  // in the table: the first packet left or was delivered
	SrcNAT       Status = 1 << 4  // the original direction's source is translated
	DstNAT       Status = 1 << 5  // the original direction's destination is translated
	SrcNATDone   Status = 1 << 7  // the source binding was chosen, perhaps a null binding
	DstNATDone   Status = 1 << 8  // likewise the destination binding
	Dying        Status = 1 << 9  // removed from the table
	FixedTimeout Status = 1 << 10 // packets do not prolong it

	natMask     = SrcNAT | DstNAT
	natDoneMask = SrcNATDone | DstNATDone
)

// Counter counts packets and their bytes, IP header included.
type Counter struct{ Packets, Bytes uint64 }

// Conn is one entry: struct nf_conn. What every packet reads comes first, in
// one cache line; the whole are three. A pointer stays valid as long as the
// table; what it points to is reused some time after the entry died.
type Conn struct {
	Orig      Tuple // of the packets of the first direction, as they arrive
	Reply     Tuple // of the packets of the other direction, as they arrive
	Status    Status
	acct      bool  // Config.Acct when the entry was made
	gen       uint8 // how often the slot was reused
	MasqIndex int32 // interface whose address MASQUERADE took, 0 none

	Expires clock.Instant // end of life if no packet comes; valid once Confirmed. Of a Dying entry: when it ended

	next    [2]node        // index of tuples: the next one of the bucket, by Dir
	timeout clock.Duration // what the last packet set; counts from Confirm on

	ID   uint32     // number of the entry in order of creation, from 1
	Mark uint32     // connmark
	Acct [2]Counter // by Dir; counted iff Config.Acct
	TCP  TCPInfo    // valid iff Orig.Proto is TCP

	changed Change // what watchers are not told of yet
	told    uint32 // the mark that they know

	streamAt   clock.Instant // UDP: from here on traffic both ways is a stream
	srcNext    uint32        // index of sources: the next slot of the bucket
	prev, succ uint32        // list of confirmed entries, or of ended ones (succ)
}

// tuple is the entry's tuple of one direction.
func (c *Conn) tuple(d Dir) *Tuple {
	if d == Reply {
		return &c.Reply
	}
	return &c.Orig
}

// Manip says which half of an address pair is translated: enum
// nf_nat_manip_type.
type Manip uint8

// The manips. SNAT belongs to POSTROUTING and INPUT, DNAT to PREROUTING and
// OUTPUT.
const (
	SNAT Manip = iota
	DNAT
)

// RangeFlags are the kernel's NF_NAT_RANGE_* bits.
type RangeFlags uint32

// The flags.
const (
	MapIPs         RangeFlags = 1 << iota // MinAddr and MaxAddr are valid
	ProtoSpecified                        // MinPort and MaxPort are valid
	ProtoRandom                           // --random
	Persistent                            // --persistent
	RandomFully                           // --random-fully
)

// Range is what a nat target allows: struct nf_nat_range2.
type Range struct {
	MinAddr, MaxAddr uint32 // inclusive; valid iff MapIPs
	MinPort, MaxPort uint16 // inclusive; ICMP: id; valid iff ProtoSpecified
	Flags            RangeFlags
}

// Stats are the counters of conntrack -S (/proc/net/stat/nf_conntrack).
type Stats struct {
	Found         uint64 // tuples found taken while NAT looked for a free one
	Invalid       uint64
	InsertFailed  uint64
	Drop          uint64
	EarlyDrop     uint64
	Error         uint64 // ICMP messages that are broken or belong to no entry
	ClashResolved uint64
}
