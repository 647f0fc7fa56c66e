ip link add red type vrf table 1111
ip link set red up
ip rule
ip netns add h1; ip netns add h2
ip link add v1 type veth peer name eth0 netns h1
ip link add v2 type veth peer name eth0 netns h2
ip link set v1 vrf red
ip link set v2 master red
ip link set v1 up; ip link set v2 up
ip addr add 10.1.0.1/24 dev v1
ip addr add 10.2.0.1/24 dev v2
ip -n h1 link set eth0 up; ip -n h1 addr add 10.1.0.2/24 dev eth0; ip -n h1 route add default via 10.1.0.1
ip -n h2 link set eth0 up; ip -n h2 addr add 10.2.0.2/24 dev eth0; ip -n h2 route add default via 10.2.0.1
sysctl -qw net.ipv4.ip_forward=1
ip route
ip route show vrf red
ip route show table 1111
ip route show table local
ip -d link show red
ip -d link show v1
ip link show vrf red
ip netns exec h1 ping -c 1 -W 1 10.2.0.2
ip netns exec h1 ping -c 1 -W 1 10.1.0.1
ping -c 1 -W 1 -I red 10.1.0.2
ping -c 1 -W 1 10.1.0.2
ping -c 1 -W 1 -I red 10.2.0.1
ip route get 10.1.0.2 vrf red
ip route get 10.1.0.2 oif red
ip neigh
ip -s link show red
ip link set v2 nomaster
ip route; ip route show vrf red
ip link del red
ip route show table local
