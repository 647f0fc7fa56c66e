chain; warm
wire r1 eth3 10.0.13.1/24 02:00:00:00:13:01 r2 eth3 10.0.13.2/24 02:00:00:00:13:02
ip -n r1 route add default via 10.0.13.2 table 7; ip -n r1 rule add fwmark 0x7/0xf table 7 pref 100
on r2 sysctl -qw net.ipv4.conf.all.rp_filter=0
cap r1 eth2; cap r1 eth3
sleep 0.5
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 iptables -t mangle -A PREROUTING -i eth1 -p icmp -j MARK --set-xmark 0x17/0xff
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 iptables -t mangle -A PREROUTING -i eth1 -p icmp -j CONNMARK --save-mark
on r1 iptables -t mangle -A OUTPUT -p icmp -j MARK --or-mark 7
run on r1 ping -n -c1 -W1 10.0.2.2
run on r1 ping -n -c1 -W1 -m 7 10.0.2.2
on r1 iptables -t mangle -F OUTPUT
run on r1 ping -n -c1 -W1 -m 7 10.0.2.2
run on r1 ip route get 10.0.2.2 mark 7
run on r1 ip route get 10.0.2.2 mark 0x18
on r1 sysctl -qw net.ipv4.fwmark_reflect=1
on r1 iptables -t mangle -F PREROUTING
on r1 iptables -t mangle -A PREROUTING -i eth2 -p icmp -j MARK --set-mark 7
run on h2 ping -n -c1 -W1 10.0.12.1
on r1 sysctl -qw net.ipv4.conf.eth2.src_valid_mark=1
run on h2 ping -n -c1 -W1 10.0.12.1
caps
on r1 conntrack -L -o mark 2>/dev/null | sort
on r1 iptables -t mangle -nvxL
