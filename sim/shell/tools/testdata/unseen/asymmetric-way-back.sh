chain; warm
wire h1 eth1 10.0.7.2/24 02:00:00:00:07:02 r2 eth3 10.0.7.1/24 02:00:00:00:07:01
ip -n r2 route replace 10.0.1.0/24 via 10.0.7.2
cap h1 eth0; cap h1 eth1
sleep 0.4
run on h1 ping -n -c1 -W1 10.0.2.2
on h1 sysctl -qw net.ipv4.conf.all.rp_filter=1
run on h1 ping -n -c1 -W1 10.0.2.2
on h1 sysctl -qw net.ipv4.conf.all.rp_filter=2
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
on r2 iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
run on h2 ping -n -c1 -W1 10.0.1.2
caps
counters h1 TcpExtIPReversePathFilter
