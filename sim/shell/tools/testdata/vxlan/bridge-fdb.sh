ip netns add hv1
N="ip netns exec hv1"
$N sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
t() { echo "\$ $*"; $N "$@" 2>&1; echo "# $?"; }
$N ip link add d0 address 02:00:00:00:0d:00 type veth peer name d1 address 02:00:00:00:0d:01
t bridge fdb
$N ip link set d0 up;  $N ip link set d1 up
t bridge fdb
$N ip link set d0 down
t bridge fdb
$N ip link set d0 up
$N ip link add br0 address 02:00:00:00:00:b0 type bridge
t bridge fdb
$N ip link set br0 up
t bridge fdb
$N ip link set d0 master br0
t bridge fdb
t bridge fdb show br br0
t bridge fdb show br br0 brport d0
t bridge fdb show dev br0
t bridge fdb add 02:00:00:00:00:31 dev d0 master
t bridge fdb add 02:00:00:00:00:32 dev d0 master static
t bridge fdb add 02:00:00:00:00:33 dev d0 master dynamic
t bridge fdb add 02:00:00:00:00:33 dev d0 master dynamic
t bridge fdb append 02:00:00:00:00:34 dev d0 master dynamic
t bridge fdb replace 02:00:00:00:00:33 dev d0 master static
t bridge fdb add 02:00:00:00:00:35 dev d0 master static sticky
t bridge fdb add 02:00:00:00:00:36 dev d0 master sticky
t bridge fdb add 02:00:00:00:00:37 dev d0 master extern_learn
t bridge fdb add 02:00:00:00:00:38 dev d0 master use
t bridge fdb add 02:00:00:00:00:39 dev br0 self
t bridge fdb add 02:00:00:00:00:3a dev br0
t bridge fdb add 02:00:00:00:00:3b dev br0 self static
t bridge fdb add 00:00:00:00:00:00 dev d0 master
t bridge fdb add 02:00:00:00:00:3c dev d0 master vlan 1
t bridge fdb add 02:00:00:00:00:3d dev d0 self master
t bridge fdb show br br0
t bridge -s fdb show br br0
t bridge -j fdb show br br0
t bridge fdb get 02:00:00:00:00:31 br br0
t bridge fdb get 02:00:00:00:00:31 dev d0 master
t bridge fdb get 02:00:00:00:00:31 dev d0
t bridge fdb get 02:00:00:00:00:31 dev br0
t bridge fdb get 02:00:00:00:00:31 dev br0 self
t bridge fdb get 02:00:00:00:00:99 br br0
t bridge fdb del 02:00:00:00:00:31 dev d0
t bridge fdb del 02:00:00:00:00:31 dev d0 master
t bridge fdb del 02:00:00:00:00:31 dev d0 master
t bridge fdb del 02:00:00:00:00:3a dev br0 self
t bridge fdb flush dev br0
t bridge fdb show br br0
t bridge fdb flush dev br0 nopermanent
t bridge fdb show br br0
t bridge link
t bridge -d link
t bridge link set dev d0 cost 10
t bridge link set dev d0 priority 5
t bridge link set dev d0 learning off flood off
t bridge link set dev d0 hairpin on
t bridge link set dev d0 isolated on
t bridge link set dev d1 cost 5
t bridge link set dev nope cost 5
t bridge link set cost 5
t bridge link set dev d0 learning maybe
t bridge -d link
t bridge -j -d link
t bridge link show dev d1
ip netns del hv1
