ns h1 r1 h2
wire h1 eth0 10.0.1.2/16 02:00:00:00:01:02 r1 eth1 10.0.1.1/24 02:00:00:00:01:01
wire r1 eth2 10.0.2.1/24 02:00:00:00:02:01 h2 eth0 10.0.2.2/16 02:00:00:00:02:02
on r1 sysctl -qw net.ipv4.ip_forward=1 net.ipv4.neigh.eth1.proxy_delay=0 net.ipv4.neigh.eth2.proxy_delay=0
sleep 0.5
cap h1 eth0; cap h2 eth0
sleep 0.5
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 sysctl -qw net.ipv4.conf.eth1.proxy_arp=1
run on h1 ping -n -c2 -i 0.3 -W1 10.0.2.2
on r1 sysctl -qw net.ipv4.conf.eth2.proxy_arp=1
run on h1 ping -n -c1 -W1 10.0.2.2
run ip -n h1 neigh; run ip -n h2 neigh
run on h1 ping -n -c1 -W1 10.0.1.77
run on h1 ping -n -c1 -W1 10.0.9.9
ip -n r1 neigh add proxy 10.0.9.9 dev eth1
run ip -n r1 neigh show proxy
run on h1 ping -n -c1 -W1 10.0.9.9
caps
