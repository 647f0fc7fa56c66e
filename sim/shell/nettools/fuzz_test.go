package nettools_test

import (
	"testing"

	"hoplab/sim/netfilter/iptables"
)

// No command line makes a tool panic, whatever the lab's state.
func FuzzCommandLines(f *testing.F) {
	for _, s := range []string{"arp -s 10.0.0.5 02:00:00:00:00:05 temp", "arp -Ds 10.0.0.77 e0 pub", "route add -net 10.9.0.0/16 gw 10.0.0.3 metric 5", "route del default", "ifconfig e0 10.2.0.1/24 mtu 1400 up",
		"sysctl -ar e0", "sysctl net/ipv4/conf/e0/rp_filter=1", "conntrack -L -p udp --dport 9 -n 1.2.3.4 -m 1/2", "nstat -asz Ip*", "netstat -antuw", "ss -tln sport = :80", "ethtool -K e0 tx off",
		"modprobe -a ipip vxlan", "nsenter --net=/run/netns/b lsmod", "iptables-save -c -t nat", "ipset create s hash:net", "iptables -t nat -A POSTROUTING -j MASQUERADE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := iptables.Split(line)
		if err != nil || len(words) == 0 || words[0] == "in" || words[0] == "cat" {
			return
		}
		b := pair(t)
		if tool := b.sh.Tool(words[0]); tool == nil || words[0] == "arping" || tool.Dir != "/usr/sbin" && words[0] != "ss" && words[0] != "nstat" && words[0] != "netstat" {
			return // arping may go on for ever
		}
		b.exec(t, "a", words)
	})
}
