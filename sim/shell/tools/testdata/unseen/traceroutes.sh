chain
run on h1 traceroute -n -q 1 -N 1 10.0.2.2
run on h1 traceroute -n -I -q 2 -N 1 10.0.2.2
run on h1 traceroute -n -q 1 -f 2 -m 2 10.0.2.2
run on h1 tracepath -n 10.0.2.2
ip -n r2 link set eth1 mtu 1400; ip -n r1 link set eth2 mtu 1400
run on h1 tracepath -n 10.0.2.2
run on h1 traceroute -n -q 1 -N 1 10.0.3.3
