ip netns add hv1
N="ip netns exec hv1"
$N sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
$N ip link add d0 address 02:00:00:00:0d:00 type veth peer name d1 address 02:00:00:00:0d:01; $N ip link set d0 up; $N ip link set d1 up; $N ip addr add 10.0.0.1/24 dev d0
t() { echo "\$ $*"; $N "$@" 2>&1; echo "# $?"; }
t ip link add vx0 address 02:00:00:00:00:01 type vxlan id 42 dstport 4789
t ip link add vx0 type vxlan id 43 dstport 4789
t ip link add vx1 type vxlan id 42 dstport 4789
t ip link add vx1 type vxlan dstport 4789
t ip link add vx1 address 02:00:00:00:00:02 type vxlan id 43
t ip -d link show vx1
t ip link del vx1
t ip link add vx1 type vxlan id 16777216
t ip link add vx1 type vxlan id 43 remote 239.1.1.1
t ip link add vx1 type vxlan id 43 group 10.1.1.1
t ip link add vx1 type vxlan id 43 local 239.1.1.1
t ip link add vx1 type vxlan id 43 dev nope
t ip link add vx1 type vxlan id 43 id 44
t ip link add vx1 type vxlan id 43 ttl 256
t ip link add vx1 type vxlan id 43 ttl x
t ip link add vx1 type vxlan id 43 tos zz
t ip link add vx1 type vxlan id 43 df maybe
t ip link add vx1 type vxlan id 43 dstport 70000
t ip link add vx1 type vxlan id 43 srcport 1
t ip link add vx1 type vxlan id 43 dstport 0 srcport 5000 4000
t ip link add vx1 type vxlan id 43 ageing x
t ip link add vx1 type vxlan id 43 maxaddress x
t ip link add vx1 type vxlan id 43 learning nolearning
t ip link add vx1 mtu 9000 address 02:00:00:00:00:02 type vxlan id 43 dstport 4789 local 10.0.0.1 remote 10.0.0.2 dev d0 ttl 5 tos 0x10 df set ageing 20 maxaddress 4 srcport 5000 6000 nolearning noudpcsum proxy rsc l2miss l3miss
t ip -d link show vx1
t ip -j -d -p link show vx1
t bridge fdb show dev vx1
t bridge -s fdb show dev vx1
t bridge -d fdb show dev vx1
t bridge -j -p -s fdb show dev vx1
t ip link set vx1 mtu 1451
t ip link set vx1 mtu 67
t ip link set vx1 mtu 70000
t ip link set vx1 mtu 1450
t ip link set d0 type vxlan remote any
t bridge fdb add 02:00:00:00:00:11 dev vx0
t bridge fdb add 02:00:00:00:00:11 dev vx0 dst 10.0.0.2
t bridge fdb add 02:00:00:00:00:11 dev vx0 dst 10.0.0.3
t bridge fdb append 02:00:00:00:00:11 dev vx0 dst 10.0.0.3
t bridge fdb replace 02:00:00:00:00:11 dev vx0 dst 10.0.0.4 port 99 vni 7 via d0
t bridge fdb show dev vx0
t bridge fdb add 02:00:00:00:00:12 dev vx0 dst 10.0.0.2 static
t bridge fdb add 02:00:00:00:00:13 dev vx0 dst 10.0.0.2 dynamic
t bridge fdb add 02:00:00:00:00:14 dev vx0 dst 10.0.0.2 router
t bridge fdb add 02:00:00:00:00:15 dev vx0 dst 10.0.0.2 extern_learn
t bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.5
t bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.6
t bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.6
t bridge fdb replace 00:00:00:00:00:00 dev vx0 dst 10.0.0.6
t bridge fdb add 01:00:5e:00:00:01 dev vx0 dst 10.0.0.6
t bridge fdb replace 01:00:5e:00:00:02 dev vx0 dst 10.0.0.6
t bridge fdb show dev vx0
t bridge fdb show
t bridge fdb del 00:00:00:00:00:00 dev vx0 dst 10.0.0.9
t bridge fdb del 00:00:00:00:00:00 dev vx0 dst 10.0.0.5
t bridge fdb del 02:00:00:00:00:99 dev vx0
t bridge fdb del 02:00:00:00:00:11 dev vx0
t bridge fdb get 02:00:00:00:00:12 dev vx0
t bridge fdb get 02:00:00:00:00:12 dev vx0 self
t bridge fdb get 02:00:00:00:00:ff dev vx0 self
t bridge fdb get 02:00:00:00:00:12
t bridge fdb get xx dev vx0
t bridge fdb add xx dev vx0 dst 10.0.0.1
t bridge fdb add 02:00:00:00:00:11
t bridge fdb add 02:00:00:00:00:11 dev nope dst 10.0.0.1
t bridge fdb add 02:00:00:00:00:11 dev vx0 dst 10.0.0.1 via nope
t bridge fdb add 02:00:00:00:00:11 dev vx0 dst 10.0.0.x
t bridge fdb add 02:00:00:00:00:11 dev vx0 dst 10.0.0.1 port 70000
t bridge fdb add 02:00:00:00:00:11 dev vx0 dst 10.0.0.1 vni 16777216
t bridge fdb add 02:00:00:00:00:11 dev vx0 dst 10.0.0.1 master
t bridge fdb add 02:00:00:00:00:11 dev lo self
t bridge fdb show dev nope
t bridge fdb show br nope
t bridge fdb bogus
t bridge fdb show dynamic
t bridge fdb show state static
t ip link set vx0 up
t bridge fdb show dev vx0
t ip link set vx0 down
t bridge fdb show dev vx0
t ip -s -s -d link show vx0
t ip -br link
t ip link show type vxlan
t ip link add vxlan0 address 02:00:00:00:00:08 type vxlan id 77 dstport 4789 dev d0
t ip link add address 02:00:00:00:00:09 type vxlan id 78 dstport 4789
t ip -br link show type vxlan

t ip link del d0
t ip -br link show type vxlan
t ip link set vx0 up
t ss -ulnH
ip netns del hv1
