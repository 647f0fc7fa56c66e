package tcpdump

// etherTunnel prints what carries other packets behind an Ethernet header, if
// the ethertype is of that kind.
func (l *line) etherTunnel(kind, at, length int) bool {
	switch kind {
	case etherMPLS, 0x8848:
		l.mpls(at, length)
	case 0x894f:
		l.nsh(at, length)
	case 0x8863, 0x8864, 0x3c12, 0x3c13:
		l.pppoe(at, length)
	case etherPPP:
		if length > 0 {
			l.str(": ")
			l.ppp(at, length)
		}
	case 0x9000:
		l.ectp(at, length)
	default:
		return false
	}
	return true
}

// udpApplication prints the length bytes of a datagram's data if one of its
// ports tells what they are. The order decides when both do.
func (l *line) udpApplication(ip ipHeader, src, dst, at, length int) bool {
	either := func(port int) bool { return src == port || dst == port }
	switch {
	case either(53):
		l.domain(at, length, false, false)
	case either(5353):
		l.domain(at, length, false, true)
	case either(69):
		l.tftp(at, length)
	case either(67), either(68):
		l.bootp(at, length)
	case either(5060):
		l.textProtocol("sip", "SIP", at, length, sipMethods)
	case either(514):
		l.syslog(at, length)
	case either(8472):
		l.otv(at, length)
	case either(4789):
		l.vxlan(at, length)
	case either(6081):
		l.geneve(at, length)
	case either(4790):
		l.vxlanGPE(at, length)
	case either(6635):
		l.mpls(at, length)
	default:
		name := udpDecoder(dst)
		if name == "" {
			name = udpDecoder(src)
		}
		if name == "" {
			return false
		}
		l.str("UDP, length ")
		l.num(length)
		l.str(" ")
		l.notModelled(name)
	}
	return true
}

// udpAs prints a datagram's data as what -T says that they are.
func (l *line) udpAs(kind string, at, length int) {
	switch kind {
	case "domain":
		l.domain(at, length, false, false)
	case "tftp":
		l.tftp(at, length)
	case "vxlan":
		l.vxlan(at, length)
	default:
		l.notModelled(kind)
	}
}

// tcpApplication prints the length bytes of a segment's data.
func (l *line) tcpApplication(ip ipHeader, src, dst, at, length int) {
	if l.opt.As != "" {
		if l.opt.As == "domain" {
			l.domain(at, length, true, false)
		}
		return
	}
	either := func(port int) bool { return src == port || dst == port }
	switch {
	case either(25):
		l.str(": ")
		l.textProtocol("smtp", "SMTP", at, length, "")
	case either(43):
		l.str(": ")
		l.textProtocol("whois", "WHOIS", at, length, "")
	case either(179):
		l.bgp(at)
	case either(22):
		l.ssh(at, length)
	case either(10288):
		l.beep(at, length)
	case either(21):
		l.str(": ")
		l.textProtocol("ftp", "FTP", at, length, "")
	case either(80), either(8080):
		l.str(": ")
		l.http(at, length)
	case either(554), either(8554):
		l.str(": ")
		l.textProtocol("rtsp", "RTSP", at, length, rtspMethods)
	case either(53):
		l.domain(at, length, true, false)
	default:
		name := tcpDecoder(src)
		if name == "" {
			name = tcpDecoder(dst)
		}
		if name != "" {
			l.str(" ")
			l.notModelled(name)
		}
	}
}

// tcpDecoder names what tcpdump decodes on a port and we do not.
func tcpDecoder(port int) string {
	switch port {
	case 21:
		return "FTP"
	case 22:
		return "SSH"
	case 23:
		return "telnet"
	case 25:
		return "SMTP"
	case 53, 5353:
		return "DNS"
	case 139:
		return "NetBIOS"
	case 323:
		return "RPKI-RTR"
	case 445:
		return "SMB"
	case 554, 8554:
		return "RTSP"
	case 639:
		return "MSDP"
	case 646:
		return "LDP"
	case 1723:
		return "PPTP"
	case 5555:
		return "ZMTP"
	case 6379:
		return "RESP"
	case 6633, 6653:
		return "OpenFlow"
	case 10288:
		return "BEEP"
	}
	return ""
}

// udpDecoder names what tcpdump decodes on a port and we do not.
func udpDecoder(port int) string {
	switch port {
	case 53, 5353:
		return "DNS"
	case 67, 68:
		return "DHCP"
	case 69:
		return "TFTP"
	case 88:
		return "Kerberos"
	case 123:
		return "NTP"
	case 137, 138:
		return "NetBIOS"
	case 161, 162:
		return "SNMP"
	case 319, 320:
		return "PTP"
	case 496:
		return "Auto-RP"
	case 500, 4500:
		return "ISAKMP"
	case 514:
		return "syslog"
	case 520, 521:
		return "RIP"
	case 525:
		return "timed"
	case 546, 547:
		return "DHCPv6"
	case 646:
		return "LDP"
	case 654:
		return "AODV"
	case 698:
		return "OLSR"
	case 701:
		return "LMP"
	case 1645, 1646, 1812, 1813, 3799:
		return "RADIUS"
	case 1701:
		return "L2TP"
	case 1985:
		return "HSRP"
	case 2055:
		return "NetFlow"
	case 3503:
		return "LSP ping"
	case 3784, 3785, 4784, 6784:
		return "BFD"
	case 4341, 4342:
		return "LISP"
	case 4790:
		return "VXLAN-GPE"
	case 5060, 5061:
		return "SIP"
	case 6081:
		return "Geneve"
	case 6343:
		return "sFlow"
	case 6635:
		return "MPLS"
	case 6696, 6697:
		return "Babel"
	}
	return ""
}
