chain; warm
ip -n r2 route del 10.0.1.0/24
on r1 iptables -t nat -A POSTROUTING -o eth2 -j MASQUERADE
cap h1 eth0; cap r1 eth2
sleep 0.5
run on h1 ping -n -c2 -i 0.2 -W1 10.0.2.2
run on h1 ping -n -c1 -W1 -t 2 10.0.2.2
run on h1 bash -c 'exec 3<>/dev/udp/10.0.2.2/9; echo hi >&3; sleep 0.2; echo x >&3'
ip -n r2 link set eth2 mtu 1300
run on h1 ping -n -c2 -i 0.3 -W1 -s 1400 -M do 10.0.2.2
run on h1 ip route get 10.0.2.2
run on r1 ip route get 10.0.2.2
run on h1 traceroute -n -q 1 -N 1 10.0.2.2
caps
on r1 iptables -t nat -nvxL POSTROUTING
on r1 conntrack -L 2>/dev/null | sort

