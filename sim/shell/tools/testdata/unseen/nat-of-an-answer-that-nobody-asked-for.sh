chain; warm
on r1 iptables -t nat -A POSTROUTING -o eth2 -j MASQUERADE
on r1 iptables -t nat -A POSTROUTING -o eth1 -j SNAT --to-source 10.0.1.1
cap h1 eth0; cap h2 eth0
sleep 0.4
run on h2 ping -n -c1 -W1 10.0.1.2
run on h1 ping -n -c1 -W1 10.0.2.2
run on h1 ping -n -c1 -W1 -e 77 10.0.2.2
run on r1 ping -n -c1 -W1 10.0.2.2
ip -n h2 addr add 10.0.1.50/32 dev lo
run on h2 ping -n -c1 -W1 -I 10.0.1.50 10.0.1.2
caps
on r1 conntrack -L 2>/dev/null
on r1 conntrack -F 2>/dev/null; on r1 conntrack -L 2>&1 | tail -1
