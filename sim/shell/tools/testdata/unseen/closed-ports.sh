chain; warm
cap h1 eth0
sleep 0.5
run on h1 ncat -w 2 10.0.2.2 81 </dev/null
run on h1 ncat -w 2 10.0.12.1 81 </dev/null
echo x | run on h1 ncat -u -w 1 10.0.2.2 81
run on h1 bash -c 'exec 3<>/dev/udp/10.0.2.2/9; echo hi >&3; sleep 0.2; echo x >&3; sleep 0.2'
caps
counters h1 Udp\* Icmp\* Tcp\*Resets TcpAttemptFails TcpOutRsts TcpActiveOpens
counters h2 Udp\* Icmp\* Tcp\*Resets TcpAttemptFails TcpOutRsts TcpInSegs TcpOutSegs
