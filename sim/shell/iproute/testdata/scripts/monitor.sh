ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
( ip monitor all label & echo $! > /tmp/m1 ) > /tmp/o1 2>&1
( ip monitor route & echo $! > /tmp/m2 ) > /tmp/o2 2>&1
( ip monitor link dev v0 & echo $! > /tmp/m3 ) > /tmp/o3 2>&1
( ip -o monitor address rule & echo $! > /tmp/m4 ) > /tmp/o4 2>&1
( ip -ts monitor neigh nexthop & echo $! > /tmp/m5 ) > /tmp/o5 2>&1
( ip -t monitor nsid & echo $! > /tmp/m6 ) > /tmp/o6 2>&1
sleep 0.5
t() { "$@" > /dev/null 2>&1; sleep 0.2; }
t ip link set lo up
t ip link set v0 up
t ip link set v1 up
t ip addr add 10.0.0.1/24 dev v0
t ip addr add 10.0.0.9/24 dev v0
t ip addr replace 10.0.0.9/24 dev v0 valid_lft 100 preferred_lft 50
t ip route add 10.5.0.0/16 via 10.0.0.2
t ip route replace 10.5.0.0/16 via 10.0.0.3
t ip route append 10.5.0.0/16 via 10.0.0.4
t ip route change 10.5.0.0/16 via 10.0.0.7
t ip route add 10.6.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.3
t ip route add blackhole 10.7.0.0/16
t ip route del 10.5.0.0/16
t ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:99 dev v0
t ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:98 dev v0 nud stale
t ip neigh del 10.0.0.2 dev v0
t ping -c 1 -W 1 10.0.0.77
sleep 3
t ip rule add from 10.9.0.0/16 table 5
t ip rule del from 10.9.0.0/16 table 5
t ip nexthop add id 5 via 10.0.0.2 dev v0
t ip nexthop replace id 5 via 10.0.0.4 dev v0
t ip route add 10.8.0.0/16 nhid 5
t ip nexthop del id 5
t ip link set v0 mtu 1400
t ip link set v0 address 02:00:00:00:00:03
t ip link set v0 alias foo
t ip link set v0 promisc on
t ip link set v0 promisc off
t ip link set v0 group 4
t ip link set v0 txqueuelen 5
t ip link set v0 arp off
t ip link set v0 arp on
t ip link property add v0 altname x
t ip link set v1 down
t ip link set v1 up
t ip addr del 10.0.0.1/24 dev v0
t ip netns add zzq
t ip link add w0 address 02:00:00:00:00:05 type veth peer name w1 address 02:00:00:00:00:06
t ip link set w1 netns zzq
t ip netns del zzq
t ip addr add 10.0.1.1/24 dev lo
t ip addr del 10.0.1.1/24 dev lo
t ip link del v0
t ip link set lo down
for i in 1 2 3 4 5 6; do kill $(cat /tmp/m$i); done
sleep 0.2
for i in 1 2 3 4 5 6; do echo "== $i"; grep -v -e inet6 -e "^$" -e "0.0.0.0 dev lo" /tmp/o$i | sed -E 's/^\[20[0-9T:.-]*\]/[TIME]/; s/^Timestamp: .*/Timestamp: TIME/'; done
