package stack

import (
	"cmp"
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// SocketStatus is what ss(8) shows of a socket beside its addresses.
type SocketStatus struct {
	State        string // as ss has it: "LISTEN", "ESTAB", "TIME-WAIT", "UNCONN"
	RecvQ, SendQ int    // bytes; of a listener: connections that wait, and the backlog
	Holders      []int  // numbers of the programs that hold it
	Timer        string // "on", "timewait" or "persist", as ss has it; empty: none runs
	TimerLeft    clock.Duration
	Retries      int // of the timer
}

// Sockets lists the UDP and TCP sockets that have a port, by protocol and port,
// those of one port in the order in which they got it.
func (ns *Namespace) Sockets() []*Socket {
	if ns.socks == nil {
		return nil
	}
	var keys []portKey
	for k := range ns.socks.ports {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b portKey) int { return cmp.Or(cmp.Compare(b.proto, a.proto), cmp.Compare(a.port, b.port)) })
	var all []*Socket
	for _, k := range keys {
		all = append(all, ns.socks.ports[k]...)
	}
	return all
}

// RawSockets lists the raw sockets, the oldest first.
func (ns *Namespace) RawSockets() []*RawSocket { return slices.Clone(ns.raws) }

// Proto is UDP or TCP.
func (s *Socket) Proto() packet.Proto { return s.proto }

// Bound is the address that the socket is bound to: unlike Local's it is
// 0.0.0.0 for one that hears on any address.
func (s *Socket) Bound() (addr uint32, port uint16) { return s.laddr, s.lport }

// CurrentStatus is the socket's status: what Status says, where there is one.
func (s *Socket) CurrentStatus() SocketStatus {
	switch {
	case s.Status != nil:
		return s.Status()
	case s.Listening:
		return SocketStatus{State: "LISTEN"}
	case s.Connected():
		return SocketStatus{State: "ESTAB"}
	}
	return SocketStatus{State: "UNCONN"}
}
