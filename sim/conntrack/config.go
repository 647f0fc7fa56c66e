package conntrack

import (
	"time"

	"hoplab/sim/clock"
)

// Config holds the sysctls net.netfilter.nf_conntrack_* with the names behind
// that prefix. DefaultConfig gives the kernel's values.
type Config struct {
	Max      int  // max: entries; more are refused
	Acct     bool // acct: count packets and bytes per entry
	Checksum bool // checksum: at PREROUTING a wrong checksum makes a packet invalid

	ICMPTimeout      clock.Duration // icmp_timeout (nf_conntrack_proto_icmp.c)
	UDPTimeout       clock.Duration // udp_timeout: one way, or young (nf_conntrack_proto_udp.c)
	UDPTimeoutStream clock.Duration // udp_timeout_stream: both ways for over 2 s
	GenericTimeout   clock.Duration // generic_timeout (nf_conntrack_proto_generic.c)

	TCPTimeouts   [numTCPStates]clock.Duration // tcp_timeout_*, by TCPState
	TCPRetrans    clock.Duration               // tcp_timeout_max_retrans: after TCPMaxRetrans equal ACKs, or with a closed window
	TCPUnack      clock.Duration               // tcp_timeout_unacknowledged: while data is not acknowledged
	TCPMaxRetrans int                          // tcp_max_retrans
	TCPLoose      bool                         // tcp_loose: pick up flows without their SYN
	TCPBeLiberal  bool                         // tcp_be_liberal: segments outside the window are fine
}

// DefaultConfig is what a machine with at least 4 GB of memory starts with.
func DefaultConfig() Config {
	c := Config{
		Max: 262144, Checksum: true,
		ICMPTimeout: 30 * time.Second, UDPTimeout: 30 * time.Second, UDPTimeoutStream: 120 * time.Second, GenericTimeout: 600 * time.Second,
		TCPRetrans: 5 * time.Minute, TCPUnack: 5 * time.Minute, TCPMaxRetrans: 3, TCPLoose: true,
	}
	c.TCPTimeouts = [numTCPStates]clock.Duration{
		SynSent: 2 * time.Minute, SynRecv: time.Minute, TCPEstablished: 5 * 24 * time.Hour, FinWait: 2 * time.Minute, CloseWait: time.Minute,
		LastAck: 30 * time.Second, TimeWait: 2 * time.Minute, Close: 10 * time.Second, SynSent2: 2 * time.Minute,
	}
	return c
}
