chain; warm
on r1 sysctl net.ipv4.conf.eth2.arp_evict_nocarrier
ip -n r2 link set eth1 down; sleep 0.3
run ip -n r1 neigh show dev eth2
ip -n r2 link set eth1 up; ip -n r2 route add 10.0.1.0/24 via 10.0.12.1; sleep 0.3
on r1 ping -n -c1 -W1 10.0.12.2 >/dev/null
on r1 sysctl -qw net.ipv4.conf.eth2.arp_evict_nocarrier=0
ip -n r2 link set eth1 down; sleep 0.3
run ip -n r1 neigh show dev eth2
run ip -n r1 neigh get 10.0.12.2 dev eth2
ip -n r1 link set eth2 down
run ip -n r1 neigh show dev eth2
