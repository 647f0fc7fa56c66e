ip netns add c
ip -n b link add eth1 type veth peer name eth0 netns c
ip -n b addr add 10.0.1.2/24 dev eth1; ip -n c addr add 10.0.1.3/24 dev eth0; ip -n c link set eth0 up; ip -n b link set eth1 up
ip -n b link set eth1 mtu 1400; ip -n c link set eth0 mtu 1400
ip -n a route add default via 10.0.0.2; ip -n c route add default via 10.0.1.2
B sysctl -qw net.ipv4.ip_forward=1
A ping -c 1 -q 10.0.1.3 > /dev/null
ip netns exec c ping -c 1 -q 10.0.0.1 > /dev/null
ip netns exec c timeout 9 tcpdump -i eth0 -nn -t -l --immediate-mode 'icmp or tcp[tcpflags] & tcp-syn != 0' > cap 2>/dev/null &
ip netns exec c timeout 9 nc -lk 80 >/dev/null </dev/null &
sleep .5
B iptables -t nat -A PREROUTING -d 10.9.9.0/24 -j NETMAP --to 10.0.1.0/24
A ping -c 1 -e 9 10.9.9.3 | head -2 | sed 's/time.*//'
B iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -j NETMAP --to 10.0.1.64/26
A ping -c 1 -W 1 -e 10 10.0.1.3 | head -2| sed 's/time.*//'
B iptables -t nat -F
B iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
A nc -z -p 5555 10.0.1.3 80
B iptables -t mangle -R FORWARD 1 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1000
A nc -z -p 5556 10.0.1.3 80
B iptables -t mangle -F
B iptables -A INPUT -m mac --mac-source 02:00:00:00:00:01 -m comment --comment yes
B iptables -A INPUT -m mac ! --mac-source 02:00:00:00:00:01
B iptables -A INPUT -m pkttype --pkt-type unicast
B iptables -A INPUT -m pkttype --pkt-type broadcast
B iptables -A INPUT -m pkttype ! --pkt-type multicast
A ping -c 1 10.0.0.2 > /dev/null
A ping -c 1 -W 1 -b 10.0.0.255 > /dev/null 2>&1
B ping -c 1 127.0.0.1 > /dev/null
B iptables -L INPUT -v -n
sleep 6
sed 's/seq [0-9]*,/seq N,/;s/ack [0-9]*,/ack N,/;s/win .*options/options/;s/TS val.*//;s/wscale.*//' cap
