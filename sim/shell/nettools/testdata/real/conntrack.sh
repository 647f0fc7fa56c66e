ip netns add c
ip -n b link add eth1 type veth peer name eth0 netns c
ip -n b addr add 10.0.1.2/24 dev eth1; ip -n c addr add 10.0.1.3/24 dev eth0; ip -n c link set eth0 up; ip -n b link set eth1 up; ip -n b link set eth1 address 02:00:00:00:00:03
ip -n a route add default via 10.0.0.2; ip -n c route add default via 10.0.1.2
B sysctl -qw net.ipv4.ip_forward=1
B sysctl -qw net.netfilter.nf_conntrack_acct=0
A ping -c 1 -q 10.0.1.3 > /dev/null
B iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE
B iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 10.0.1.3:80
B iptables -t mangle -A PREROUTING -p udp -j MARK --set-mark 5
B iptables -t mangle -A PREROUTING -p udp -j CONNMARK --save-mark
B conntrack -F
B timeout 20 conntrack -E > ev 2>&1 &
sleep .3
ip netns exec c nc -lk 80 > /dev/null </dev/null &
sleep .2
A ping -c 2 -i 0.2 -e 77 10.0.1.3 | sed 's/time=.*//;/rtt/d;/packets/d'
echo hi | A nc -u -w 1 -p 40003 10.0.1.3 54
A nc -p 40004 -z 10.0.1.3 81
for o in "-L" "-L -p tcp" "-L -p udp" "-L -s 10.0.0.1 -p udp" "-L -d 10.0.1.3" "-L -r 10.0.1.3" "-L -q 10.0.1.2" "-L -p tcp --dport 80" "-L -p tcp --orig-port-dst 8080" "-L -m 5" "-L --mark 5/4" "-L -p tcp --state TIME_WAIT" "-L -u ASSURED" "-L -u UNREPLIED" "-L -n" "-L -g" "-L -j" "-L -o extended"  "-L -o foo" "-C" "-L -w 1" "-L --zone 0" "-L -f ipv4" "-L -f ipv6" "-L expect" "-L dying" "-L -s 10.0.0.0/24" "-L --mask-src 255.255.255.0 -s 10.0.0.0" "-L foo" "-X" "--foo" "" "-L -p foo" "-L -s foo" "-L --dport 80" "-G -p tcp" "-D -p tcp --dport 99" "-L -D" "-V" "-C foo" "-D -p udp"  "-U -m 3" "-L -p tcp --state FOO" "-L -u FOO" "-E -e FOO" "-D" "-F" "-U -m 3" "-D"; do echo "## conntrack $o"; B conntrack $o > o 2>&1; r=$?; sort o; echo rc=$r; done
sed 's/portid.*//' ev
