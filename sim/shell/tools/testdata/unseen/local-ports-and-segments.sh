chain; warm
run on h1 sysctl net.ipv4.ip_local_port_range
run on h1 sysctl -w net.ipv4.ip_local_port_range="40000 40003"
run on h1 cat /proc/sys/net/ipv4/ip_local_port_range
for v in "5 1" 0 "70000 80000" "1 x" 40010; do run on h1 sysctl -w net.ipv4.ip_local_port_range="$v"; done
run on h1 sysctl net.ipv4.ip_local_port_range
cap h1 eth0 ip
sleep 1
for i in 1 2 3; do echo x | on h1 ncat -u -w 1 10.0.2.2 9999; done
on h1 ncat -w 4 10.0.2.77 80
on h1 ncat -w 1 10.0.2.2 80
caps > ports; grep -o '10.0.1.2.4[0-9]* > ' ports | cut -c1-13 | sort -u
counters h1 TcpOutSegs TcpRetransSegs TcpActiveOpens
run on h1 sysctl net.ipv4.tcp_syncookies net.core.somaxconn net.ipv4.tcp_sack net.ipv4.tcp_fin_timeout
run on h1 sysctl -w net.ipv4.tcp_syncookies=1
