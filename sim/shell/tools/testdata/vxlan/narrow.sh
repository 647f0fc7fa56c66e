run() { local n=$1; shift; echo "\$ [$n] $*"; ip netns exec $n "$@" 2>&1; }
taps=
tap() { ip netns exec $1 tcpdump -i $2 -w /tmp/vxcap.$1.$2.pcap -U -Z root --immediate-mode 2>/dev/null & taps="$taps $!"; }
stop() { sleep 0.5; kill -INT $taps; wait; taps=; for f in "$@"; do echo "== $f"; tcpdump -nnt -e -v -r /tmp/vxcap.$f.pcap 2>/dev/null; done; rm -f /tmp/vxcap.*; }
for n in a r b; do ip netns add $n; ip netns exec $n sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ip -n $n link set lo up; done
ip link add name eth0 netns a address 02:00:00:00:00:0a type veth peer name ra netns r address 02:00:00:00:00:1a
ip link add name eth0 netns b address 02:00:00:00:00:0b mtu 1300 type veth peer name rb netns r address 02:00:00:00:00:1b mtu 1300
ip -n a link set eth0 up; ip -n b link set eth0 up; ip -n r link set ra up; ip -n r link set rb up
ip netns exec r sysctl -q -w net.ipv4.ip_forward=1
ip -n a addr add 10.0.1.1/24 dev eth0; ip -n r addr add 10.0.1.254/24 dev ra; ip -n r addr add 10.0.2.254/24 dev rb; ip -n b addr add 10.0.2.1/24 dev eth0
ip -n a route add default via 10.0.1.254; ip -n b route add default via 10.0.2.254
ip -n a link add vx address 02:00:00:00:01:0a type vxlan id 10 dstport 4789 remote 10.0.2.1 dev eth0 nolearning
ip -n b link add vx address 02:00:00:00:01:0b type vxlan id 10 dstport 4789 remote 10.0.1.1 dev eth0 nolearning
ip -n a link set vx up; ip -n b link set vx mtu 1250; ip -n b link set vx up
ip -n a addr add 192.168.99.1/24 dev vx; ip -n b addr add 192.168.99.2/24 dev vx
ip -n a neigh add 192.168.99.2 lladdr 02:00:00:00:01:0b dev vx nud permanent
ip -n b neigh add 192.168.99.1 lladdr 02:00:00:00:01:0a dev vx nud permanent
run a ip link show vx
run b ip link show vx
tap a eth0; tap b eth0; sleep 1
run a ping -c 1 -W 1 -s 1400 -M do 192.168.99.2
ip -n a link set vx type vxlan df set
run a ping -c 1 -W 1 -s 1400 -M do 192.168.99.2
run a ip route get 10.0.2.1
run a ip route get 192.168.99.2
run a ping -c 1 -W 1 -s 1400 -M do 192.168.99.2
run a ip route get 192.168.99.2
run a ping -c 1 -W 1 -s 1400 -M do 192.168.99.2
run a ping -c 1 -W 1 -s 1400 -M dont 192.168.99.2
ip -n a link set vx type vxlan ttl 1
run a ping -c 1 -W 1 192.168.99.2
ip -n a link set vx type vxlan ttl auto
ip netns exec r sysctl -q -w net.ipv4.ip_forward=0
run a ping -c 1 -W 1 192.168.99.2
stop a.eth0 b.eth0
run a grep ^Icmp: /proc/net/snmp
run a ip -s -s link show vx
ip netns del a; ip netns del r; ip netns del b
