chain; warm
run on h1 ping -n -c1 -W1 -I 1.2.3.4 10.0.2.2
run on h1 ping -n -c1 -W1 -I nosuch 10.0.2.2
run on h1 ping -n -c1 -W1 -I lo 10.0.2.2
run on h1 ping -n -c1 -W1 -I eth0 10.0.2.2
run ip -n h1 route add 10.0.9.0/24 via 10.0.1.1 src 1.2.3.4
ip -n h1 addr add 10.0.8.8/32 dev lo
run ip -n h1 route add 10.0.2.0/24 via 10.0.1.1 src 10.0.8.8
run ip -n h1 route get 10.0.2.2
ip -n r1 route add 10.0.8.8 via 10.0.1.2; ip -n r2 route add 10.0.8.8 via 10.0.12.1
run on h1 ping -n -c1 -W1 10.0.2.2
ip -n h1 addr del 10.0.8.8/32 dev lo
run ip -n h1 route
run ip -n h1 route add 10.0.9.0/24 via 10.0.77.1
run ip -n h1 route add 10.0.9.0/24 via 10.0.77.1 dev eth0
run ip -n h1 route add 10.0.9.0/24 via 10.0.77.1 dev eth0 onlink
run ip -n h1 route add 10.0.9.0/24 dev nosuch
run ip -n h1 route add 10.0.9.0/24 via 10.0.1.1
run ip -n h1 route add 10.0.9.0/24 via 10.0.1.2
run ip -n h1 route del 10.0.10.0/24
