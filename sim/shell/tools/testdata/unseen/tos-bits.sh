chain; warm
cap h2 eth0; cap h1 eth0
sleep 0.5
run on h1 ping -n -c1 -W1 -Q 0xb8 10.0.2.2
run on h1 ping -n -c1 -W1 -Q 0x03 10.0.2.2
run on h1 ping -n -c1 -W1 -Q 46 -t 1 10.0.2.2
on r1 iptables -t mangle -A FORWARD -p icmp -j DSCP --set-dscp 10
run on h1 ping -n -c1 -W1 -Q 1 10.0.2.2
on r1 iptables -t mangle -A FORWARD -p icmp -j TOS --set-tos 0x10
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 iptables -t mangle -F
on r1 iptables -t mangle -A PREROUTING -i eth1 -j TTL --ttl-set 1
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 iptables -t mangle -R PREROUTING 1 -i eth1 -j TTL --ttl-inc 10
run on h1 ping -n -c1 -W1 -t 1 10.0.2.2
caps
