chain; warm
on r1 sysctl -qw net.ipv4.ip_forward=0
run on h1 ping -n -c1 -W1 10.0.2.2
run on h1 ping -n -c1 -W1 10.0.12.1
run on h1 ping -n -c1 -W1 10.0.12.2
run on h1 ping -n -c1 -W1 -t 1 10.0.2.2
counters r1 Icmp\* IpInAddrErrors IpForwDatagrams IpInDiscards IpExtInNoRoutes
on r1 sysctl net.ipv4.conf.eth1.forwarding net.ipv4.conf.all.forwarding net.ipv4.conf.default.forwarding net.ipv4.conf.eth1.accept_redirects
on r1 sysctl -qw net.ipv4.conf.eth1.forwarding=1
on r1 sysctl net.ipv4.ip_forward
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 sysctl -qw net.ipv4.conf.eth2.forwarding=1
run on h1 ping -n -c1 -W1 10.0.2.2
