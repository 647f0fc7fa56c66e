chain; warm
on r1 iptables -t nat -A PREROUTING -d 10.0.1.100 -j DNAT --to-destination 10.0.1.2
on r1 iptables -t nat -A PREROUTING -d 10.0.1.101 -j DNAT --to-destination 10.0.2.2
on r1 iptables -t nat -A OUTPUT -d 10.0.1.101 -j DNAT --to-destination 10.0.2.2
ip -n r1 addr add 10.0.1.100/32 dev eth1; ip -n r1 addr add 10.0.1.101/32 dev eth1
cap h1 eth0
sleep 0.4
run on h1 ping -n -c2 -i 0.3 -W1 10.0.1.100
on r1 iptables -t nat -A POSTROUTING -s 10.0.1.0/24 -d 10.0.1.2 -j MASQUERADE
run on h1 ping -n -c1 -W1 10.0.1.100
run on h1 ping -n -c1 -W1 10.0.1.101
run on h1 ping -n -c1 -W1 -t 1 10.0.1.101
run on h1 ping -n -c1 -W1 -t 2 10.0.1.101
run on r1 ping -n -c1 -W1 10.0.1.101
run on h1 traceroute -n -q1 -N1 10.0.1.101
caps
