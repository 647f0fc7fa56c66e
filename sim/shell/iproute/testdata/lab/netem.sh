ip netns add h
ip link add e0 type veth peer name e0 netns h
ip link set e0 up; ip -n h link set e0 up
ip addr add 10.0.0.1/24 dev e0; ip -n h addr add 10.0.0.2/24 dev e0
ping -q -c 1 10.0.0.2 > /dev/null
tc qdisc add dev e0 root netem delay 100ms
tc qdisc show dev e0
ping -c 2 -i 0.2 10.0.0.2
tc qdisc change dev e0 root netem delay 100ms 10ms 25% loss 30% duplicate 10% reorder 25% 50% corrupt 1% limit 50 rate 1mbit
tc qdisc
tc -j -p qdisc show dev e0
tc qdisc replace dev e0 root netem loss 50%
ping -q -c 100 -i 0.01 10.0.0.2 | tail -3
tc -s qdisc show dev e0
tc qdisc replace dev e0 root netem delay 50ms 20ms distribution normal
ping -q -c 100 -i 0.1 10.0.0.2 | tail -3
tc qdisc replace dev e0 root netem rate 100kbit
ping -q -c 5 -s 1000 -i 0.01 10.0.0.2 | tail -3
tc -s qdisc show dev e0
tc qdisc replace dev e0 root tbf rate 100kbit burst 2000 limit 10000
ping -q -c 20 -s 1000 -i 0.001 10.0.0.2 | tail -3
tc -s qdisc show dev e0
tc qdisc replace dev e0 root netem duplicate 100%
ping -c 2 -i 0.2 10.0.0.2
tc qdisc replace dev e0 root netem delay 10ms reorder 50%
ping -c 4 -i 0.002 10.0.0.2
tc qdisc del dev e0 root
tc qdisc add dev e0 root netem reorder 5%
tc qdisc add dev e0 root netem foo
tc qdisc add dev e0 root netem delay 5x
tc qdisc add dev e0 root netem loss 500%
tc qdisc add dev e0 root htb
