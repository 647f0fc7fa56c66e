chain
cap h1 eth0; cap r1 eth2; cap h2 eth0
sleep 0.5
for t in 1 2 3 64; do run on h1 ping -n -c1 -W1 -t $t 10.0.2.2; done
caps
for n in h1 r1 r2 h2; do echo $n; counters $n Icmp\* IpInHdrErrors IpForwDatagrams IpInDelivers IpExtInNoRoutes; done
