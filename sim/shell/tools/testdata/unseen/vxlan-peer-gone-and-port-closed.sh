chain; warm
ip -n r1 link add vx0 address 02:00:00:00:aa:01 type vxlan id 42 dstport 4789 local 10.0.12.1 remote 10.0.12.2 dev eth2
ip -n r1 addr add 10.6.0.1/24 dev vx0; ip -n r1 link set vx0 up
cap r1 eth2; cap r1 vx0
sleep 0.4
run on r1 ping -n -c1 -W2 10.6.0.2
ip -n r2 link add vx0 address 02:00:00:00:aa:02 type vxlan id 42 dstport 4789 local 10.0.12.2 remote 10.0.12.1 dev eth1
ip -n r2 addr add 10.6.0.2/24 dev vx0; ip -n r2 link set vx0 up
run on r1 ping -n -c1 -W2 10.6.0.2
run on r1 bash -c "bridge fdb show dev vx0 | sort"
ip -n r2 link set vx0 down
run on r1 ping -n -c1 -W2 10.6.0.2
ip -n r2 link set vx0 up; ip -n r2 link set eth1 mtu 1400
run on r1 ping -n -c1 -W2 -s 1400 10.6.0.2
caps
