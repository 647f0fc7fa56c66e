ip netns add hv1
N="ip netns exec hv1"
$N sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
$N ip link add d0 address 02:00:00:00:0d:00 type veth peer name d1 address 02:00:00:00:0d:01; $N ip link set d0 up; $N ip link set d1 up; $N ip addr add 10.0.0.1/24 dev d0
t() { echo "\$ $*"; $N "$@" 2>&1; echo "# $?"; }
t ip link add vx2 address 02:00:00:00:00:03 type vxlan id 44 dstport 4789 ttl inherit tos inherit df inherit
t ip -d link show vx2
t ip -j -d link show vx2
t ip link set vx2 type vxlan id 45
t ip link set vx2 type vxlan id 44 ttl 9 tos 4
t ip -d link show vx2
t ip link set vx2 type vxlan ttl inherit
t ip link set vx2 type vxlan proxy
t ip link set vx2 type vxlan rsc
t ip link set vx2 type vxlan l2miss
t ip link set vx2 type vxlan l3miss
t ip link set vx2 type vxlan dstport 1
t ip link set vx2 type vxlan srcport 1 2
t ip link set vx2 type vxlan maxaddress 2
t ip link set vx2 type vxlan noudpcsum
t ip link set vx2 type vxlan udp6zerocsumtx
t ip link set vx2 type vxlan udp6zerocsumrx
t ip link set vx2 type vxlan nolearning
t ip link set vx2 type vxlan ageing 5
t ip link set vx2 type vxlan df set
t ip link set vx2 type vxlan remote 10.0.0.7
t bridge fdb show dev vx2
t ip link set vx2 type vxlan dev d0
t bridge fdb show dev vx2
t ip -d link show vx2
t ip link set vx2 type vxlan remote 10.0.0.8
t bridge fdb show dev vx2
t ip link set vx2 type vxlan remote 0.0.0.0
t ip link set vx2 type vxlan local 10.0.0.1
t bridge fdb show dev vx2
t ip link set vx2 mtu 1400 type vxlan ttl 3
t ip link set d0 type vxlan ttl 5
t ip link set vx2 type bridge
t ip link set vx2 type
t ip link add vx3 mtu 60 type vxlan id 50 dstport 4789
t ip link add vx3 address 01:00:00:00:00:01 type vxlan id 50 dstport 4789
t ip link add vx3 address 02:00:00:00:00:07 type vxlan id 0 dstport 4789
t ip -d link show vx3
t ip link add vx4 type vxlan vni 51 dstport 4789 udp6zerocsumrx
t ip link set vx3 up
t ip link set vx4 up
t ip link del vx4 type dummy
t ip link del vx4 type vxlan
t ip link set vx3 master nope
ip netns add hv2
t ip link set vx2 netns hv2
echo in hv2; ip netns exec hv2 ip -d link show vx2; ip netns exec hv2 bridge fdb show; ip -n hv2 link set vx2 up; ip netns exec hv2 bridge fdb append 00:00:00:00:00:00 dev vx2 dst 10.0.0.9;  ip netns exec hv2 bridge fdb add 02:00:00:00:00:99 dev vx2 dst 10.0.0.9 via lo; ip netns exec hv2 bridge fdb
t ss -ulnH
ip netns exec hv2 ss -ulnH
ip -n hv2 link add vx6 address 02:00:00:00:00:06 netns hv1 type vxlan id 100 dstport 4789
ip -n hv1 -d link show vx6
ip netns del hv1; sleep 1
echo after; ip -n hv2 -br link show type vxlan
ip netns del hv2
