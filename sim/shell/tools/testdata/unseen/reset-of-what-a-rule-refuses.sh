chain; warm
on r1 iptables -t nat -A POSTROUTING -j ACCEPT
on h2 iptables -t nat -A POSTROUTING -j ACCEPT
on r1 iptables -A FORWARD -p tcp --dport 81 -j REJECT --reject-with tcp-reset
on r1 iptables -A FORWARD -p tcp --dport 82 -j REJECT
on h2 iptables -A INPUT -p tcp --dport 83 -j REJECT --reject-with tcp-reset
on h1 iptables -A OUTPUT -p tcp --dport 84 -j REJECT --reject-with tcp-reset
cap h1 eth0
sleep 1
for p in 81 82 83 84; do run on h1 ncat -w 1 10.0.2.2 $p; done
caps
run on r1 iptables -t nat -L -n -v
run on h2 iptables -t nat -L -n -v
run on r1 conntrack -L
