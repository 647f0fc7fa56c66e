chain; warm; on h1 ethtool -K eth0 tso off gso off gro off >/dev/null 2>&1
ip -n r1 link set eth2 mtu 1300; ip -n r2 link set eth1 mtu 1300
on h2 ncat -l -k 80 --recv-only >got & S=$!
cap r1 eth1 icmp
sleep 0.5
run on h1 bash -c 'head -c 30000 /dev/zero | ncat --send-only -w 3 10.0.2.2 80'
sleep 0.3
run ip -n h1 route get 10.0.2.2
run ip -n h2 route get 10.0.1.2
caps > x; grep -e need -e --- x | uniq
on r1 iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP
on h1 ip route flush cache
on r1 iptables -nvxL OUTPUT | awk 'NR==3 {print ($1 > 0)}'
kill $S
