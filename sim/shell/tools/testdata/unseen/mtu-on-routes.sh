chain; warm
ip -n h1 route replace default via 10.0.1.1 mtu 1200
cap h1 eth0
sleep 0.4
run on h1 ping -n -c1 -W1 -s 1300 -M do 10.0.2.2
run on h1 ping -n -c1 -W1 -s 1300 10.0.2.2
run on h1 ping -n -c1 -W1 -s 1172 -M do 10.0.2.2
run ip -n h1 route get 10.0.2.2
ip -n h1 route replace default via 10.0.1.1 mtu lock 1300
run on h1 ping -n -c1 -W1 -s 1300 -M want 10.0.2.2
run ip -n h1 route get 10.0.2.2
ip -n h1 route replace default via 10.0.1.1
ip -n r1 route replace 10.0.2.0/24 via 10.0.12.2 mtu 1000
run on h1 ping -n -c1 -W1 -s 1300 -M do 10.0.2.2
run on h1 ping -n -c1 -W1 -s 1300 -M dont 10.0.2.2
on r1 sysctl -qw net.ipv4.ip_forward_use_pmtu=1
run on h1 ping -n -c1 -W1 -s 1300 -M dont 10.0.2.2
run on h1 ping -n -c2 -i 0.3 -W1 -s 1300 -M do 10.0.2.2
run ip -n h1 route get 10.0.2.2
caps
