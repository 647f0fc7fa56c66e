chain; warm
ip -n r1 link set eth2 mtu 700; ip -n r2 link set eth1 mtu 700
on r2 iptables -t raw -A PREROUTING -f -m length --length 0:300 -j DROP
cap r2 eth1; cap h2 eth0
sleep 0.4
run on h1 ping -n -c1 -W1 -s 1400 -M dont 10.0.2.2
on r2 iptables -t raw -F
run on h1 ping -n -c1 -W1 -s 1400 -M dont 10.0.2.2
run on h1 ping -n -c1 -W1 -s 5000 -M dont 10.0.2.2
caps
counters h2 IpReasm\* IpFrag\* Icmp\*; counters r1 IpFrag\*; counters r2 IpReasm\* IpFrag\*
