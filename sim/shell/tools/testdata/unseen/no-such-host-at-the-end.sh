chain; warm
cap h1 eth0; cap r2 eth2
sleep 0.5
run on h1 ping -n -c2 -W4 10.0.2.77
run ip -n r2 neigh
run on r2 ping -n -c1 -W4 10.0.2.77
echo x | run on h1 ncat -u -w 4 10.0.2.77 81
run on h1 ncat -w 2 10.0.2.77 81 </dev/null
caps
counters r2 Icmp\*
