package filter

import (
	"slices"
	"strings"
)

// protocol is a protocol's name in front of a qualifier or alone.
type protocol uint8

const (
	anyProtocol protocol = iota
	nameLink
	nameIP
	nameARP
	nameRARP
	nameSCTP
	nameTCP
	nameUDP
	nameICMP
	nameIGMP
	nameIGRP
	namePIM
	nameVRRP
	nameCARP
	nameATalk
	nameAARP
	nameDECnet
	nameLAT
	nameSCA
	nameMOPDL
	nameMOPRC
	nameIP6
	nameICMP6
	nameAH
	nameESP
	nameISO
	nameES
	nameIS
	nameCLNP
	nameSTP
	nameIPX
	nameNetBEUI
	nameL1
	nameL2
	nameIIH
	nameLSP
	nameSNP
	nameCSNP
	namePSNP
	nameRadio
)

var protocolNames = [...]string{"", "ether", "ip", "arp", "rarp", "sctp", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp",
	"atalk", "aarp", "decnet", "lat", "sca", "mopdl", "moprc", "ip6", "icmp6", "ah", "esp", "iso", "esis", "isis", "clnp", "stp", "ipx",
	"netbeui", "l1", "l2", "iih", "lsp", "snp", "csnp", "psnp", "radio"}

func (p protocol) String() string { return protocolNames[p] }

// title is the name as some of libpcap's errors write it.
func (p protocol) title() string {
	switch p {
	case nameARP, nameRARP:
		return p.String()
	case nameATalk:
		return "AppleTalk"
	}
	return strings.ToUpper(p.String())
}

// kind is what an identifier names.
type kind uint8

const (
	anyKind kind = iota // as host
	kindHost
	kindNet
	kindPort
	kindPortRange
	kindGateway
	kindProto
	kindProtoChain
)

// hostOrNet is how errors name what a qualifier was applied to.
func (k kind) hostOrNet() string {
	if k == kindNet {
		return "net"
	}
	return "host"
}

// Class says what a keyword does in an expression.
type Class uint8

// The classes of keywords.
const (
	ClassProtocol  Class = iota // tcp, ip6: alone or in front of a qualifier
	ClassDirection              // src, dst
	ClassType                   // host, port: in front of an identifier
	ClassPrimitive              // vlan, greater: a test of its own
	ClassOperator               // and, or, not
	ClassConstant               // tcp-syn, icmptype: a number
)

// Keyword is a word of the language.
type Keyword struct {
	Name  string
	Class Class
	Value uint32 // of a constant
	same  string // the word that it is another spelling of
}

// Keywords lists all words of the language by name, for completion. Words of link
// types that do not occur here (ATM, SS7, 802.11, PF) are left out.
func Keywords() []Keyword {
	list := make([]Keyword, 0, len(keywords))
	for _, k := range keywords {
		if k.Class != classForeign {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b Keyword) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// classForeign are words that only link types use which do not occur here.
const classForeign = ClassConstant + 1

// keyword finds a word.
func keyword(name string) (Keyword, bool) {
	for _, k := range keywords {
		if k.Name == name {
			return k, true
		}
	}
	return Keyword{}, false
}

func constantWord(name string, value uint32) Keyword {
	return Keyword{Name: name, Class: ClassConstant, Value: value}
}

var keywords = [...]Keyword{
	{Name: "ether"}, {Name: "link", same: "ether"}, {Name: "ppp", same: "ether"}, {Name: "slip", same: "ether"}, {Name: "fddi", same: "ether"},
	{Name: "tr", same: "ether"}, {Name: "wlan", same: "ether"},
	{Name: "arp"}, {Name: "rarp"}, {Name: "ip"}, {Name: "sctp"}, {Name: "tcp"}, {Name: "udp"}, {Name: "icmp"}, {Name: "igmp"}, {Name: "igrp"},
	{Name: "pim"}, {Name: "vrrp"}, {Name: "carp"}, {Name: "radio"}, {Name: "ip6"}, {Name: "icmp6"}, {Name: "ah"}, {Name: "esp"}, {Name: "atalk"},
	{Name: "aarp"}, {Name: "decnet"}, {Name: "lat"}, {Name: "sca"}, {Name: "moprc"}, {Name: "mopdl"}, {Name: "iso"}, {Name: "esis"},
	{Name: "es-is", same: "esis"}, {Name: "isis"}, {Name: "is-is", same: "isis"}, {Name: "l1"}, {Name: "l2"}, {Name: "iih"}, {Name: "lsp"},
	{Name: "snp"}, {Name: "csnp"}, {Name: "psnp"}, {Name: "clnp"}, {Name: "stp"}, {Name: "ipx"}, {Name: "netbeui"},

	{Name: "src", Class: ClassDirection}, {Name: "dst", Class: ClassDirection},
	{Name: "addr1", Class: classForeign}, {Name: "address1", Class: classForeign, same: "addr1"}, {Name: "addr2", Class: classForeign},
	{Name: "address2", Class: classForeign, same: "addr2"}, {Name: "addr3", Class: classForeign},
	{Name: "address3", Class: classForeign, same: "addr3"}, {Name: "addr4", Class: classForeign},
	{Name: "address4", Class: classForeign, same: "addr4"}, {Name: "ra", Class: classForeign}, {Name: "ta", Class: classForeign},

	{Name: "host", Class: ClassType}, {Name: "net", Class: ClassType}, {Name: "mask", Class: ClassType}, {Name: "port", Class: ClassType},
	{Name: "portrange", Class: ClassType}, {Name: "proto", Class: ClassType}, {Name: "protochain", Class: ClassType},
	{Name: "gateway", Class: ClassType},

	{Name: "less", Class: ClassPrimitive}, {Name: "greater", Class: ClassPrimitive}, {Name: "byte", Class: ClassPrimitive},
	{Name: "broadcast", Class: ClassPrimitive}, {Name: "multicast", Class: ClassPrimitive}, {Name: "len", Class: ClassPrimitive},
	{Name: "length", Class: ClassPrimitive, same: "len"}, {Name: "inbound", Class: ClassPrimitive}, {Name: "outbound", Class: ClassPrimitive},
	{Name: "ifindex", Class: ClassPrimitive}, {Name: "vlan", Class: ClassPrimitive}, {Name: "mpls", Class: ClassPrimitive},
	{Name: "pppoed", Class: ClassPrimitive}, {Name: "pppoes", Class: ClassPrimitive}, {Name: "geneve", Class: ClassPrimitive},
	{Name: "llc", Class: ClassPrimitive},

	{Name: "and", Class: ClassOperator}, {Name: "or", Class: ClassOperator}, {Name: "not", Class: ClassOperator, same: "!"},

	{Name: "type", Class: classForeign}, {Name: "subtype", Class: classForeign}, {Name: "dir", Class: classForeign},
	{Name: "direction", Class: classForeign, same: "dir"},
	{Name: "on", Class: classForeign, same: "ifname"}, {Name: "ifname", Class: classForeign}, {Name: "rset", Class: classForeign, same: "ruleset"},
	{Name: "ruleset", Class: classForeign}, {Name: "rnr", Class: classForeign}, {Name: "rulenum", Class: classForeign, same: "rnr"},
	{Name: "srnr", Class: classForeign}, {Name: "subrulenum", Class: classForeign, same: "srnr"}, {Name: "reason", Class: classForeign},
	{Name: "action", Class: classForeign},
	{Name: "lane", Class: classForeign}, {Name: "metac", Class: classForeign}, {Name: "bcc", Class: classForeign}, {Name: "oam", Class: classForeign},
	{Name: "oamf4", Class: classForeign}, {Name: "oamf4ec", Class: classForeign}, {Name: "oamf4sc", Class: classForeign},
	{Name: "sc", Class: classForeign}, {Name: "ilmic", Class: classForeign}, {Name: "vpi", Class: classForeign}, {Name: "vci", Class: classForeign},
	{Name: "connectmsg", Class: classForeign}, {Name: "metaconnect", Class: classForeign},
	{Name: "fisu", Class: classForeign}, {Name: "lssu", Class: classForeign}, {Name: "lsu", Class: classForeign, same: "lssu"},
	{Name: "msu", Class: classForeign}, {Name: "hfisu", Class: classForeign}, {Name: "hlssu", Class: classForeign},
	{Name: "hmsu", Class: classForeign}, {Name: "sio", Class: classForeign}, {Name: "opc", Class: classForeign}, {Name: "dpc", Class: classForeign},
	{Name: "sls", Class: classForeign}, {Name: "hsio", Class: classForeign}, {Name: "hopc", Class: classForeign},
	{Name: "hdpc", Class: classForeign}, {Name: "hsls", Class: classForeign},

	constantWord("icmptype", 0), constantWord("icmpcode", 1), constantWord("icmp-echoreply", 0), constantWord("icmp-unreach", 3),
	constantWord("icmp-sourcequench", 4), constantWord("icmp-redirect", 5), constantWord("icmp-echo", 8), constantWord("icmp-routeradvert", 9),
	constantWord("icmp-routersolicit", 10), constantWord("icmp-timxceed", 11), constantWord("icmp-paramprob", 12),
	constantWord("icmp-tstamp", 13), constantWord("icmp-tstampreply", 14), constantWord("icmp-ireq", 15), constantWord("icmp-ireqreply", 16),
	constantWord("icmp-maskreq", 17), constantWord("icmp-maskreply", 18),
	constantWord("icmp6type", 0), constantWord("icmp6code", 1), constantWord("icmp6-destinationunreach", 1), constantWord("icmp6-packettoobig", 2),
	constantWord("icmp6-timeexceeded", 3), constantWord("icmp6-parameterproblem", 4), constantWord("icmp6-echo", 128),
	constantWord("icmp6-echoreply", 129), constantWord("icmp6-multicastlistenerquery", 130),
	constantWord("icmp6-multicastlistenerreportv1", 131), constantWord("icmp6-multicastlistenerdone", 132),
	constantWord("icmp6-routersolicit", 133), constantWord("icmp6-routeradvert", 134), constantWord("icmp6-neighborsolicit", 135),
	constantWord("icmp6-neighboradvert", 136), constantWord("icmp6-redirect", 137), constantWord("icmp6-routerrenum", 138),
	constantWord("icmp6-nodeinformationquery", 139), constantWord("icmp6-nodeinformationresponse", 140),
	constantWord("icmp6-ineighbordiscoverysolicit", 141), constantWord("icmp6-ineighbordiscoveryadvert", 142),
	constantWord("icmp6-multicastlistenerreportv2", 143), constantWord("icmp6-homeagentdiscoveryrequest", 144),
	constantWord("icmp6-homeagentdiscoveryreply", 145), constantWord("icmp6-mobileprefixsolicit", 146),
	constantWord("icmp6-mobileprefixadvert", 147), constantWord("icmp6-certpathsolicit", 148), constantWord("icmp6-certpathadvert", 149),
	constantWord("icmp6-multicastrouteradvert", 151), constantWord("icmp6-multicastroutersolicit", 152),
	constantWord("icmp6-multicastrouterterm", 153),
	constantWord("tcpflags", 13), constantWord("tcp-fin", 1), constantWord("tcp-syn", 2), constantWord("tcp-rst", 4), constantWord("tcp-push", 8),
	constantWord("tcp-ack", 16), constantWord("tcp-urg", 32), constantWord("tcp-ece", 64), constantWord("tcp-cwr", 128),
}
