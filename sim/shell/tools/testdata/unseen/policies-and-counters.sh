chain; warm
on r1 iptables -P FORWARD DROP
run on h1 ping -n -c2 -i 0.2 -W1 10.0.2.2
on r1 iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
on r1 iptables -A FORWARD -i eth1 -p icmp --icmp-type echo-request -m limit --limit 1/sec --limit-burst 2 -j ACCEPT
on r1 iptables -N LOGDROP; on r1 iptables -A LOGDROP -j DROP; on r1 iptables -A FORWARD -j LOGDROP
run on h1 ping -n -c1 -W1 10.0.2.2
run on h2 ping -n -c1 -W1 10.0.1.2
on r1 iptables -A OUTPUT -d 10.0.1.2 -p icmp -j DROP
run on h1 ping -n -c1 -W1 10.0.1.1
run on h1 ping -n -c1 -W1 -t 1 10.0.2.2
run on r1 ping -n -c1 -W1 10.0.1.2
on r1 iptables -A INPUT -i eth1 -j DROP
run on h1 ping -n -c1 -W1 10.0.1.1
on r1 iptables -nvxL | grep -v policy; on r1 iptables -S
