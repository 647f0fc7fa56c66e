chain; warm
on h2 nc -l -p 80 -k </dev/null >/dev/null & S=$!
sleep 1
on r1 iptables -A FORWARD -p tcp --tcp-flags SYN,ACK SYN -m statistic --mode nth --every 3 --packet 0 -j DROP
on r1 iptables -A FORWARD -p tcp --tcp-flags SYN,ACK SYN,ACK -m statistic --mode nth --every 3 --packet 0 -j DROP
run on h1 nc -z -v -w 5 10.0.2.2 80
sleep 0.5; on r1 iptables -F FORWARD
on r1 iptables -A FORWARD -p tcp -j DROP
run on h1 nc -z -v -w 4 10.0.2.2 80

counters h1 TcpRetransSegs TcpExtTCPTimeouts TcpExtTCPSynRetrans TcpExtTCPAbortOnTimeout TcpActiveOpens TcpAttemptFails
counters h2 TcpRetransSegs TcpExtTCPTimeouts TcpExtTCPSynRetrans TcpPassiveOpens
kill $S
