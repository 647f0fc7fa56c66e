ns h1 r1 r2 h2 sw
ip -n sw link add br0 type bridge; ip -n sw link set br0 up
k=1; for n in h1 r1 r2; do ip link add eth0 netns $n address 02:00:00:00:01:0$k type veth peer name $n netns sw; ip -n sw link set $n master br0; ip -n sw link set $n up; ip -n $n addr add 10.0.1.$k/24 dev eth0; ip -n $n link set eth0 up; k=$((k+1)); done
wire r2 eth1 10.0.2.1/24 02:00:00:00:02:01 h2 eth0 10.0.2.2/24 02:00:00:00:02:02
on r1 sysctl -qw net.ipv4.ip_forward=1; on r2 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 route add default via 10.0.1.2; ip -n r1 route add 10.0.2.0/24 via 10.0.1.3; ip -n h2 route add default via 10.0.2.1
sleep 0.5
cap h1 eth0
sleep 0.5
run on h1 ping -n -c3 -i 0.3 -W1 10.0.2.2
run ip -n h1 route get 10.0.2.2
run ip -n h1 route show cache
on h1 ip route flush cache
on h1 sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.eth0.accept_redirects=0
run on h1 ping -n -c2 -i 0.3 -W1 10.0.2.2
run ip -n h1 route get 10.0.2.2
on r1 sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
run on h1 ping -n -c2 -i 0.3 -W1 10.0.2.2
caps
counters r1 Icmp\*; counters h1 Icmp\*
