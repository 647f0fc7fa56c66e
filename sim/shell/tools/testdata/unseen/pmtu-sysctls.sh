chain; warm
ip -n r1 link set eth2 mtu 900; ip -n r2 link set eth1 mtu 900
on h1 sysctl -qw net.ipv4.ip_no_pmtu_disc=1
cap h1 eth0
sleep 0.4
run on h1 ping -n -c1 -W1 -s 1300 10.0.2.2
run on h1 ping -n -c2 -i 0.3 -W1 -s 1300 -M do 10.0.2.2
run ip -n h1 route get 10.0.2.2
on h1 ip route flush cache
on h1 sysctl -qw net.ipv4.ip_no_pmtu_disc=0 net.ipv4.route.min_pmtu=1000
run on h1 ping -n -c2 -i 0.3 -W1 -s 1300 -M do 10.0.2.2
run ip -n h1 route get 10.0.2.2
on h1 ip route flush cache
on h1 sysctl -qw net.ipv4.route.min_pmtu=552 net.ipv4.route.mtu_expires=2
run on h1 ping -n -c1 -W1 -s 1300 -M do 10.0.2.2
run ip -n h1 route get 10.0.2.2
sleep 3
run ip -n h1 route get 10.0.2.2
run on h1 ping -n -c1 -W1 -s 1300 -M probe 10.0.2.2
run on h1 ping -n -c1 -W1 -s 1300 -M probe 10.0.2.2
caps
