chain; warm
on h2 ncat -l -k 80 -c 'echo hi' & S=$!
on r1 iptables -t nat -A PREROUTING -d 10.0.1.1 -p tcp --dport 8080 -j DNAT --to-destination 10.0.2.2:80
on r1 iptables -t nat -A PREROUTING -d 10.0.1.1 -p tcp --dport 8081 -j DNAT --to-destination 10.0.2.2:81
on r1 iptables -t nat -A PREROUTING -d 10.0.1.1 -p udp --dport 53 -j DNAT --to-destination 10.0.2.2:5353
sleep 0.5
cap h1 eth0 icmp or udp
sleep 0.5
run on h1 bash -c 'sleep 0.3 | ncat -w 2 10.0.1.1 8080'
run on h1 ncat -w 2 10.0.1.1 8081 </dev/null
run on h1 bash -c 'echo x > /dev/udp/10.0.1.1/53'
caps
on r1 conntrack -L 2>/dev/null
on r1 iptables -t nat -nvxL PREROUTING
kill $S
