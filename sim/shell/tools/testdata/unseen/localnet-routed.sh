chain; warm
run on h1 ping -n -c1 -W1 -I eth0 127.5.0.1
on h1 sysctl -qw net.ipv4.conf.eth0.route_localnet=1; on r1 sysctl -qw net.ipv4.conf.eth1.route_localnet=1
ip -n h1 addr del 127.0.0.1/8 dev lo; ip -n r1 addr del 127.0.0.1/8 dev lo
ip -n h1 addr add 127.5.0.2/24 dev eth0; ip -n r1 addr add 127.5.0.1/24 dev eth1
cap r1 eth1
sleep 0.4
run on h1 ping -n -c1 -W1 -I eth0 127.5.0.1
run on h1 arping -c1 -w1 -I eth0 127.5.0.1
on r1 sysctl -qw net.ipv4.conf.eth1.arp_ignore=3
run on h1 arping -c1 -w1 -I eth0 127.5.0.1
caps
