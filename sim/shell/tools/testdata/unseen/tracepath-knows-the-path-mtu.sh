chain; warm
ip -n r1 link set eth2 mtu 1300; ip -n r2 link set eth1 mtu 1300
on h1 tracepath -n -m 4 10.0.2.2 | head -1
on h1 ip route show cache
on h1 tracepath -n -m 4 10.0.2.2 | head -1
sleep 1
on h1 tracepath -n -m 4 10.0.2.2 | head -1
on h1 ip route get 10.0.2.2
