package conntrack

// TCPState is the tracker's view of a TCP flow: enum tcp_conntrack.
type TCPState uint8

// The states.
const (
	TCPNone        TCPState = iota
	SynSent                 // SYN seen
	SynRecv                 // SYN-ACK seen
	TCPEstablished          // ACK seen
	FinWait                 // FIN seen
	CloseWait               // ACK of the FIN seen
	LastAck                 // FIN of the other side seen
	TimeWait                // last ACK seen
	Close                   // RST seen
	SynSent2                // SYN of both sides seen
	numTCPStates
)

// String is the word of conntrack -L.
func (s TCPState) String() string {
	if s < numTCPStates {
		return tcpStateNames[s]
	}
	return "UNKNOWN"
}

var tcpStateNames = [numTCPStates]string{"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"}

// TCPInfo is what the tracker remembers of a TCP flow: struct ip_ct_tcp.
type TCPInfo struct {
	State TCPState
}
