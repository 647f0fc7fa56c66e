chain; warm
ip -n r1 link set eth2 mtu 1300; ip -n r2 link set eth1 mtu 1300
on h1 sysctl -qw net.ipv4.route.mtu_expires=2
run on h1 ping -n -c2 -i 0.3 -W1 -s 1400 -M do 10.0.2.2
run on h1 ip route show cache
sleep 3
run on h1 ip route get 10.0.2.2
run on h1 ip route show cache
run on h1 ping -n -c2 -i 0.3 -W1 -s 1400 -M do 10.0.2.2
ip -n h1 link set eth0 mtu 1200
run on h1 ip route get 10.0.2.2
ip -n h1 link set eth0 mtu 1500
run on h1 ip route get 10.0.2.2
run on h1 ping -n -c2 -i 0.3 -W1 -s 1400 -M do 10.0.2.2
ip -n r1 link set eth2 mtu 600; ip -n r2 link set eth1 mtu 600
run on h1 ping -n -c2 -i 0.3 -W1 -s 1200 -M do 10.0.2.2
run on h1 ip route get 10.0.2.2
ip -n r1 link set eth2 mtu 400; ip -n r2 link set eth1 mtu 400
run on h1 ping -n -c2 -i 0.3 -W1 -s 500 -M do 10.0.2.2
run on h1 ip route get 10.0.2.2
run on h1 ping -n -c2 -i 0.3 -W1 -s 1000 10.0.2.2
ip -n h1 route add 10.0.2.2 via 10.0.1.1 mtu lock 1400
run on h1 ping -n -c2 -i 0.3 -W1 -s 1300 -M do 10.0.2.2
run on h1 ip route get 10.0.2.2
ip -n h1 route del 10.0.2.2
run on h1 ip route get 10.0.2.2
