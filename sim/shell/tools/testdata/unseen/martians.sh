chain; warm
cap r1 eth1; cap r1 eth2
on r1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip -n h1 addr add 127.1.1.1/32 dev eth0 2>/dev/null
on h1 iptables -t nat -A POSTROUTING -p icmp -m length --length 128 -j SNAT --to-source 127.9.9.9
on h1 iptables -t nat -A POSTROUTING -p icmp -m length --length 228 -j SNAT --to-source 10.0.1.1
on h1 iptables -t nat -A POSTROUTING -p icmp -m length --length 328 -j SNAT --to-source 224.1.1.1
on h1 iptables -t nat -A POSTROUTING -p icmp -m length --length 428 -j SNAT --to-source 0.0.0.5
on h1 iptables -t nat -A POSTROUTING -p icmp -m length --length 528 -j SNAT --to-source 10.0.1.255
sleep 0.4
for s in 100 200 300 400 500; do run on h1 ping -n -c1 -W1 -s $s 10.0.2.2; done
caps
counters r1 IpInAddrErrors IpExtInNoRoutes TcpExtIPReversePathFilter IpForwDatagrams
