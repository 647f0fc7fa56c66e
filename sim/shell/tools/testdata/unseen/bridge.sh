ns h1 h2 h3 sw
ip -n sw link add br0 type bridge; ip -n sw link set br0 up; ip -n sw addr add 10.0.1.254/24 dev br0
k=1; for n in h1 h2 h3; do ip link add eth0 netns $n address 02:00:00:00:01:0$k type veth peer name $n netns sw; ip -n sw link set $n address 02:00:00:00:02:0$k; ip -n sw link set $n master br0; ip -n sw link set $n up; ip -n $n addr add 10.0.1.$k/24 dev eth0; ip -n $n link set eth0 up; k=$((k+1)); done
sleep 1
cap h3 eth0; cap sw br0; cap sw h3
sleep 0.4
run on h1 ping -n -c2 -i 0.3 -W1 10.0.1.2
run on h1 ping -n -c1 -W1 10.0.1.254
caps
on sw bridge fdb show br br0 | grep -v -e 33:33 -e 01:00 -e permanent | sort
ip -n h2 link set eth0 mtu 1400
run on h1 ping -n -c1 -W1 -s 1472 -M do 10.0.1.2
ip -n sw link set h2 mtu 1400
on sw ip -br link show br0
run on h1 ping -n -c1 -W1 -s 1472 -M do 10.0.1.2
ip -n sw link set h2 nomaster
run on h1 ping -n -c1 -W1 10.0.1.2
ip -n sw link set br0 down
run on h1 ping -n -c1 -W1 10.0.1.3
