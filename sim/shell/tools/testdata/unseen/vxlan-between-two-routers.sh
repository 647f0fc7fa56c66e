chain; warm
wire r1 p0 10.5.1.1/24 02:00:00:00:51:01 h1 p0 10.5.1.2/24 02:00:00:00:51:02
ns p2
wire r2 p0 10.5.2.1/24 02:00:00:00:52:01 p2 p0 10.5.2.2/24 02:00:00:00:52:02
ip -n p2 route add default via 10.5.2.1; ip -n h1 route add 10.5.2.0/24 via 10.5.1.1
ip -n r1 link add vx0 address 02:00:00:00:aa:01 type vxlan id 42 dstport 4789 local 10.0.12.1 nolearning dev eth2
ip -n r2 link add vx0 address 02:00:00:00:aa:02 type vxlan id 42 dstport 4789 local 10.0.12.2 nolearning dev eth1
ip -n r1 addr add 10.5.1.254/32 dev vx0; ip -n r2 addr add 10.5.2.254/32 dev vx0
ip -n r1 link set vx0 up; ip -n r2 link set vx0 up
on r1 bridge fdb add 02:00:00:00:aa:02 dev vx0 dst 10.0.12.2; on r2 bridge fdb add 02:00:00:00:aa:01 dev vx0 dst 10.0.12.1
ip -n r1 neigh add 10.5.2.254 lladdr 02:00:00:00:aa:02 dev vx0 nud permanent; ip -n r2 neigh add 10.5.1.254 lladdr 02:00:00:00:aa:01 dev vx0 nud permanent
ip -n r1 route add 10.5.2.0/24 via 10.5.2.254 dev vx0 onlink; ip -n r2 route add 10.5.1.0/24 via 10.5.1.254 dev vx0 onlink
ip -n r1 -br link show vx0 | sed 's/UNKNOWN.*<//'
cap r1 eth2; cap r2 vx0
sleep 0.4
run on h1 ping -n -c2 -i 0.3 -W1 10.5.2.2
run on h1 ping -n -c1 -W1 -t 2 10.5.2.2
run on h1 ping -n -c1 -W1 -s 1422 -M do 10.5.2.2
run on h1 ping -n -c2 -i 0.3 -W1 -s 1423 -M do 10.5.2.2
run on h1 ip route get 10.5.2.2
run on h1 ping -n -c1 -W1 -Q 0xb9 10.5.2.2
caps
on r1 ip -s link show vx0 | sed -n 3,6p
