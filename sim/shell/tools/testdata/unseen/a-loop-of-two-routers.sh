chain; warm
ip -n r1 route add 10.0.9.0/24 via 10.0.12.2; ip -n r2 route add 10.0.9.0/24 via 10.0.12.1
cap h1 eth0
sleep 0.4
run on h1 ping -n -c1 -W1 10.0.9.9
run on h1 ping -n -c1 -W1 -t 7 10.0.9.9
run on h1 ping -n -c1 -W1 -t 6 10.0.9.9
run on h1 traceroute -n -q1 -N1 -m 5 10.0.9.9
caps
on r1 ip -s link show eth2 | sed -n '3,6p'
counters r1 Ip\* Icmp\*; counters r2 IpInReceives IpForwDatagrams IpInHdrErrors Icmp\*
