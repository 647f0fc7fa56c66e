chain; warm
ip -n h1 addr add 10.0.1.3/24 dev eth0; ip -n h1 addr add 10.0.1.4/24 dev eth0
run ip -n h1 -4 -o addr show dev eth0
on h1 sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1
ip -n h1 addr del 10.0.1.2/24 dev eth0
run ip -n h1 -4 -o addr show dev eth0
run ip -n h1 route
run on h1 ping -n -c1 -W1 10.0.2.2
ip -n h1 route add default via 10.0.1.1
run on h1 ping -n -c1 -W1 10.0.2.2
on h1 sysctl -qw net.ipv4.conf.eth0.promote_secondaries=0
ip -n h1 addr del 10.0.1.3/24 dev eth0
run ip -n h1 -4 -o addr show dev eth0
run ip -n h1 route; run ip -n h1 route show table local
