chain; warm
cap h1 eth0
sleep 0.5
run on h1 ping -n -c1 -W1 10.0.9.9
run on h1 ping -n -c1 -W1 -s 1000 10.0.9.9
ip -n h1 route del default
run on h1 ping -n -c1 -W1 10.0.2.2
run ip -n h1 route get 10.0.2.2
run on h1 traceroute -n -q 1 10.0.2.2
run on h1 bash -c 'echo x > /dev/udp/10.0.2.2/9'
run on h1 bash -c 'echo x > /dev/tcp/10.0.2.2/9'
caps
counters r1 Icmp\* IpOutNoRoutes IpInAddrErrors IpExtInNoRoutes
counters h1 Icmp\* IpOutNoRoutes
