package stack

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/sim/conntrack"
	"hoplab/sim/trace"
)

// udpRcv gives a UDP datagram to its socket: __udp4_lib_rcv. Where there is none,
// port unreachable is the answer.
func (ns *Namespace) udpRcv(in *inDev, b *packet.Buffer, rt *route) {
	ip := b.IPv4()
	u, err := packet.ParseUDP(ip.Payload())
	if err != nil {
		ns.MIB.UDP.InErrors++
		ns.drop(b, in, trace.StageDeliver, trace.PktTooSmall)
		return
	}
	if !u.ChecksumOK([4]byte(ip[12:16]), [4]byte(ip[16:20])) {
		ns.MIB.UDP.InCsumErrors++
		ns.MIB.UDP.InErrors++
		ns.drop(b, in, trace.StageDeliver, trace.UDPCsum)
		return
	}
	if rt.flags&(rtBroadcast|rtMulticast) != 0 {
		ns.udpToAll(in, b, u)
		return
	}
	if s := ns.socks.lookup(packet.ProtoUDP, ip.Src32(), ip.Dst32(), u.SrcPort(), u.DstPort(), iif(in, b)); s != nil {
		if s.encap != nil {
			ns.vxlanRcv(in, b, u, s.encap)
			return
		}
		if s.Recv != nil {
			s.Recv(ip)
		}
		ns.deliver(b, in)
		return
	}
	ns.MIB.UDP.NoPorts++
	ns.icmpSend(b, in, rt, packet.ICMPUnreachable, packet.CodePortUnreachable, 0)
	ns.drop(b, in, trace.StageDeliver, trace.NoSocket)
}

// udpToAll gives a datagram for several receivers to every socket that hears
// it: __udp4_lib_mcast_deliver. Nobody hears that there is none.
func (ns *Namespace) udpToAll(in *inDev, b *packet.Buffer, u packet.UDP) {
	heard := false
	if ns.socks != nil {
		ip := b.IPv4()
		for _, s := range ns.socks.ports[portKey{packet.ProtoUDP, u.DstPort()}] {
			if s.hears(ip.Src32(), ip.Dst32(), u.SrcPort(), iif(in, b)) && s.Recv != nil {
				heard = true
				s.Recv(ip)
			}
		}
	}
	if heard {
		ns.deliver(b, in)
		return
	}
	ns.drop(b, in, trace.StageDeliver, trace.NoSocket)
}

// tcpRcv gives a TCP segment to its socket: tcp_v4_rcv. Where there is none,
// RST is the answer.
func (ns *Namespace) tcpRcv(in *inDev, b *packet.Buffer, rt *route) {
	if b.Type != packet.Host {
		ns.drop(b, in, trace.StageDeliver, trace.OtherHost)
		return
	}
	ns.MIB.TCP.InSegs++
	ip := b.IPv4()
	t, err := packet.ParseTCP(ip.Payload())
	if err != nil {
		ns.MIB.TCP.InErrs++
		ns.drop(b, in, trace.StageDeliver, trace.PktTooSmall)
		return
	}
	if !t.ChecksumOK([4]byte(ip[12:16]), [4]byte(ip[16:20])) {
		ns.MIB.TCP.InCsumErrors++
		ns.MIB.TCP.InErrs++
		ns.drop(b, in, trace.StageDeliver, trace.TCPCsum)
		return
	}
	if s := ns.socks.lookup(packet.ProtoTCP, ip.Src32(), ip.Dst32(), t.SrcPort(), t.DstPort(), iif(in, b)); s != nil && s.Recv != nil {
		s.Recv(ip)
		ns.deliver(b, in)
		return
	}
	if rt.flags&(rtBroadcast|rtMulticast) == 0 {
		ns.Reset(ip)
	}
	ns.drop(b, in, trace.StageDeliver, trace.NoSocket)
}

// Reset answers a segment with RST, and counts it.
func (ns *Namespace) Reset(ip packet.IPv4) {
	if ns.sendReset(ip, nil) {
		ns.MIB.TCP.OutSegs++
		ns.MIB.TCP.OutRsts++
	}
}

// sendReset answers a segment with RST, RFC 9293 section 3.5.2: tcp_v4_send_reset
// and, for a packet that a rule refused, nf_send_reset. It has IP ID 0 and DF.
func (ns *Namespace) sendReset(ip packet.IPv4, refused *packet.Buffer) bool {
	t, err := packet.ParseTCP(ip.Payload())
	if err != nil || t.Flags()&packet.TCPRst != 0 {
		return false
	}
	tos, mark := ip.TOS(), uint32(0)
	if refused != nil {
		tos = 0
		if ns.Sysctls.FwmarkReflect {
			mark = refused.Mark
		}
	}
	fl := flow{src: ip.Dst32(), dst: ip.Src32(), tos: tos, mark: mark, oif: ns.domain, proto: packet.ProtoTCP, sport: t.DstPort(), dport: t.SrcPort(), anySrc: true}
	var rt route
	if ns.routeOutput(&fl, &rt) != 0 {
		return false
	}
	b := ns.w.Pool.New(packet.TCPLen)
	if refused != nil {
		b.Parent, b.Mark = refused.ID, mark
		if ns.Conn != nil && ns.Conn.Get(refused.Conn) != nil { // nf_ct_attach
			b.Conn, b.CTInfo = refused.Conn, uint8(conntrack.Info(refused.CTInfo).Attach())
			ns.Conn.SetClosing(refused.Conn, ns.Now())
		}
	}
	r := b.Bytes()
	binary.BigEndian.PutUint16(r[0:], t.DstPort())
	binary.BigEndian.PutUint16(r[2:], t.SrcPort())
	flags := packet.TCPRst
	if t.Flags()&packet.TCPAck != 0 {
		binary.BigEndian.PutUint32(r[4:], t.Ack())
	} else {
		n := uint32(len(t.Payload()))
		if t.Flags()&packet.TCPSyn != 0 {
			n++
		}
		if t.Flags()&packet.TCPFin != 0 {
			n++
		}
		binary.BigEndian.PutUint32(r[8:], t.Seq()+n)
		flags |= packet.TCPAck
	}
	r[12], r[13] = packet.TCPLen/4<<4, flags
	packet.TCP(r).UpdateChecksum([4]byte(ip[16:20]), [4]byte(ip[12:16]))
	h := packet.IPv4Header{TOS: tos &^ ecnMask, TotalLen: packet.IPv4Len + packet.TCPLen, Frag: packet.FlagDF, TTL: ns.ttlFor(&rt, fl.dst), Proto: packet.ProtoTCP,
		Src: packet.AddrFrom32(fl.src), Dst: packet.AddrFrom32(fl.dst)}
	h.Put(b.Prepend(packet.IPv4Len))
	b.SetNetwork()
	ns.note(b, ns.Place, trace.StageSocket, trace.Continue, trace.ReasonNone, trace.RefNone, 0, true)
	ns.localOut(b, &rt)
	return true
}

// transportErr tells a socket of an ICMP error about what it sent:
// __udp4_lib_err and tcp_v4_err. It reports whether there was one.
func (ns *Namespace) transportErr(in *inDev, b *packet.Buffer, m packet.ICMP, q packet.IPv4, info int) bool {
	ports := q.Payload()
	sport, dport := binary.BigEndian.Uint16(ports), binary.BigEndian.Uint16(ports[2:])
	s := ns.socks.lookup(q.Proto(), q.Dst32(), q.Src32(), dport, sport, iif(in, b))
	if q.Proto() == packet.ProtoUDP && (s == nil || s.encap != nil) && ns.vxlanErr(in, b, m, q, info) {
		return true
	}
	if s == nil || s.encap != nil || q.Proto() == packet.ProtoTCP && s.Listening {
		ns.MIB.ICMP.InErrors++
		return false
	}
	switch {
	case m.Type() == packet.ICMPSourceQuench:
		return true
	case m.Type() == packet.ICMPRedirect:
		ns.redirect(in, b, m, q)
		return true
	case m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded && q.Proto() == packet.ProtoUDP:
		ns.updatePMTUFor(q, info)
		if s.PMTU == PMTUDont {
			return true
		}
	}
	if s.Error != nil {
		s.Error(SocketError{Errno: icmpErrno(m), From: b.IPv4().Src(), Type: m.Type(), Code: m.Code(), MTU: info, Datagram: q, TTL: b.IPv4().TTL()})
	}
	return true
}

// PathMTUChanged notes what "fragmentation needed" said about the way to the
// other end: tcp_v4_mtu_reduced, which believes only errors about segments
// that are under way.
func (s *Socket) PathMTUChanged(q packet.IPv4, mtu int) { s.ns.updatePMTUFor(q, mtu) }

// Redeliver gives a segment to the listener of its port, once the connection
// that it came for is gone; it is false when there is none: TCP_TW_SYN in tcp_v4_rcv.
func (ns *Namespace) Redeliver(ip packet.IPv4) bool {
	t := packet.TCP(ip.Payload())
	s := ns.socks.lookup(packet.ProtoTCP, ip.Src32(), ip.Dst32(), t.SrcPort(), t.DstPort(), 0)
	if s == nil || s.Recv == nil {
		return false
	}
	s.Recv(ip)
	return true
}
