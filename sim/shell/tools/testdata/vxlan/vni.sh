ip netns add a; ip netns add b
for n in a b; do ip netns exec $n sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ip -n $n link set lo up; done
ip link add name eth0 netns a address 02:00:00:00:00:0a type veth peer name eth0 netns b address 02:00:00:00:00:0b
ip -n a link set eth0 up; ip -n b link set eth0 up
ip -n a addr add 10.0.0.1/24 dev eth0; ip -n b addr add 10.0.0.2/24 dev eth0
run() { local n=$1; shift; echo "\$ [$n] $*"; ip netns exec $n "$@" 2>&1; }
taps=
tap() { ip netns exec $1 tcpdump -i $2 -w /tmp/vxcap.$1.$2.pcap -U -Z root --immediate-mode 2>/dev/null & taps="$taps $!"; }
stop() { sleep 0.5; kill -INT $taps; wait; taps=; for f in "$@"; do echo "== $f"; tcpdump -nnt -e -v -r /tmp/vxcap.$f.pcap 2>/dev/null; done; rm -f /tmp/vxcap.*; }
ip -n a link add vx address 02:00:00:00:01:0a type vxlan id 10 dstport 4789 remote 10.0.0.2
ip -n b link add vx address 02:00:00:00:01:0b type vxlan id 10 dstport 4789 remote 10.0.0.1
ip -n a link set vx up; ip -n b link set vx up
ip -n a addr add 192.168.99.1/24 dev vx; ip -n b addr add 192.168.99.2/24 dev vx
ip -n b link del vx; ip -n b link add vx address 02:00:00:00:01:0b type vxlan id 11 dstport 4789 remote 10.0.0.1; ip -n b link set vx up
ip -n a neigh add 192.168.99.2 lladdr 02:00:00:00:01:0b dev vx
tap a eth0; sleep 1
run a ping -c 2 -W 1 192.168.99.2
run b ip -s link show vx
run b grep ^Udp: /proc/net/snmp
ip -n b link set vx down
run a ping -c 2 -W 1 192.168.99.2
run b grep ^Udp: /proc/net/snmp
run a grep ^Icmp: /proc/net/snmp
run b grep ^Icmp: /proc/net/snmp
stop a.eth0
run a ip -s link show vx
ip netns del a; ip netns del b
