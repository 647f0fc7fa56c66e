chain; warm
on r1 sysctl -qw net.ipv4.conf.eth1.rp_filter=1 net.ipv4.conf.eth2.rp_filter=1
ip -n h1 addr add 10.0.77.7/32 dev lo
cap h1 eth0; cap r1 eth2
sleep 0.5
run on h1 ping -n -c1 -W1 -I 10.0.77.7 10.0.2.2
run on h1 ping -n -c1 -W1 -I 10.0.77.7 10.0.1.1
counters r1 TcpExtIPReversePathFilter IpExtInNoRoutes IpInAddrErrors
on r1 sysctl -qw net.ipv4.conf.eth1.rp_filter=2
run on h1 ping -n -c1 -W1 -I 10.0.77.7 10.0.2.2
counters r1 TcpExtIPReversePathFilter IpExtInNoRoutes
ip -n r1 route add 10.0.77.0/24 via 10.0.12.2
run on h1 ping -n -c1 -W1 -I 10.0.77.7 10.0.2.2
on r1 sysctl -qw net.ipv4.conf.eth1.rp_filter=0
run on h1 ping -n -c1 -W1 -I 10.0.77.7 10.0.2.2
on r1 sysctl -qw net.ipv4.conf.all.rp_filter=1
run on h1 ping -n -c1 -W1 -I 10.0.77.7 10.0.2.2
caps
counters r1 TcpExtIPReversePathFilter
