chain; warm
run on h1 ping -n -c1 -W1 10.0.12.1
run on h1 ping -n -c1 -W1 10.0.2.1
cap r1 eth1 arp
sleep 0.5
ip -n h1 addr add 10.9.9.1/24 dev eth0
run on h1 arping -c1 -w1 -I eth0 10.0.12.1
on r1 sysctl -qw net.ipv4.conf.eth1.arp_ignore=1
run on h1 arping -c1 -w1 -I eth0 10.0.12.1
ip -n r1 addr add 10.0.1.9/24 dev lo
run on h1 arping -c1 -w1 -I eth0 10.0.1.9
on r1 sysctl -qw net.ipv4.conf.eth1.arp_ignore=0 net.ipv4.conf.eth1.arp_announce=2
run on r1 ping -n -c1 -W1 -I 10.0.12.1 10.0.1.77
on r1 sysctl -qw net.ipv4.conf.eth1.arp_announce=0
run on r1 ping -n -c1 -W1 -I 10.0.12.1 10.0.1.78
on r1 sysctl -qw net.ipv4.conf.eth1.arp_ignore=8
run on h1 arping -c1 -w1 -I eth0 10.0.1.1
on r1 sysctl -qw net.ipv4.conf.eth1.arp_ignore=0 net.ipv4.conf.eth1.arp_filter=1
run on h1 arping -c1 -w1 -I eth0 -s 10.0.1.2 10.0.12.1
caps > x; grep -v "10.0.1.2 tell 10.0.1.1\|Reply 10.0.1.2 is" x
