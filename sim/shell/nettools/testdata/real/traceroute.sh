ip netns add c
ip -n b link add eth1 type veth peer name eth0 netns c
ip -n b addr add 10.0.1.2/24 dev eth1; ip -n c addr add 10.0.1.3/24 dev eth0; ip -n c link set eth0 up; ip -n b link set eth1 up
ip -n a route add default via 10.0.0.2; ip -n c route add default via 10.0.1.2
B sysctl -qw net.ipv4.ip_forward=1
A ping -c 1 -q 10.0.1.3 > /dev/null
ip netns exec c timeout 9 nc -lk 80 >/dev/null </dev/null &
A timeout 8 tcpdump -l --immediate-mode -nntv -i eth0 tcp > cap 2>/dev/null & sleep .5
P() { echo "## $*"; timeout 20 ip netns exec a "$@" 2>&1 | sed -E 's/[0-9]+\.[0-9]+ ?ms/T/g'; echo "rc=${PIPESTATUS[0]}"; }
P traceroute -T -q 1 -n 10.0.1.3
P traceroute -T -q 1 -p 81 -n 10.0.1.3
P traceroute --tcp -q 1 -N 1 10.0.1.3
sleep 7
sed 's/id [0-9]*/id N/;s/cksum 0x.*(/cksum (/;s/seq [0-9]*/seq N/;s/ack [0-9]*/ack N/;s/val [0-9]*/val N/;s/ecr [1-9][0-9]*/ecr N/;s/win [0-9]*/win N/;s/wscale [0-9]*//' cap | grep -v '10.0.1.3.8[01] >' | head -4
