chain; warm
for t in blackhole unreachable prohibit throw; do
	ip -n r1 route add $t 10.0.9.0/24
	run on h1 ping -n -c1 -W1 10.0.9.9
	run on r1 ping -n -c1 -W1 10.0.9.9
	run ip -n r1 route get 10.0.9.9
	run ip -n r1 route get 10.0.9.9 from 10.0.1.2 iif eth1
	ip -n r1 route del $t 10.0.9.0/24
done
counters r1 Icmp\* IpOutNoRoutes IpInAddrErrors IpExtInNoRoutes IpOutDiscards IpInDiscards
