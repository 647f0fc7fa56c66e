chain; warm
for s in NEW ESTABLISHED RELATED INVALID UNTRACKED; do on r1 iptables -A FORWARD -m conntrack --ctstate $s; done
on r1 iptables -t raw -A PREROUTING -p icmp -s 10.0.12.2 -j NOTRACK
run on h1 ping -n -c3 -i 0.2 -W1 10.0.2.2
run on h1 traceroute -n -q1 -N1 10.0.2.2
run on r2 ping -n -c1 -W1 10.0.1.2
on h2 bash -c 'exec 3<>/dev/udp/10.0.1.2/9; echo hi >&3; sleep 0.3'
on h2 ncat -l 80 </dev/null & S=$!
sleep 0.3
on h1 bash -c 'sleep 0.3 | ncat -w 2 10.0.2.2 80'
on r1 iptables -nvxL FORWARD
on r1 conntrack -L 2>/dev/null
kill $S 2>/dev/null; true
