# two ways to a network: flows are shared out by weight, each stays on its way
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.fib_multipath_hash_policy=1
for i in 1 2; do
	ip netns add r$i
	ip netns exec r$i sysctl -qw net.ipv4.ip_forward=1
	ip link add r$i type veth peer name u0 netns r$i
	ip addr add 10.0.$i.1/24 dev r$i; ip link set r$i up
	ip -n r$i addr add 10.0.$i.2/24 dev u0; ip -n r$i link set u0 up; ip -n r$i route add default via 10.0.$i.1
done
ip netns add far
for i in 1 2; do
	ip -n far link add r$i type veth peer name d0 netns r$i
	ip -n far addr add 10.1.$i.2/24 dev r$i; ip -n far link set r$i up
	ip -n r$i addr add 10.1.$i.1/24 dev d0; ip -n r$i link set d0 up
done
ip -n far link set lo up; ip -n far addr add 10.9.0.1/16 dev lo
for i in 1 2; do ip -n r$i route add 10.9.0.0/16 via 10.1.$i.2; done
ip -n far route add default nexthop via 10.1.1.1 nexthop via 10.1.2.1
ip route add 10.9.0.0/16 nexthop via 10.0.1.2 weight 3 nexthop via 10.0.2.2
ip route show 10.9.0.0/16
for n in $(seq 1 40); do ping -q -c 1 -W 1 10.9.0.$n > /dev/null || echo lost $n; done
a=$(ip -s -j link show r1 | jq .[0].stats64.tx.packets); b=$(ip -s -j link show r2 | jq .[0].stats64.tx.packets)
[ $a -gt $b ] && [ $b -gt 3 ] && echo shared
for n in 1 2 3 4 5 6; do ip route get 10.9.0.7 | head -1; done | sort | uniq -c | wc -l
ip link set r1 down; ip -n far link set r1 down
ip route show 10.9.0.0/16
for n in $(seq 1 20); do ping -q -c 1 -W 1 10.9.0.$n > /dev/null || echo lost $n; done
ip link set r1 up; ip -n far link set r1 up
ip nexthop add id 1 via 10.0.1.2 dev r1; ip nexthop add id 2 via 10.0.2.2 dev r2; ip nexthop add id 9 group 1/2,3
ip route replace 10.9.0.0/16 nhid 9
ip route show 10.9.0.0/16
for n in $(seq 1 20); do ping -q -c 1 -W 1 10.9.0.$n > /dev/null || echo lost $n; done
ip nexthop del id 1
ip route show 10.9.0.0/16
ping -q -c 1 -W 1 10.9.0.1 | grep -c '1 received'
