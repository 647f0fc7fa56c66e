chain; warm
for n in r1 r2 h2; do on $n sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0; done
cap h2 eth0; cap r2 eth1; cap h1 eth0
sleep 0.4
run on h1 ping -n -c1 -W1 10.0.2.255
run on h1 ping -n -c1 -W1 10.0.12.255
run on h1 ping -n -b -c1 -W1 10.0.1.255
for n in r1 r2; do on $n sysctl -qw net.ipv4.conf.all.bc_forwarding=1 net.ipv4.conf.eth1.bc_forwarding=1; done
run on h1 ping -n -c1 -W1 10.0.2.255
run on h1 ping -n -c1 -W1 10.0.12.255
run on h1 ping -n -b -c1 -W1 10.0.1.255
run on h1 ping -n -b -c1 -W1 255.255.255.255
run ip -n r2 route get 10.0.2.255 from 10.0.1.2 iif eth1
run ip -n r2 neigh show dev eth2 nud all
caps
counters r2 IpExtInBcast\* IpForwDatagrams; counters r1 IpExtInBcast\* IpForwDatagrams
