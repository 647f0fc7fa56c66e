chain
on h1 sysctl -qw net.ipv4.conf.eth0.arp_accept=1
run on r1 arping -A -c1 -w1 -I eth1 -s 10.0.1.1 10.0.1.1
run ip -n h1 neigh
ip -n h1 neigh flush dev eth0
on h1 sysctl -qw net.ipv4.conf.eth0.arp_accept=0
run on r1 arping -A -c1 -w1 -I eth1 -s 10.0.1.1 10.0.1.1
run on r1 arping -U -c1 -w1 -I eth1 -s 10.0.1.1 10.0.1.1
run ip -n h1 neigh
run on r1 arping -c1 -w1 -I eth1 10.0.1.2
run ip -n h1 neigh
run on r1 arping -D -c1 -w1 -I eth1 10.0.1.2
run on r1 arping -D -c1 -w1 -I eth1 10.0.1.77
ip -n r1 link set eth1 address 02:00:00:00:01:99
run on r1 arping -U -c1 -w1 -I eth1 -s 10.0.1.1 10.0.1.1
run ip -n h1 neigh
