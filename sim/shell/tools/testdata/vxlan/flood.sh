ip netns add lan; ip netns exec lan sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n lan link add br0 address 02:00:00:00:00:01 type bridge forward_delay 0 mcast_snooping 0
ip -n lan link set br0 up
i=1
for n in a b c; do
  ip netns add $n; ip netns exec $n sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  ip link add name eth0 netns $n address 02:00:00:00:00:0$n type veth peer name $n netns lan address 02:00:00:00:00:1$n
  ip -n lan link set $n master br0; ip -n lan link set $n up; ip -n $n link set eth0 up; ip -n $n link set lo up
  ip -n $n addr add 10.0.0.$i/24 dev eth0
  ip -n $n link add vx address 02:00:00:00:01:0$n type vxlan id 10 dstport 4789
  ip -n $n link set vx up; ip -n $n addr add 192.168.99.$i/24 dev vx
  i=$((i+1))
done
run() { local n=$1; shift; echo "\$ [$n] $*"; ip netns exec $n "$@" 2>&1; }
taps=
tap() { ip netns exec $1 tcpdump -i $2 -w /tmp/vxcap.$1.$2.pcap -U -Z root --immediate-mode 2>/dev/null & taps="$taps $!"; }
stop() { sleep 0.5; kill -INT $taps; wait; taps=; for f in "$@"; do echo "== $f"; tcpdump -nnt -e -v -r /tmp/vxcap.$f.pcap 2>/dev/null; done; rm -f /tmp/vxcap.*; }
for n in a b c; do for i in 1 2 3; do case $n$i in a1|b2|c3) ;; *) ip netns exec $n bridge fdb append 00:00:00:00:00:00 dev vx dst 10.0.0.$i;; esac; done; done
tap a eth0; tap b vx; tap c vx; sleep 1
run a ping -c 2 192.168.99.3
run a ping -b -c 1 -W 1 192.168.99.255
stop a.eth0 b.vx c.vx
for n in a b c; do run $n bridge fdb show dev vx; run $n ip -s link show vx; done
ip netns del a; ip netns del b; ip netns del c; ip netns del lan
