chain; warm
ip -n r1 link set eth2 mtu 1400; ip -n r2 link set eth1 mtu 1400
cap h1 eth0; cap r1 eth2; cap h2 eth0
sleep 0.5
run on h1 ping -n -c2 -i 0.3 -W1 -s 1472 -M do 10.0.2.2
run on h1 ip route get 10.0.2.2
run on h1 ping -n -c1 -W1 -s 1472 10.0.2.2
run on h1 ping -n -c1 -W1 -s 2000 10.0.2.2
caps
for n in h1 r1 r2 h2; do echo $n; counters $n Ip\*Frag\* IpReasm\* Icmp\*; done
run on h1 ip route show cache
on h1 ip route flush cache
run on h1 ip route show cache
