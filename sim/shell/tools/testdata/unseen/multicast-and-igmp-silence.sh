chain; warm
cap h2 eth0; cap r1 eth1
sleep 0.4
run on h1 ping -n -c1 -W1 -t 5 224.0.0.1
run on h1 ping -n -c1 -W1 -I eth0 239.1.1.1
on r1 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
run on h1 ping -n -c1 -W1 224.0.0.1
run on h1 bash -c 'echo x > /dev/udp/224.0.0.1/99'
run ip -n h1 route get 224.0.0.1
run ip -n h1 route get 10.0.1.255
run ip -n h1 route get 255.255.255.255
run ip -n h1 route get 127.0.0.1
run ip -n h1 route get 10.0.1.2
caps

