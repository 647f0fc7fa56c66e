chain; warm
i=1
for w in icmp-net-unreachable icmp-host-unreachable icmp-port-unreachable icmp-proto-unreachable icmp-net-prohibited icmp-host-prohibited icmp-admin-prohibited; do
	on r1 iptables -A FORWARD -p icmp -d 10.0.2.2 -m length --length $((28+i*100)) -j REJECT --reject-with $w; i=$((i+1))
done
on r1 iptables -A FORWARD -p tcp --dport 81 -j REJECT --reject-with tcp-reset
on r1 iptables -A FORWARD -p tcp --dport 82 -j REJECT
cap h1 eth0 icmp
sleep 0.5
for i in 1 2 3 4 5 6 7; do run on h1 ping -n -c1 -W1 -s $((i*100)) 10.0.2.2; done
run on h1 ncat -w 2 10.0.2.2 81 </dev/null
run on h1 ncat -w 2 10.0.2.2 82 </dev/null
caps
on r1 iptables -nvxL
