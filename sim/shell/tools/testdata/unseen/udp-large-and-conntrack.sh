chain; warm
on r1 iptables -A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
on r1 iptables -A FORWARD -f -j ACCEPT
cap r1 eth1 'udp or ip[6:2] & 0x1fff != 0'; cap r1 eth2 'udp or ip[6:2] & 0x1fff != 0'
sleep 0.4
on h2 ncat -u -l 53 >got & S=$!
sleep 0.3
run on h1 bash -c 'head -c 4000 /dev/zero > /dev/udp/10.0.2.2/53'
sleep 0.3
wc -c < got; kill $S
caps
on r1 iptables -nvxL FORWARD
counters r1 IpReasm\* IpFrag\*
on h1 nstat -asz UdpOutDatagrams | tail -1 | awk '{print $2}'
