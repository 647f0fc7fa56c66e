chain
ip -n h2 link set eth0 down
run on r2 ping -n -c1 -W4 10.0.2.2
run ip -n r2 neigh show dev eth2
ip -n h2 link set eth0 up; ip -n h2 route add default via 10.0.2.1
cap r2 eth2
sleep 0.4
run on h1 ping -n -c1 -W2 10.0.2.2
caps
