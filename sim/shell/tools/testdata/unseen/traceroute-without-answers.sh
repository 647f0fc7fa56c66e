chain; warm
on r1 iptables -A OUTPUT -p icmp --icmp-type time-exceeded -j DROP
run on h1 traceroute -n -q 1 -w 1 -N 1 10.0.2.2
on h2 iptables -A INPUT -p udp -j DROP
run on h1 traceroute -n -q 1 -w 1 -N 1 -m 4 10.0.2.2
on r2 iptables -A FORWARD -p udp -j REJECT --reject-with icmp-admin-prohibited
run on h1 traceroute -n -q 1 -w 1 -N 1 -m 4 10.0.2.2
on r2 iptables -R FORWARD 1 -p udp -j REJECT --reject-with icmp-host-unreachable
run on h1 traceroute -n -q 1 -w 1 -N 1 -m 4 10.0.2.2
on r2 iptables -R FORWARD 1 -p udp -j REJECT --reject-with icmp-net-unreachable
run on h1 traceroute -n -q 1 -w 1 -N 1 -m 4 10.0.2.2
run on h1 tracepath -n -m 4 10.0.2.2

