ns a
ip -n a link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
ip -n a addr add 10.0.1.1/24 dev v0; ip -n a addr add 10.0.1.2/24 dev v1; ip -n a link set v0 up; ip -n a link set v1 up
sleep 0.4
cap a v0; cap a v1
sleep 0.4
run on a ping -n -c1 -W1 -I v0 10.0.1.2
on a sysctl -qw net.ipv4.conf.all.accept_local=1
run on a ping -n -c1 -W1 -I v0 10.0.1.2
caps
counters a IpInAddrErrors IpExtInNoRoutes TcpExtIPReversePathFilter

