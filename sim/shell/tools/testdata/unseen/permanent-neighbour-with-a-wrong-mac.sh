chain; warm
ip -n r1 neigh replace 10.0.12.2 lladdr 02:00:00:00:99:99 dev eth2 nud permanent
cap r2 eth1; cap h1 eth0
sleep 0.4
run on h1 ping -n -c1 -W1 10.0.2.2
run ip -n r1 neigh show dev eth2
ip -n r1 neigh del 10.0.12.2 dev eth2
run on h1 ping -n -c1 -W1 10.0.2.2
caps
ip -n r2 -s link show eth1 | sed -n 3,4p
run ip -n r1 neigh change 10.0.12.77 lladdr 02:00:00:00:99:99 dev eth2
run ip -n r1 neigh add 10.0.12.2 lladdr 02:00:00:00:99:99 dev eth2
