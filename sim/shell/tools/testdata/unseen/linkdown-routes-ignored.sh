chain; warm
wire r1 eth3 10.0.13.1/24 02:00:00:00:13:01 r2 eth3 10.0.13.2/24 02:00:00:00:13:02
ip -n r1 route add 10.0.2.0/24 via 10.0.13.2 metric 50
ip -n r2 link set eth1 down; sleep 0.3
ip -n r2 route add 10.0.1.0/24 via 10.0.13.1
run ip -n r1 route
run ip -n r1 route get 10.0.2.2
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=1
run ip -n r1 route
run ip -n r1 route get 10.0.2.2
run on h1 ping -n -c1 -W1 10.0.2.2
run ip -n r1 route get 10.0.12.2
