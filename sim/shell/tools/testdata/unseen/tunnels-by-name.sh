chain
modprobe ipip
run on r1 ip tunnel add t0 mode ipip
run on r1 ip link add t0 type ipip
run on r1 ip tunnel add t1 mode ipip local 10.0.12.1 remote 10.0.12.2 ttl 5
run on r1 ip -d link show t1
run on r1 ip link add t2 type ipip local 10.0.12.1 remote 10.0.12.3
run on r1 ip -d link show t2
run on r1 ip -d link show tunl0
ip -n r1 link set tunl0 up
run on r1 ip -d link show tunl0
run on r1 ip tunnel change t1 ttl inherit tos inherit
run on r1 ip tunnel show t1
run on r1 ip tunnel change t1 ttl inherit nopmtudisc
run on r1 ip link set t1 type ipip local 10.0.12.1 remote 10.0.12.2 ttl inherit nopmtudisc
run on r1 ip tunnel show t1
run on r1 ip tunnel add t3 mode ipip local 10.0.12.1 remote x
run on r1 ip link set t1 mtu 67
run on r1 ip link set t1 mtu 65516
run on r1 ip link set t2 mtu 67
run on r1 ip link set t2 mtu 65516
run on r1 ip link set eth1 mtu 1000
run on r1 ip -d link show eth1
run on r1 ip link add averyveryverylongname type bridge
run on r1 ip link add x0 type vxlan
