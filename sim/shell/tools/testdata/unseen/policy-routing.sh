chain; warm
ip -n h1 addr add 10.0.1.3/24 dev eth0
ip -n r1 route add blackhole default table 100
ip -n r1 rule add from 10.0.1.3 table 100
run on h1 ping -n -c1 -W1 -I 10.0.1.3 10.0.2.2
run on h1 ping -n -c1 -W1 10.0.2.2
ip -n r1 rule
ip -n r1 rule del from 10.0.1.3
ip -n r1 rule add fwmark 7 table 101; ip -n r1 route add prohibit default table 101
on r1 iptables -t mangle -A PREROUTING -p icmp -s 10.0.1.3 -j MARK --set-mark 7
run on h1 ping -n -c1 -W1 -I 10.0.1.3 10.0.2.2
run ip -n r1 route get 10.0.2.2 mark 7
run ip -n r1 route get 10.0.2.2 from 10.0.1.3 iif eth1 mark 7
run ip -n r1 route get 10.0.2.2 from 10.0.1.3 iif eth1
ip -n r1 rule add to 10.0.2.0/24 unreachable pref 50
run on h1 ping -n -c1 -W1 10.0.2.2
run on r1 ping -n -c1 -W1 10.0.2.2
ip -n r1 rule; ip -n r1 route show table 101; ip -n r1 rule add tos 0x10 blackhole pref 40; ip -n r1 rule
run on h1 ping -n -c1 -W1 -Q 0x10 10.0.2.2
