ns h1 h2
wire h1 eth0 10.0.1.1/24 02:00:00:00:01:01 h2 eth0 10.0.1.2/24 02:00:00:00:01:02
ip -n h2 link add d0 type dummy; ip -n h2 addr add 10.0.9.9/32 dev d0; ip -n h2 link set d0 up; ip -n h2 addr add 10.0.1.3/24 dev eth0
sleep 0.4
cap h1 eth0
sleep 0.4
for i in 0 1 2 8; do on h2 sysctl -qw net.ipv4.conf.eth0.arp_ignore=$i; run on h1 arping -c1 -w1 -I eth0 10.0.9.9; run on h1 arping -c1 -w1 -I eth0 10.0.1.3; run on h1 arping -D -c1 -w1 -I eth0 10.0.1.2; done
on h2 sysctl -qw net.ipv4.conf.eth0.arp_ignore=0 net.ipv4.conf.all.arp_filter=1
ip -n h2 route add 10.0.1.1 dev d0
run on h1 arping -c1 -w1 -I eth0 10.0.1.2
ip -n h2 route del 10.0.1.1 dev d0
on h2 sysctl -qw net.ipv4.conf.all.arp_filter=0
for a in 0 1 2; do on h2 sysctl -qw net.ipv4.conf.eth0.arp_announce=$a; ip -n h2 neigh flush dev eth0; run on h2 ping -n -c1 -W1 -I 10.0.9.9 10.0.1.1; run on h2 ping -n -c1 -W1 -I 10.0.1.3 10.0.1.1; done
ip -n h1 neigh flush dev eth0
run on h2 arping -U -c1 -w1 -I eth0 10.0.1.2; ip -n h1 neigh
on h1 sysctl -qw net.ipv4.conf.eth0.arp_accept=1
run on h2 arping -U -c1 -w1 -I eth0 10.0.1.2; ip -n h1 neigh | sed 's/REACHABLE\|STALE\|DELAY/valid/'
run on h2 arping -A -c1 -w1 -I eth0 10.0.1.3; ip -n h1 neigh | sed 's/REACHABLE\|STALE\|DELAY/valid/' | sort
on h1 sysctl -qw net.ipv4.conf.eth0.drop_gratuitous_arp=1; ip -n h1 neigh flush dev eth0
run on h2 arping -A -c1 -w1 -I eth0 10.0.1.3; ip -n h1 neigh
on h2 sysctl -qw net.ipv4.conf.eth0.arp_notify=1
ip -n h2 link set eth0 down; ip -n h2 link set eth0 up; sleep 0.5
ip -n h2 link set eth0 address 02:00:00:00:01:0a; sleep 0.3
caps
