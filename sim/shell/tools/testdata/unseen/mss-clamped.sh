chain; warm
on h2 ncat -l -k 80 -c 'head -c 20000 /dev/zero' & S=$!
ip -n r1 link set eth2 mtu 1400; ip -n r2 link set eth1 mtu 1400
on r1 iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
cap h2 eth0 'tcp[tcpflags] & tcp-syn != 0'
sleep 0.5
run on h1 bash -c 'sleep 0.5 | ncat -w 2 10.0.2.2 80 | wc -c'
on r1 iptables -t mangle -F
on r1 iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1000
run on h1 bash -c 'sleep 0.5 | ncat -w 2 10.0.2.2 80 | wc -c'
on r1 iptables -t mangle -F
run on h1 bash -c 'sleep 0.5 | ncat -w 2 10.0.2.2 80 | wc -c'
caps
run ip -n h2 route get 10.0.1.2
run ip -n h1 route get 10.0.2.2
kill $S
