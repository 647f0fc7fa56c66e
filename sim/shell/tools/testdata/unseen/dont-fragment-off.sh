chain; warm
ip -n r1 link set eth2 mtu 1400; ip -n r2 link set eth1 mtu 1400; ip -n r2 link set eth2 mtu 1200; ip -n h2 link set eth0 mtu 1200
cap r1 eth1; cap r1 eth2; cap h2 eth0
sleep 0.5
run on h1 ping -n -c1 -W1 -s 1472 -M dont 10.0.2.2
run on h1 ping -n -c1 -W1 -s 3000 -M dont 10.0.2.2
caps
for n in h1 r1 r2 h2; do echo $n; counters $n Ip\*Frag\* IpReasm\* ; done
