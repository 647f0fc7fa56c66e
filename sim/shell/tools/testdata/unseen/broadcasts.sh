chain; warm
cap h2 eth0; cap r1 eth1
sleep 0.5
run on h1 ping -n -c1 -W1 10.0.1.255
run on h1 ping -n -b -c1 -W1 10.0.1.255
on r1 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
run on h1 ping -n -b -c1 -W1 10.0.1.255
run on h1 ping -n -b -c1 -W1 255.255.255.255
run on h1 ping -n -c1 -W1 10.0.2.255
run on h1 ping -n -c1 -W1 10.0.2.0
run on h1 ping -n -c1 -W1 10.0.1.0
run on h1 ping -n -c1 -W1 224.0.0.1
run on h1 ping -n -c1 -W1 240.0.0.1
run on h1 ping -n -c1 -W1 0.1.2.3
caps
counters r1 Icmp\* IpInAddrErrors IpExtIn\*
counters r2 Icmp\* IpInAddrErrors IpExtIn\*
