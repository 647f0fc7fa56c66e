chain; warm
on r1 iptables -t nat -A POSTROUTING -o eth2 -j MASQUERADE
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 bash -c 'exec 3<>/dev/udp/10.0.2.2/9; echo a >&3'
on h1 bash -c 'exec 3<>/dev/udp/10.0.2.2/9; echo a >&3; sleep 0.1'
run on r1 conntrack -L -p udp
ip -n r1 link set eth2 down
run on r1 conntrack -L
run on h1 ping -n -c1 -W1 10.0.2.2
run ip -n r1 route; run ip -n r1 neigh
ip -n r1 link set eth2 up; sleep 0.3
run ip -n r1 route
run on h1 ping -n -c1 -W1 10.0.2.2
ip -n r1 route add 10.0.2.0/24 via 10.0.12.2
run on h1 ping -n -c1 -W1 10.0.2.2
ip -n r1 addr del 10.0.12.1/24 dev eth2
run ip -n r1 route
run on r1 conntrack -L
ip -n r1 link del eth2
run ip -n r1 link; run ip -n r2 link
run ip -n r2 route
run on h2 ping -n -c1 -W1 10.0.1.2
run on r1 iptables -t nat -S
