chain; warm
ip -n r2 link set eth1 down
sleep 0.5
ip -n r1 -br link; ip -n r1 route; ip -n r2 route; ip -n r2 -br link
run on h1 ping -n -c1 -W4 10.0.2.2
run on r1 ping -n -c1 -W4 10.0.2.2
run ip -n r1 neigh show
run ip -n r1 route get 10.0.2.2
