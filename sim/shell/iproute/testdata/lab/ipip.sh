ip netns add r; ip netns add h
ip link add e0 type veth peer name e0 netns r
ip link add e1 type veth peer name e0 netns h
sysctl -qw net.ipv4.ip_forward=1
ip addr add 192.0.2.1/24 dev e0; ip link set e0 up
ip -n r addr add 192.0.2.2/24 dev e0; ip -n r link set e0 up
ip addr add 198.51.100.1/24 dev e1; ip link set e1 up
ip -n h addr add 198.51.100.2/24 dev e0; ip -n h link set e0 up; ip -n h route add default via 198.51.100.1
ip tunnel add ipip1 mode ipip local 192.0.2.1 remote 192.0.2.2 ttl 64
ip -n r link add ipip1 type ipip local 192.0.2.2 remote 192.0.2.1
ip addr add 10.0.0.1/30 dev ipip1; ip link set ipip1 up
ip -n r addr add 10.0.0.2/30 dev ipip1; ip -n r link set ipip1 up; ip -n r route add 198.51.100.0/24 dev ipip1
ip tunnel; ip -n r tunnel; ip -s tunnel
ip -d link show ipip1; ip -n r -d link show ipip1; ip addr show ipip1; ip route
ip -br link
tcpdump -i e0 -nnv -c 4 > /tmp/o 2>/dev/null &
sleep 0.2
ip netns exec h ping -c 2 10.0.0.2
cat /tmp/o
ip tunnel change ipip1 ttl inherit tos inherit nopmtudisc dev e0
ip tunnel change ipip1 tos inherit dev e0
ip tunnel show ipip1
ip -j -p tunnel show
ip link set ipip1 type ipip tos 0x10 ttl 32 pmtudisc
ip -d link show ipip1
ip tunnel add ipip1 mode ipip local 192.0.2.1 remote 192.0.2.9
ip tunnel add ipip2 mode ipip local 192.0.2.1 remote 192.0.2.2 dev e0
ip tunnel add ipip2 mode gre remote 1.2.3.4
ip tunnel add ipip2 mode foo
ip tunnel add x ttl 5 nopmtudisc
ip tunnel add x
ip tunnel del tunl0
ip tunnel del ipip9
ip tunnel show ipip9
ip tunnel show x
ip netns exec h ping -c 1 -M do -s 1453 10.0.0.2
ip -n r link set ipip1 down
ip netns exec h ping -c 2 -W 1 10.0.0.2
ip tunnel del ipip1
ip -br link
