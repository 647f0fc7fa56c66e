ip netns add a; ip netns add b
for n in a b; do ip netns exec $n sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ip -n $n link set lo up; done
ip link add name eth0 netns a address 02:00:00:00:00:0a type veth peer name eth0 netns b address 02:00:00:00:00:0b
ip -n a link set eth0 up; ip -n b link set eth0 up
ip -n a addr add 10.0.0.1/24 dev eth0; ip -n b addr add 10.0.0.2/24 dev eth0
run() { local n=$1; shift; echo "\$ [$n] $*"; ip netns exec $n "$@" 2>&1; }
taps=
tap() { ip netns exec $1 tcpdump -i $2 -w /tmp/vxcap.$1.$2.pcap -U -Z root --immediate-mode 2>/dev/null & taps="$taps $!"; }
stop() { sleep 0.5; kill -INT $taps; wait; taps=; for f in "$@"; do echo "== $f"; tcpdump -nnt -e -v -r /tmp/vxcap.$f.pcap 2>/dev/null; done; rm -f /tmp/vxcap.*; }
i=1
for n in a b; do
  ip netns add h$n; ip netns exec h$n sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  ip -n $n link add br0 address 02:00:00:00:02:0$n type bridge forward_delay 0 mcast_snooping 0
  ip link add name eth0 netns h$n address 02:00:00:00:03:0$n type veth peer name p0 netns $n address 02:00:00:00:04:0$n
  ip -n $n link add vx address 02:00:00:00:01:0$n type vxlan id 10 dstport 4789 remote 10.0.0.$((3-i))
  ip -n $n link set p0 master br0; ip -n $n link set vx master br0
  for d in br0 p0 vx; do ip -n $n link set $d up; done
  ip -n h$n link set eth0 up; ip -n h$n addr add 192.168.99.$i/24 dev eth0
  i=$((i+1))
done
sleep 1
tap a eth0; tap ha eth0; tap b vx; sleep 1
run ha ping -c 2 192.168.99.2
run ha ping -c 1 -W 1 -M do -s 1472 192.168.99.2
run ha ping -c 1 -W 1 -M do -s 1472 192.168.99.2
run ha ping -c 1 -W 1 -M dont -s 1472 192.168.99.2
ip -n a addr add 192.168.99.11/24 dev br0
run a ping -c 1 -W 1 -M do -s 1472 192.168.99.2
run a ping -c 1 -W 1 -M do -s 1472 192.168.99.2
stop a.eth0 ha.eth0 b.vx
run ha ip route get 192.168.99.2
run a ip route get 192.168.99.2
run a bridge fdb show dev vx
run b bridge fdb show br br0
run a ip -s link show vx
run a ip -d link show vx
ip netns del ha; ip netns del hb; ip netns del a; ip netns del b
