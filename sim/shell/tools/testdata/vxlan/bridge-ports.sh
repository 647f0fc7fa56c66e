ip netns add sw; ip netns exec sw sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link add br0 address 02:00:00:00:00:01 type bridge forward_delay 0 mcast_snooping 0; ip -n sw link set br0 up
ip -n sw addr add 10.0.0.9/24 dev br0
for i in 1 2 3; do
  ip netns add h$i; ip netns exec h$i sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  ip link add name eth0 netns h$i address 02:00:00:00:01:0$i type veth peer name p$i netns sw address 02:00:00:00:02:0$i
  ip -n sw link set p$i master br0; ip -n sw link set p$i up; ip -n h$i link set eth0 up; ip -n h$i addr add 10.0.0.$i/24 dev eth0
done
sleep 1
run() { local n=$1; shift; echo "\$ [$n] $*"; ip netns exec $n "$@" 2>&1; }
taps=
tap() { ip netns exec $1 tcpdump -i $2 -w /tmp/vxcap.$1.$2.pcap -U -Z root --immediate-mode 2>/dev/null & taps="$taps $!"; }
stop() { sleep 0.5; kill -INT $taps; wait; taps=; for f in "$@"; do echo "== $f"; tcpdump -nnt -e -v -r /tmp/vxcap.$f.pcap 2>/dev/null; done; rm -f /tmp/vxcap.*; }
ping1() { run $1 ping -c 1 -W 0.5 $2; }
for i in 1 2 3; do for j in 1 2 3 9; do [ $i = $j ] || ip -n h$i neigh add 10.0.0.$j lladdr 02:00:00:00:01:0$j dev eth0 nud permanent; done; ip -n h$i neigh replace 10.0.0.9 lladdr 02:00:00:00:00:01 dev eth0 nud permanent; ip -n sw neigh add 10.0.0.$i lladdr 02:00:00:00:01:0$i dev br0 nud permanent; done
tap h3 eth0; sleep 1
# unknown addresses are flooded, known ones are not
ping1 h1 10.0.0.2
ping1 h1 10.0.0.2
run sw bridge fdb show br br0 brport p1
# no flooding, no learning
ip netns exec sw bridge link set dev p3 flood off
ping1 h1 10.0.0.3
ping1 h3 10.0.0.1
ip netns exec sw bridge link set dev p3 learning off
ip netns exec sw bridge fdb del 02:00:00:00:01:03 dev p3 master
ping1 h1 10.0.0.3
ip netns exec sw bridge fdb add 02:00:00:00:01:03 dev p3 master static
ping1 h1 10.0.0.3
# broadcasts
ip netns exec sw bridge link set dev p3 bcast_flood off
ip -n h1 neigh flush dev eth0; ip -n h1 neigh del 10.0.0.3 dev eth0
ping1 h1 10.0.0.3
ip netns exec sw bridge link set dev p3 bcast_flood on
ip -n h1 neigh replace 10.0.0.3 lladdr 02:00:00:00:01:03 dev eth0 nud permanent
ping1 h1 10.0.0.3
# isolated ports
ip netns exec sw bridge link set dev p1 isolated on; ip netns exec sw bridge link set dev p3 isolated on
ping1 h1 10.0.0.3
ping1 h1 10.0.0.2
ping1 h1 10.0.0.9
ip netns exec sw bridge link set dev p1 isolated off
# a wrong static entry, and one that takes a frame for the bridge itself
ip netns exec sw bridge fdb replace 02:00:00:00:01:02 dev p3 master static
ping1 h1 10.0.0.2
run sw bridge fdb show br br0 brport p3
ip netns exec sw bridge fdb replace 02:00:00:00:01:02 dev p3 master permanent
ping1 h1 10.0.0.2
run sw bridge fdb show br br0 brport p3
ip netns exec sw bridge fdb del 02:00:00:00:01:02 dev p3 master
ping1 h1 10.0.0.2
# a sticky address stays where it is
ip netns exec sw bridge fdb add 02:00:00:00:01:02 dev p3 master dynamic sticky
ping1 h2 10.0.0.1
run sw bridge fdb show br br0 brport p3
ip netns exec sw bridge fdb del 02:00:00:00:01:02 dev p3 master
# locked
ip netns exec sw bridge link set dev p2 locked on
ping1 h2 10.0.0.1
ip netns exec sw bridge fdb add 02:00:00:00:01:02 dev p2 master static
ping1 h2 10.0.0.1
# other addresses of the bridge
ip -n sw link set br0 address 02:00:00:00:00:02
ping1 h1 10.0.0.9
ip -n h1 neigh replace 10.0.0.9 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ping1 h1 10.0.0.9
ip -n h1 neigh replace 10.0.0.9 lladdr 02:00:00:00:02:03 dev eth0 nud permanent
ping1 h1 10.0.0.9
ip -n sw link set p3 address 02:00:00:00:02:33
ping1 h1 10.0.0.9
run sw bridge fdb show br br0
ip -n sw link set p2 down; ip -n sw link set p2 up
run sw bridge fdb show br br0
ip -n sw link set p2 nomaster
run sw bridge fdb show br br0
stop h3.eth0
run sw ip -s link show br0
for i in h1 h2 h3 sw; do ip netns del $i; done
