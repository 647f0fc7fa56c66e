chain; warm
on h2 sysctl -qw net.ipv4.icmp_echo_ignore_all=1
run on h1 ping -n -c1 -W1 10.0.2.2
counters h2 Icmp\*
on h2 sysctl -qw net.ipv4.icmp_echo_ignore_all=0
on r1 sysctl -qw net.ipv4.icmp_ratelimit=0
run on h1 ping -n -c20 -i 0.02 -W1 -t 1 -q 10.0.2.2
on r1 sysctl -qw net.ipv4.icmp_ratelimit=1000 net.ipv4.icmp_ratemask=0
run on h1 ping -n -c20 -i 0.02 -W1 -t 1 -q 10.0.2.2
on r1 sysctl net.ipv4.icmp_ratemask net.ipv4.icmp_ratelimit net.ipv4.icmp_msgs_per_sec net.ipv4.icmp_msgs_burst
