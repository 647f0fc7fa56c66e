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
func (l *line) udpApplication(src, dst, at, length int) bool {
	either := func(port int) bool { return src == port || dst == port }
	switch {
	case either(53):
		l.domain(at, length, false, false)
	case either(5353):
		l.domain(at, length, false, true)
	case either(525):
		l.undecoded("timed", length)
	case either(69):
		l.tftp(at, length)
	case either(67), either(68):
		l.bootp(at, length)
	case either(520):
		l.rip(at, length)
	case either(654):
		l.undecoded("AODV", length)
	case either(500), either(4500), either(7500), either(8500):
		l.undecoded("ISAKMP", length)
	case either(161), either(162):
		if l.opt.Names != nil {
			l.undecoded("names of SNMP objects", length)
		} else {
			l.snmp(at, length)
		}
	case either(123):
		l.ntp(at, length)
	case either(88), either(750):
		l.undecoded("Kerberos", length)
	case either(1701):
		l.undecoded("L2TP", length)
	case dst == 3456:
		l.undecoded("vat", length)
	case either(2103), either(2104):
		l.undecoded("Zephyr", length)
	case src >= 7000 && src <= 7009, dst >= 7000 && dst <= 7009:
		l.undecoded("Rx", length)
	case either(521):
		l.ripng(at, length)
	case either(546), either(547):
		l.dhcp6(at, length)
	default:
		return l.udpApplicationMore(src, dst, at, length)
	}
	return true
}

// udpApplicationMore goes on with the protocols that come behind the others.
func (l *line) udpApplicationMore(src, dst, at, length int) bool {
	either := func(port int) bool { return src == port || dst == port }
	switch {
	case either(5359):
		l.undecoded("AHCP", length)
	case either(6696), either(6697):
		l.undecoded("Babel", length)
	case either(8231):
		l.undecoded("HNCP", length)
	case dst == 4567:
		l.undecoded("whiteboard", length)
	case either(496):
		l.undecoded("Auto-RP", length)
	case either(1645), either(1812), either(1646), either(1813), either(1700), either(3799):
		l.undecoded("RADIUS", length)
	case dst == 1985:
		l.hsrp(at, length)
	case either(921):
		l.undecoded("lwres", length)
	case either(646):
		l.undecoded("LDP", length)
	case either(698):
		l.undecoded("OLSR", length)
	case either(3503):
		l.undecoded("LSP ping", length)
	case src == 49152:
		l.broadcomShim(at, length)
	case dst == portBFD, dst == portBFDMultihop, dst == portBFDLag, dst == portBFDEcho:
		l.bfd(at, length, dst)
	case either(701):
		l.undecoded("LMP", length)
	case either(1589):
		l.undecoded("VQP", length)
	case either(6343):
		l.undecoded("sFlow", length)
	case either(12222), either(12223):
		l.undecoded("LWAPP", length)
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
	case either(4342):
		l.undecoded("LISP", length)
	case either(4790):
		l.vxlanGPE(at, length)
	case either(17754):
		l.undecoded("ZEP", length)
	case either(6635):
		l.mpls(at, length)
	case either(319), either(320):
		l.undecoded("PTP", length)
	case either(30490):
		l.undecoded("SOME/IP", length)
	default:
		return false
	}
	return true
}

// undecoded prints a datagram that tcpdump would decode.
func (l *line) undecoded(name string, length int) {
	l.str("UDP, length ")
	l.num(length)
	l.str(" ")
	l.notModelled(name)
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
	case "snmp":
		l.snmp(at, length)
	default:
		l.notModelled(kind)
	}
}

// tcpApplication prints the length bytes of a segment's data.
func (l *line) tcpApplication(src, dst, at, length int) {
	if l.opt.As != "" {
		switch l.opt.As {
		case "domain":
			l.domain(at, length, true, false)
		case "resp":
			l.resp(at, length)
		}
		return
	}
	either := func(port int) bool { return src == port || dst == port }
	text := func(name, title, methods string) {
		l.str(": ")
		l.textProtocol(name, title, at, length, methods)
	}
	unknown := func(name string) {
		l.str(" ")
		l.notModelled(name)
	}
	switch {
	case either(23):
		l.telnet(at, length)
	case either(25):
		text("smtp", "SMTP", "")
	case either(43):
		text("whois", "WHOIS", "")
	case either(179):
		l.bgp(at)
	case either(1723):
		l.pptpControl(at)
	case either(6379):
		l.resp(at, length)
	case either(22):
		l.ssh(at, length)
	case either(10288):
		l.beep(at, length)
	case either(6633), either(6653):
		unknown("OpenFlow")
	case either(21):
		text("ftp", "FTP", "")
	case either(80), either(8080):
		text("http", "HTTP", httpMethods)
	case either(554), either(8554):
		text("rtsp", "RTSP", rtspMethods)
	case either(53):
		l.domain(at, length, true, false)
	case either(639):
		unknown("MSDP")
	case either(323):
		unknown("RPKI-RTR")
	case either(646):
		unknown("LDP")
	}
}
