chain; warm
ip -n r1 addr del 10.0.1.1/24 dev eth1; ip -n r1 addr add 10.0.1.99/24 dev eth1; ip -n r1 addr add 10.0.1.1/24 dev eth1
run on h1 ping -n -c1 -W1 -t1 10.0.2.2
on r1 sysctl -qw net.ipv4.icmp_errors_use_inbound_ifaddr=1
run on h1 ping -n -c1 -W1 -t1 10.0.2.2
run ip -n r1 addr show dev eth1 | grep -v valid
ip -n r1 addr del 10.0.1.99/24 dev eth1
run ip -n r1 addr show dev eth1 | grep inet
ip -n r1 route
