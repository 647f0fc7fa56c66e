package stack

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/sim/trace"
)

// udpRcv takes a UDP datagram: __udp4_lib_rcv. No program listens on a UDP
// port in this version, so what is valid is answered with port unreachable.
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
	if rt.flags&(rtBroadcast|rtMulticast) == 0 {
		ns.MIB.UDP.NoPorts++
		ns.icmpSend(b, in, rt, packet.ICMPUnreachable, packet.CodePortUnreachable, 0)
	}
	ns.drop(b, in, trace.StageDeliver, trace.NoSocket)
}

// tcpRcv takes a TCP segment: tcp_v4_rcv. No program listens on a TCP port in
// this version, so what is valid is answered with RST.
func (ns *Namespace) tcpRcv(in *inDev, b *packet.Buffer, rt *route) {
	ip := b.IPv4()
	t, err := packet.ParseTCP(ip.Payload())
	if err != nil {
		ns.drop(b, in, trace.StageDeliver, trace.PktTooSmall)
		return
	}
	if !t.ChecksumOK([4]byte(ip[12:16]), [4]byte(ip[16:20])) {
		ns.drop(b, in, trace.StageDeliver, trace.TCPCsum)
		return
	}
	if rt.flags&(rtBroadcast|rtMulticast) == 0 {
		ns.sendReset(ip)
	}
	ns.drop(b, in, trace.StageDeliver, trace.NoSocket)
}

// sendReset answers a segment with RST, RFC 9293 section 3.5.2: tcp_v4_send_reset
// and nf_send_reset. It has IP ID 0 and DF.
func (ns *Namespace) sendReset(ip packet.IPv4) {
	t, err := packet.ParseTCP(ip.Payload())
	if err != nil || t.Flags()&packet.TCPRst != 0 {
		return
	}
	fl := flow{src: ip.Dst32(), dst: ip.Src32(), tos: ip.TOS(), anySrc: true}
	var rt route
	if ns.routeOutput(&fl, &rt) != 0 {
		return
	}
	b := ns.w.Pool.New(packet.TCPLen)
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
	h := packet.IPv4Header{TOS: ip.TOS() &^ ecnMask, TotalLen: packet.IPv4Len + packet.TCPLen, Frag: packet.FlagDF, TTL: ns.ttlFor(&rt, fl.dst), Proto: packet.ProtoTCP,
		Src: packet.AddrFrom32(fl.src), Dst: packet.AddrFrom32(fl.dst)}
	h.Put(b.Prepend(packet.IPv4Len))
	b.SetNetwork()
	ns.note(b, ns.Place, trace.StageSocket, trace.Continue, trace.ReasonNone, trace.RefNone, 0, true)
	ns.localOut(b, &rt)
}

// transportErr takes an ICMP error about a UDP or TCP packet: nobody sends
// those in this version, only what was forged could cause it.
func (ns *Namespace) transportErr(packet.ICMP, packet.IPv4, int) bool { return false }
