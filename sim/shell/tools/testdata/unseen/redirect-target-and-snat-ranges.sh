chain; warm
on r1 ncat -l -k 8080 -c 'echo hi; sleep 1' & S=$!
on r1 iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080
on r1 iptables -t nat -A POSTROUTING -p icmp -j SNAT --to-source 10.0.12.7
ip -n r1 addr add 10.0.12.7/24 dev eth2
cap r1 eth2 icmp or arp
sleep 0.5
run on h1 bash -c 'sleep 0.5 | ncat -w 2 10.0.2.2 80'
run on h1 ping -n -c1 -W1 10.0.2.2
run on h1 ping -n -c1 -W1 10.0.1.1
ip -n r1 addr del 10.0.12.7/24 dev eth2
run on h1 ping -n -c1 -W1 10.0.2.2
caps
on r1 conntrack -L -p icmp 2>/dev/null
on r1 iptables -t nat -nvxL
kill $S

