// Package etc is what iptables and ipset look up in /etc/protocols and
// /etc/services of a Debian machine: the protocols, and the services a lab is
// likely to name.
package etc

import "strings"

// protocol names by number, in the order in which a reverse lookup finds them.
var protocols = []struct {
	num   uint8
	name  string
	alias string
}{
	{0, "ip", "IP"}, {0, "hopopt", "HOPOPT"}, {1, "icmp", "ICMP"}, {2, "igmp", "IGMP"}, {3, "ggp", "GGP"}, {4, "ipencap", "IP-ENCAP"}, {5, "st", "ST"},
	{6, "tcp", "TCP"}, {8, "egp", "EGP"}, {9, "igp", "IGP"}, {12, "pup", "PUP"}, {17, "udp", "UDP"}, {20, "hmp", "HMP"}, {22, "xns-idp", "XNS-IDP"}, {27, "rdp", "RDP"},
	{29, "iso-tp4", "ISO-TP4"}, {33, "dccp", "DCCP"}, {36, "xtp", "XTP"}, {37, "ddp", "DDP"}, {38, "idpr-cmtp", "IDPR-CMTP"}, {41, "ipv6", "IPv6"},
	{43, "ipv6-route", "IPv6-Route"}, {44, "ipv6-frag", "IPv6-Frag"}, {45, "idrp", "IDRP"}, {46, "rsvp", "RSVP"}, {47, "gre", "GRE"}, {50, "esp", "IPSEC-ESP"},
	{51, "ah", "IPSEC-AH"}, {57, "skip", "SKIP"}, {58, "ipv6-icmp", "IPv6-ICMP"}, {59, "ipv6-nonxt", "IPv6-NoNxt"}, {60, "ipv6-opts", "IPv6-Opts"}, {73, "rspf", "RSPF"},
	{81, "vmtp", "VMTP"}, {88, "eigrp", "EIGRP"}, {89, "ospf", "OSPFIGP"}, {93, "ax.25", "AX.25"}, {94, "ipip", "IPIP"}, {97, "etherip", "ETHERIP"}, {98, "encap", "ENCAP"},
	{103, "pim", "PIM"}, {108, "ipcomp", "IPCOMP"}, {112, "vrrp", "VRRP"}, {115, "l2tp", "L2TP"}, {124, "isis", "ISIS"}, {132, "sctp", "SCTP"}, {133, "fc", "FC"},
	{135, "mobility-header", "Mobility-Header"}, {136, "udplite", "UDPLite"}, {137, "mpls-in-ip", "MPLS-in-IP"}, {138, "manet", ""}, {139, "hip", "HIP"}, {140, "shim6", "Shim6"},
	{141, "wesp", "WESP"}, {142, "rohc", "ROHC"}, {143, "ethernet", "Ethernet"},
}

// ProtocolName is the name of a protocol number.
func ProtocolName(num uint8) (string, bool) {
	for i := range protocols {
		if protocols[i].num == num {
			return protocols[i].name, true
		}
	}
	return "", false
}

// ProtocolNumber finds a protocol by name or alias.
func ProtocolNumber(name string) (uint8, bool) {
	for i := range protocols {
		if p := &protocols[i]; name != "" && (p.name == name || p.alias == name) {
			return p.num, true
		}
	}
	return 0, false
}

const (
	tcp = 1 << iota
	udp
	sctp
)

var services = []struct {
	port  uint16
	proto uint8 // tcp, udp, sctp
	names string
}{
	{1, tcp, "tcpmux"}, {7, tcp | udp, "echo"}, {9, tcp | udp, "discard sink null"}, {13, tcp | udp, "daytime"}, {19, tcp | udp, "chargen ttytst source"},
	{20, tcp, "ftp-data"}, {21, tcp, "ftp"}, {22, tcp, "ssh"}, {23, tcp, "telnet"}, {25, tcp, "smtp mail"}, {37, tcp | udp, "time timserver"}, {43, tcp, "whois nicname"},
	{49, tcp | udp, "tacacs"}, {53, tcp | udp, "domain"}, {67, udp, "bootps"}, {68, udp, "bootpc"}, {69, udp, "tftp"}, {79, tcp, "finger"}, {80, tcp, "http www"},
	{88, tcp | udp, "kerberos kerberos5 krb5"}, {110, tcp, "pop3 pop-3"}, {111, tcp | udp, "sunrpc portmapper"}, {119, tcp, "nntp readnews untp"}, {123, udp, "ntp"},
	{137, udp, "netbios-ns"}, {138, udp, "netbios-dgm"}, {139, tcp, "netbios-ssn"}, {143, tcp, "imap2 imap"}, {161, tcp | udp, "snmp"}, {162, tcp | udp, "snmp-trap snmptrap"},
	{179, tcp, "bgp"}, {389, tcp | udp, "ldap"}, {443, tcp | udp, "https"}, {445, tcp, "microsoft-ds"}, {465, tcp, "submissions ssmtp smtps"}, {500, udp, "isakmp"},
	{514, udp, "syslog"}, {514, tcp, "shell cmd syslog"}, {587, tcp, "submission"}, {631, tcp, "ipp"}, {636, tcp | udp, "ldaps"}, {646, tcp | udp, "ldp"}, {853, tcp | udp, "domain-s"},
	{873, tcp, "rsync"}, {989, tcp, "ftps-data"}, {990, tcp, "ftps"}, {992, tcp, "telnets"}, {993, tcp, "imaps"}, {995, tcp, "pop3s"}, {1194, tcp | udp, "openvpn"},
	{1433, tcp, "ms-sql-s"}, {1812, tcp | udp, "radius"}, {1813, tcp | udp, "radius-acct radacct"}, {2049, tcp | udp, "nfs"}, {2601, tcp, "zebra"}, {2605, tcp, "bgpd"},
	{3260, tcp, "iscsi-target"}, {3306, tcp, "mysql"}, {4500, udp, "ipsec-nat-t"}, {5060, tcp | udp, "sip"}, {5432, tcp, "postgresql postgres"}, {5672, tcp | sctp, "amqp"},
	{6379, tcp, "redis"}, {8080, tcp, "http-alt webcache"}, {9418, tcp, "git"},
}

// bit is the proto bit of a protocol name; 0 stands for any.
func bit(proto string) uint8 {
	switch proto {
	case "tcp":
		return tcp
	case "udp":
		return udp
	case "sctp":
		return sctp
	case "":
		return tcp | udp | sctp
	}
	return 0
}

// ServicePort finds the port of a service; proto "" stands for any.
func ServicePort(name, proto string) (uint16, bool) {
	for i := range services {
		s := &services[i]
		if s.proto&bit(proto) == 0 {
			continue
		}
		for n := range strings.FieldsSeq(s.names) {
			if n == name {
				return s.port, true
			}
		}
	}
	return 0, false
}

// ServiceName is the first name of a port; proto "" stands for any.
func ServiceName(port uint16, proto string) (string, bool) {
	for i := range services {
		if s := &services[i]; s.port == port && s.proto&bit(proto) != 0 {
			name, _, _ := strings.Cut(s.names, " ")
			return name, true
		}
	}
	return "", false
}
