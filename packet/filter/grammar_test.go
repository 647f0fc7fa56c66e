package filter

import (
	"fmt"
	"math/rand"
	"strings"
)

// grammar makes expressions for comparisons: most of them compile. Without
// geneve: behind "not" and "or" libpcap's program for it reads memory that was
// never set, so that what it selects is chance.
type grammar struct{ *rand.Rand }

func (g grammar) pick(s ...string) string { return s[g.Intn(len(s))] }

func (g grammar) word(s string) string { return g.pick(strings.Fields(s)...) }

// expression joins primitives.
func (g grammar) expression(depth int) string {
	if depth <= 0 {
		return g.primitive()
	}
	inner := func() string { return g.expression(depth - 1 - g.Intn(2)) }
	switch g.Intn(10) {
	case 0:
		return g.pick("not ", "! ", "!") + inner()
	case 1, 2:
		return g.pick("", "not ") + "(" + inner() + ")"
	case 3, 4:
		return inner() + g.pick(" or ", " || ") + inner()
	case 5, 6:
		return inner() + g.pick(" and ", " && ") + inner()
	case 7:
		return "(" + inner() + g.pick(" or ", " and ") + inner() + ")"
	case 8:
		return "(" + inner() + ")" + g.pick(" or ", " and ") + "(" + inner() + ")"
	}
	return inner() + g.pick(" or ", " and ") + g.list(g.identifier)
}

func (g grammar) primitive() string {
	protocol, direction := "", ""
	if g.Intn(2) == 0 {
		protocol = g.protocol() + " "
	}
	if g.Intn(2) == 0 {
		direction = g.pick("src", "dst", "src", "dst", "src or dst", "src and dst", "dst or src", "dst and src") + " "
	}
	switch g.Intn(20) {
	case 0, 1, 2:
		return g.pick(protocol, "ip ", "arp ", "", "ip6 ", "") + direction + g.pick("host ", "host ", "") + g.list(g.address)
	case 3:
		return "ether " + direction + "host " + g.list(g.mac)
	case 4, 5:
		return g.pick(protocol, "", "", "ip ") + direction + "net " + g.list(g.net)
	case 6, 7:
		return g.pick(protocol, "tcp ", "udp ", "", "") + direction + "port " + g.list(g.port)
	case 8:
		return g.pick("tcp ", "udp ", "", "") + direction + "portrange " + g.list(g.ports)
	case 9:
		return g.pick(protocol, "ip ", "ip6 ", "", "ether ") + "proto " + g.list(g.number2)
	case 10, 11:
		return g.protocol()
	case 12:
		return g.pick("less ", "greater ") + fmt.Sprint(g.Intn(200))
	case 13:
		return g.pick("", "ether ", "ip ", "ip6 ") + g.pick("broadcast", "multicast", "multicast")
	case 14:
		return g.pick("vlan", "vlan", "vlan", "mpls", "pppoed", "pppoes", "llc", "llc u", "llc i", "llc rr") + g.pick("", "", "", " 10", " 1", " (0x1f)")
	case 15:
		return g.pick("inbound", "outbound", "ifindex 3", "byte 0 = 3", "byte 12 & 7", "byte 14 | 2", "byte 3 < 4", "byte 8 > 9", "ip protochain 17",
			"ip6 protochain 58", "protochain 6", "decnet host 1.2", "isis", "l1", "iso proto 0x83")
	}
	return g.relation()
}

func (g grammar) relation() string {
	if g.Intn(2) == 0 {
		return g.pick("tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "icmp[icmptype] == icmp-echo", "icmp6[icmp6type] = icmp6-echo", "ip[8] < 5",
			"ip[2:2] - ((ip[0] & 0xf) << 2) > 64", "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420", "ip[6:2] & 0x1fff = 0", "ip[0] & 0xf != 5",
			"len > 100", "ether[0] & 1 = 0", "udp[0:2] = 53", "ip[12:4] = ip[16:4]", "link[12:2] = 0x800", "ip6[6] = 58", "arp[6:2] = 1")
	}
	return g.arithmetic(1+g.Intn(2)) + g.pick(" = ", " == ", " != ", " < ", ">", " <= ", ">=") + g.arithmetic(g.Intn(2))
}

func (g grammar) arithmetic(depth int) string {
	if depth <= 0 {
		return g.pick("len", "tcp-syn", "icmptype", g.number(), g.number(), g.number())
	}
	switch g.Intn(8) {
	case 0:
		return "(" + g.arithmetic(depth-1) + ")"
	case 1:
		return "-" + g.arithmetic(depth-1)
	case 2, 3, 4:
		return g.word("ip ip ip6 tcp udp icmp ether arp icmp6 link sctp") + "[" + g.arithmetic(depth-1-g.Intn(2)) + g.pick("", "", ":1", ":2", ":4") + "]"
	}
	return g.arithmetic(depth-1) + g.pick(" + ", " - ", "*", "/", " % ", " & ", " | ", "^", "<<", " >> ") + g.arithmetic(depth-1)
}

// list makes several of something in parentheses, once in a while.
func (g grammar) list(one func() string) string {
	switch g.Intn(12) {
	case 0:
		return "(" + one() + g.pick(" or ", " and ") + one() + ")"
	case 1:
		return "(" + one() + ")"
	case 2:
		return g.pick("not ", "!") + one()
	case 3:
		return one() + g.pick(" or ", " and ") + one()
	}
	return one()
}

func (g grammar) identifier() string {
	return g.pick(g.net(), g.port(), g.number2(), g.address(), g.address())
}

func (g grammar) protocol() string {
	if g.Intn(5) == 0 {
		return protocolNames[1+g.Intn(len(protocolNames)-1)]
	}
	return g.word("ip ip6 tcp udp icmp icmp6 arp rarp sctp igmp pim vrrp ah esp stp ipx")
}

func (g grammar) number() string {
	switch g.Intn(6) {
	case 0:
		return fmt.Sprintf("0x%x", g.Uint32()>>g.Intn(32))
	case 1:
		return fmt.Sprintf("0%o", g.Intn(64))
	}
	return fmt.Sprint(g.Intn(64))
}

// number2 makes the number or name of a protocol.
func (g grammar) number2() string {
	return g.pick("1", "6", "17", "4", "47", "58", "41", "50", "\\tcp", "\\icmp", "gre", "ospf", "\\udp", "ipv6-icmp", "0x800", "0x86dd", "66", "0x8847",
		"\\arp", "\\stp", "\\ip6")
}

func (g grammar) address() string {
	return g.pick("172.16.0.11", "172.16.0.12", "192.168.77.66", "10.96.0.10", "192.168.166.130", "10.1.2.3", "224.0.0.1", "127.0.0.1", "172.16", "10",
		"fd00:10:244::a", "fe80::81b:2cff:fe00:b", "ff02::1", "::1", "2001:db8::1.2.3.4", "\\127.1")
}

func (g grammar) mac() string {
	return g.pick("0a:1b:2c:00:00:0b", "ff:ff:ff:ff:ff:ff", "0a-1b-2c-0-0-c", "01005e000001", "0a1b.2c00.000b", "33:33:0:0:0:1")
}

func (g grammar) net() string {
	switch g.Intn(5) {
	case 0:
		return g.pick("10", "172.16", "192.168.77", "0", "loopback", "1.2.3.4")
	case 1:
		return g.pick("172.16.0.0 mask 255.255.0.0", "10.0.0.0 mask 255.0.0.0", "192.168.77.64 mask 255.255.255.192", "0.0.0.0 mask 0.0.0.0")
	case 2:
		return g.pick("fd00:10:244::/48", "fe80::/10", "::/0", "fd00:10:244:1::/64", "ff02::1/128")
	}
	return g.pick("172.16.0.0", "10.0.0.0", "192.168.0.0", "0.0.0.0", "128.0.0.0") + "/" + fmt.Sprint(8+g.Intn(18))
}

func (g grammar) port() string {
	return g.word("80 53 179 4789 22 443 http domain bgp ssh bootps syslog https tftp 1 65535")
}

func (g grammar) ports() string {
	return g.pick("ssh-http", "20-bgp", fmt.Sprintf("%d-%d", g.Intn(2000), g.Intn(60000)))
}

// mutate drops, doubles, swaps or replaces a word, or drops a byte.
func (g grammar) mutate(e string) string {
	words := strings.Fields(e)
	if len(words) == 0 {
		return e
	}
	i, j := g.Intn(len(words)), g.Intn(len(words))
	switch g.Intn(5) {
	case 0:
		words = append(words[:i], words[i+1:]...)
	case 1:
		words[i] += " " + words[i]
	case 2:
		words[i], words[j] = words[j], words[i]
	case 3:
		words[i] = g.word(`( ) and or not ! 80 tcp host src port [ ] : / & = 99999999999 1:2:3 @ 1.2.3.4 09 proto vlan len - mask ether ::1 nosuch 0x \ $ \tcp 0xfg
			lane vpi sio fisu type subtype dir reason action ifname rnr addr1 ra gateway 300.1 10.0.0.1/8 ::1/129 1.2.3.4/33 99999 $1f 1.2.3.4.5`)
	case 4:
		at := g.Intn(len(e))
		return e[:at] + e[at+1:]
	}
	return strings.Join(words, " ")
}
