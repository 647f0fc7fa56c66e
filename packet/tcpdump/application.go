package tcpdump

import "slices"

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

// announcement is what ports say about the data of a datagram.
type announcement struct {
	app   string
	where direction
	ports []int
}

// direction tells which of a datagram's ports count.
type direction byte

const (
	either direction = iota
	source
	destination
)

// udpAnnounced is what tcpdump goes by, in its order: the first one that fits
// wins. What udpData does not know is not modelled.
var udpAnnounced = []announcement{
	{"domain", either, []int{53}},
	{"mdns", either, []int{5353}},
	{"timed", either, []int{525}},
	{"tftp", either, []int{69}},
	{"bootp", either, []int{67, 68}},
	{"rip", either, []int{520}},
	{"AODV", either, []int{654}},
	{"ISAKMP", either, []int{500, 4500, 7500, 8500}},
	{"snmp", either, []int{161, 162}},
	{"ntp", either, []int{123}},
	{"Kerberos", either, []int{88, 750}},
	{"L2TP", either, []int{1701}},
	{"vat", destination, []int{3456}},
	{"Zephyr", either, []int{2103, 2104}},
	{"Rx", either, []int{7000, 7001, 7002, 7003, 7004, 7005, 7006, 7007, 7008, 7009}},
	{"ripng", either, []int{521}},
	{"dhcp6", either, []int{546, 547}},
	{"AHCP", either, []int{5359}},
	{"Babel", either, []int{6696, 6697}},
	{"HNCP", either, []int{8231}},
	{"whiteboard", destination, []int{4567}},
	{"Auto-RP", either, []int{496}},
	{"RADIUS", either, []int{1645, 1812, 1646, 1813, 1700, 3799}},
	{"hsrp", destination, []int{1985}},
	{"lwres", either, []int{921}},
	{"LDP", either, []int{646}},
	{"OLSR", either, []int{698}},
	{"LSP ping", either, []int{3503}},
	{"broadcom", source, []int{49152}},
	{"bfd", destination, []int{portBFD, portBFDMultihop, portBFDLag, portBFDEcho}},
	{"LMP", either, []int{701}},
	{"VQP", either, []int{1589}},
	{"sFlow", either, []int{6343}},
	{"LWAPP", either, []int{12222, 12223}},
	{"sip", either, []int{5060}},
	{"syslog", either, []int{514}},
	{"otv", either, []int{8472}},
	{"vxlan", either, []int{4789}},
	{"geneve", either, []int{6081}},
	{"LISP", either, []int{4342}},
	{"vxlan-gpe", either, []int{4790}},
	{"ZEP", either, []int{17754}},
	{"mpls", either, []int{6635}},
	{"PTP", either, []int{319, 320}},
	{"SOME/IP", either, []int{30490}},
}

// udpPorts has a bit for each port of udpAnnounced: few packets have one.
var udpPorts = func() (set [1 << 16 / 64]uint64) {
	for _, a := range udpAnnounced {
		for _, port := range a.ports {
			set[port/64] |= 1 << (port % 64)
		}
	}
	return set
}()

// udpApplication prints the length bytes of a datagram's data if one of its
// ports tells what they are.
func (l *line) udpApplication(src, dst, at, length int) bool {
	if (udpPorts[src/64&1023]>>(src%64)|udpPorts[dst/64&1023]>>(dst%64))&1 == 0 {
		return false
	}
	for i := range udpAnnounced {
		a := &udpAnnounced[i]
		if a.where != destination && slices.Contains(a.ports, src) || a.where != source && slices.Contains(a.ports, dst) {
			l.udpData(a.app, dst, at, length)
			return true
		}
	}
	return false
}

// udpData prints the length bytes of a datagram to port dst as those of an
// application: one of udpAnnounced or of -T.
func (l *line) udpData(app string, dst, at, length int) {
	switch app {
	case "domain":
		l.domain(at, length, false, false)
	case "mdns":
		l.domain(at, length, false, true)
	case "tftp":
		l.tftp(at, length)
	case "bootp":
		l.bootp(at, length)
	case "rip":
		l.rip(at, length)
	case "snmp":
		if l.opt.Names != nil {
			l.undecoded("names of SNMP objects", length)
		} else {
			l.snmp(at, length)
		}
	case "ntp":
		l.ntp(at, length)
	case "ripng":
		l.ripng(at, length)
	case "dhcp6":
		l.dhcp6(at, length)
	case "hsrp":
		l.hsrp(at, length)
	case "broadcom":
		l.broadcomShim(at, length)
	case "bfd":
		l.bfd(at, length, dst)
	case "sip":
		l.textProtocol("sip", "SIP", at, length, sipMethods)
	case "syslog":
		l.syslog(at, length)
	case "otv":
		l.otv(at, length)
	case "vxlan":
		l.vxlan(at, length)
	case "geneve":
		l.geneve(at, length)
	case "vxlan-gpe":
		l.vxlanGPE(at, length)
	case "mpls":
		l.mpls(at, length)
	default:
		l.undecoded(app, length)
	}
}

// undecoded prints a datagram that tcpdump would decode.
func (l *line) undecoded(name string, length int) {
	l.str("UDP, length ")
	l.num(length)
	l.str(" ")
	l.notModelled(name)
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
	case either(portNFS) && l.has(at, 4): // a record mark, RFC 5531 section 11
		l.nfs(": ", src, dst, at+4, min(int(l.u32(at)&0x7fffffff), length-4))
	}
}
