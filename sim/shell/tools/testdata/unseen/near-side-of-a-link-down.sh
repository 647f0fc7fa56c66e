chain; warm
ip -n r1 link set eth2 down
sleep 0.3
ip -n r1 route; ip -n r2 route; ip -n r2 -br link
run on h1 ping -n -c1 -W1 10.0.2.2
run on r1 ping -n -c1 -W1 10.0.2.2
run on h1 ping -n -c1 -W1 10.0.12.1
run on h1 ping -n -c1 -W1 10.0.12.2
ip -n r1 link set eth2 up
sleep 0.3
ip -n r1 route
run on h1 ping -n -c1 -W1 10.0.2.2
