chain
run on h1 ping -n -c1 -W1 127.0.0.1
run on h1 ping -n -c1 -W1 10.0.1.2
run on h1 ping -n -c1 -W1 127.5.5.5
run on h1 ping -n -c1 -W1 0.0.0.0
ip -n h1 link set eth0 down
run on h1 ping -n -c1 -W1 10.0.1.2
ip -n h1 link set lo down
run on h1 ping -n -c1 -W1 127.0.0.1
run on h1 ping -n -c1 -W1 10.0.1.2
ip -n h1 link set lo up; ip -n h1 link set eth0 up
ip -n h1 route del local 10.0.1.2 dev eth0 table local
run on h1 ping -n -c1 -W1 10.0.1.2
ip -n h1 route add local 10.5.0.0/16 dev lo
run on h1 ping -n -c1 -W1 10.5.6.7
run ip -n h1 route get 10.5.6.7
run ip -n h1 route show table local
