package filter

// constant is the value of a named number of the language.
func constant(name string) (value uint32, ok bool) {
	switch name {
	case "icmptype", "icmp6type", "icmp-echoreply":
		return 0, true
	case "icmpcode", "icmp6code", "tcp-fin", "icmp6-destinationunreach", "icmp6-destinationrunreach":
		return 1, true
	case "tcp-syn", "icmp6-packettoobig":
		return 2, true
	case "icmp-unreach", "icmp6-timeexceeded":
		return 3, true
	case "tcp-rst", "icmp-sourcequench", "icmp6-parameterproblem":
		return 4, true
	case "icmp-redirect":
		return 5, true
	case "tcp-push", "icmp-echo":
		return 8, true
	case "icmp-routeradvert":
		return 9, true
	case "icmp-routersolicit":
		return 10, true
	case "icmp-timxceed":
		return 11, true
	case "icmp-paramprob":
		return 12, true
	case "tcpflags", "icmp-tstamp":
		return 13, true
	case "icmp-tstampreply":
		return 14, true
	case "icmp-ireq":
		return 15, true
	case "tcp-ack", "icmp-ireqreply":
		return 16, true
	case "icmp-maskreq":
		return 17, true
	case "icmp-maskreply":
		return 18, true
	case "tcp-urg":
		return 32, true
	case "tcp-ece":
		return 64, true
	case "tcp-cwr", "icmp6-echo":
		return 128, true
	case "icmp6-echoreply":
		return 129, true
	case "icmp6-multicastlistenerquery":
		return 130, true
	case "icmp6-multicastlistenerreportv1":
		return 131, true
	case "icmp6-multicastlistenerdone":
		return 132, true
	case "icmp6-routersolicit":
		return 133, true
	case "icmp6-routeradvert":
		return 134, true
	case "icmp6-neighborsolicit":
		return 135, true
	case "icmp6-neighboradvert":
		return 136, true
	case "icmp6-redirect":
		return 137, true
	}
	return 0, false
}

// protocolNumber is the number of a name behind "ip proto", as in /etc/protocols.
func protocolNumber(name string) (value uint32, ok bool) {
	switch name {
	case "icmp":
		return 1, true
	case "igmp":
		return 2, true
	case "ipencap", "ipip", "ipv4":
		return 4, true
	case "tcp":
		return 6, true
	case "udp":
		return 17, true
	case "ipv6", "ip6":
		return 41, true
	case "gre":
		return 47, true
	case "esp":
		return 50, true
	case "ah":
		return 51, true
	case "ipv6-icmp", "icmp6":
		return 58, true
	case "ospf":
		return 89, true
	case "pim":
		return 103, true
	case "vrrp":
		return 112, true
	case "sctp":
		return 132, true
	}
	return 0, false
}

// etherNumber is the ethertype of a name behind "ether proto".
func etherNumber(name string) (value uint32, ok bool) {
	switch name {
	case "ip":
		return etherIPv4, true
	case "arp":
		return etherARP, true
	case "rarp":
		return etherRARP, true
	case "ip6":
		return etherIPv6, true
	}
	return 0, false
}

// portNumber is the port of a service that students write by name, as in
// /etc/services.
func portNumber(name string) (value uint32, ok bool) {
	switch name {
	case "ftp":
		return 21, true
	case "ssh":
		return 22, true
	case "telnet":
		return 23, true
	case "smtp":
		return 25, true
	case "domain":
		return 53, true
	case "bootps":
		return 67, true
	case "bootpc":
		return 68, true
	case "http":
		return 80, true
	case "ntp":
		return 123, true
	case "bgp":
		return 179, true
	case "https":
		return 443, true
	case "syslog":
		return 514, true
	}
	return 0, false
}
