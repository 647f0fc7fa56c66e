chain; warm
ip -n r2 route del 10.0.1.0/24
cap r2 eth2; cap h1 eth0
sleep 0.5
run on h1 ping -n -c2 -i 0.2 -W1 10.0.2.2
run on h1 ping -n -c1 -W1 -t 2 10.0.2.2
run on h2 ping -n -c1 -W1 10.0.1.2
caps
counters r2 Icmp\* IpOutNoRoutes IpExtInNoRoutes
counters h2 Icmp\*
