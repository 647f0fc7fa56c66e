chain; warm
on h2 sysctl -qw net.ipv4.ip_default_ttl=33
cap h1 eth0 icmp
sleep 0.4
run on h1 ping -n -c1 -W1 10.0.2.2
on r1 sysctl -qw net.ipv4.ip_default_ttl=200
run on h1 ping -n -c1 -W1 -t1 10.0.2.2
on h1 sysctl -qw net.ipv4.ip_default_ttl=1
run on h1 ping -n -c1 -W1 10.0.2.2
run on h1 sysctl -w net.ipv4.ip_default_ttl=0
run on h1 sysctl -w net.ipv4.ip_default_ttl=256
run on h1 sysctl net.ipv4.ip_default_ttl net.ipv4.nosuch
run on h1 sysctl -w net.ipv4.ip_forward=x
run on h1 sysctl -w net.ipv4.conf.nosuch.rp_filter=1
caps
