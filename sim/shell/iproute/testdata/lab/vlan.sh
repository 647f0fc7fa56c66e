ip netns add h1
ip link add v1 type veth peer name eth0 netns h1
ip link set v1 up; ip -n h1 link set eth0 up
ip link add link v1 name v1.10 type vlan id 10
ip -n h1 link add link eth0 eth0.10 type vlan id 10
ip link set v1.10 up; ip -n h1 link set eth0.10 up
ip addr add 10.1.0.1/24 dev v1.10
ip -n h1 addr add 10.1.0.2/24 dev eth0.10
ip -d link show v1.10
tcpdump -i v1 -nne -c 4 > /tmp/o 2>&1 &
tcpdump -i v1.10 -nne -c 4 > /tmp/o2 2>&1 &
sleep 0.5
ping -c 1 10.1.0.2
sleep 1
cat /tmp/o /tmp/o2
ip -s link show v1.10
ip link set v1 down
ip -br link
ip link set v1.10 up
ip link add link v1 name v1.10b type vlan id 10
ip link add link v1 name v1.4095 type vlan id 4095
ip link add link v1 name v1.9 type vlan
ip link add link lo name v1.9 type vlan id 9
ip link del v1
ip -br link
ip -n h1 -br link
