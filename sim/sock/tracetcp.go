package sock

import (
	"encoding/binary"
	"net/netip"

	"hoplab/packet"
	"hoplab/sim/stack"
)

// traceroute -T: half-open probes, as mod-tcp.c of traceroute 2.1.2 makes them.

const (
	trTCPPort    = 80
	trTCPOptions = 20 // bytes: MSS, SACK permitted, time stamps, window scale
	trTCPScale   = 2
	trTCPWindow  = 4 // segments
)

// openRawTCP makes the socket of -T: SYNs go out by it, and what answers them
// comes in. The kernel, which knows nothing of the connection, answers a SYN-ACK
// with RST.
func (t *tracer) openRawTCP() *ExitError {
	src, err := t.rawSource()
	if err != nil {
		return err
	}
	r := t.ns.OpenRaw(packet.ProtoTCP)
	r.Source, r.Dev, r.TOS, r.PMTU = src, t.dev, t.o.TOS, t.pmtu()
	port := uint16(or(t.o.Port, trTCPPort))
	r.Recv = func(ip packet.IPv4) {
		h, err := packet.ParseTCP(ip.Payload())
		if err != nil || ip.Src() != t.dst || h.SrcPort() != port || h.Flags()&packet.TCPRst == 0 && h.Flags()&(packet.TCPSyn|packet.TCPAck) != packet.TCPSyn|packet.TCPAck {
			return
		}
		t.replies = append(t.replies, trReply{at: t.ns.Now(), seq: h.DstPort(), from: ip.Src(), ttl: ip.TTL()})
		t.p.Wake()
	}
	r.Error = func(e stack.SocketError) {
		q := e.Datagram.Payload()
		if len(q) < 4 || e.Datagram.Dst() != t.dst || binary.BigEndian.Uint16(q[2:]) != port {
			return
		}
		t.errors = append(t.errors, trReply{at: t.ns.Now(), seq: binary.BigEndian.Uint16(q), from: e.From, ttl: e.TTL, typ: e.Type, code: e.Code, mtu: e.MTU})
		t.p.Wake()
	}
	t.raw = r
	return nil
}

// sendSYN sends a probe from a port of its own.
func (t *tracer) sendSYN(pb *trProbe, ttl int) *ExitError {
	s := t.ns.OpenSocket(packet.ProtoTCP)
	pb.holder = s
	if errno := s.Bind(netip.AddrPortFrom(t.raw.Source, 0)); errno != 0 {
		return perror("bind", errno)
	}
	pb.seq = s.Local().Port()
	mss := t.raw.PathMTU(t.dst) - packet.IPv4Len - packet.TCPLen
	h := make([]byte, packet.TCPLen+trTCPOptions)
	binary.BigEndian.PutUint16(h, pb.seq)
	binary.BigEndian.PutUint16(h[2:], uint16(or(t.o.Port, trTCPPort)))
	binary.BigEndian.PutUint32(h[4:], s.Random())
	h[12], h[13] = byte(len(h)/4<<4), packet.TCPSyn
	binary.BigEndian.PutUint16(h[14:], uint16(min(trTCPWindow*mss, 0xffff)))
	o := h[packet.TCPLen:]
	o[0], o[1] = 2, 4
	binary.BigEndian.PutUint16(o[2:], uint16(mss))
	o[4], o[5], o[6], o[7] = 4, 2, 8, 10
	binary.BigEndian.PutUint32(o[8:], s.Random())
	o[16], o[17], o[18], o[19] = 1, 3, 3, trTCPScale
	packet.TCP(h).UpdateChecksum(t.raw.Source.As4(), t.dst.As4())
	t.raw.TTL = uint8(ttl)
	_, errno, _ := t.raw.Send(t.dst, h, false)
	settle(t.p, t.ns)
	if errno != 0 && errno != stack.EMSGSIZE {
		return perror("send", errno)
	}
	return nil
}
