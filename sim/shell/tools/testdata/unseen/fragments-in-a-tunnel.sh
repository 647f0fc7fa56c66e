chain
ip -n r1 link add t0 type ipip local 10.0.12.1 remote 10.0.12.2 ttl 64; ip -n r1 addr add 192.168.1.1/30 dev t0; ip -n r1 link set t0 up; ip -n r1 route replace 10.0.2.0/24 dev t0
ip -n r2 link add t0 type ipip local 10.0.12.2 remote 10.0.12.1 ttl 64; ip -n r2 addr add 192.168.1.2/30 dev t0; ip -n r2 link set t0 up; ip -n r2 route replace 10.0.1.0/24 dev t0
warm
cap r1 eth1; cap r1 t0; cap r1 eth2; cap r2 eth2
sleep 0.5
run on h1 ping -n -c1 -W1 -s 2500 -M dont 10.0.2.2
run on h1 ping -n -c1 -W1 -s 1470 -M dont 10.0.2.2
on r1 iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
run on h1 ping -n -c1 -W1 -s 2500 -M dont 10.0.2.2
on r1 iptables -t raw -A PREROUTING -j NOTRACK
run on h1 ping -n -c1 -W1 -s 2500 -M dont 10.0.2.2
run on h1 ping -n -c1 -W1 -s 1470 -M dont 10.0.2.2
ip -n r1 tunnel change t0 mode ipip local 10.0.12.1 remote 10.0.12.2 ttl inherit nopmtudisc
run on h1 ping -n -c2 -i 0.3 -W1 -s 1470 -M do 10.0.2.2
run on h1 ping -n -c1 -W1 -s 2500 -M dont 10.0.2.2
ip -n r1 link set t0 mtu 1500
run on h1 ping -n -c1 -W1 -s 1470 -M dont 10.0.2.2
caps
counters r1 Ip\*; counters r2 Ip\*
on r1 conntrack -L 2>/dev/null | sort; on r1 iptables -nvxL FORWARD
