chain; warm
on r1 iptables -A FORWARD -f -j DROP
cap h1 eth0; cap h2 eth0
sleep 0.5
run on h1 ping -n -c1 -W 33 -s 2000 10.0.2.2
caps
on r1 iptables -nvxL FORWARD
counters h2 IpReasm\* Icmp\*
