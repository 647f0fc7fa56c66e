ns a b
for i in 0 1; do wire a e$i 10.0.$i.1/24 02:00:00:00:0a:0$i b e$i 10.0.$i.2/24 02:00:00:00:0b:0$i; done
t() { run on a arping "$@"; }
t -c 1 -w 1 10.0.0.9
t -c 1 -w 1 10.0.1.9
t -c 1 -w 1 10.7.1.9
ip -n a route add default via 10.0.1.9
t -c 1 -w 1 10.7.1.9
t -c 1 -w 1 10.0.0.1
t -s 10.0.1.1 -c 1 -w 1 10.0.0.9
# how many answers are enough
u() { run on a arping "$@" | grep -v Unicast; }
u -c 2 -I e0 10.0.0.2
(sleep 1.6; ip -n b addr del 10.0.0.2/24 dev e0) & u -c 4 -I e0 10.0.0.2; wait
ip -n b addr add 10.0.0.2/24 dev e0
(sleep 1.6; ip -n b addr del 10.0.0.2/24 dev e0) & u -c 4 -w 4 -I e0 10.0.0.2; wait
ip -n b addr add 10.0.0.2/24 dev e0
(sleep 1.6; ip -n b addr del 10.0.0.2/24 dev e0) & u -w 4 -I e0 10.0.0.2; wait
run on a bash -c 'echo 1 > /proc/sys/net/ipv4/nope'
run on a bash -c 'echo 1 > /proc/sys/net/ipv4/conf/nope/forwarding'
run on a bash -c 'echo x > /proc/sys/net/ipv4/ip_forward'
run on a bash -c 'echo 1 > /proc/net/nope'
run on a bash -c 'echo 1 > /sys/class/net/e0/nope'
