chain; warm
flags() { ip netns exec h1 tcpdump -nn -t -S -q -l -i eth0 --immediate-mode tcp > cap.flags 2>/dev/null & F=$!; sleep 0.4; }
st() { on h1 ss -tan | awk '{print $1,$2,$3,$5}' | grep -v '^State' | sort; echo --; on h2 ss -tan | awk '{print $1,$2,$3,$4}' | grep -v '^State' | sort; }
on h2 nc -l -p 9000 -N </dev/null >got & S=$!
sleep 0.3
run on h1 bash -c 'exec 3<>/dev/tcp/10.0.2.2/9000; echo hello >&3; sleep 0.5'
sleep 0.3; cat got; st
kill $S 2>/dev/null; wait $S 2>/dev/null
on h2 bash -c 'sleep 3 | nc -l -p 9001 >got2' & S=$!
sleep 0.3
on h1 bash -c 'echo one | nc -N 10.0.2.2 9001' & C=$!
sleep 0.7; st
wait $C $S; sleep 0.3; st; cat got2
on h2 bash -c 'nc -l -p 9002 < /dev/zero > /dev/null' & S=$!
sleep 0.3
on h1 bash -c 'exec 3<>/dev/tcp/10.0.2.2/9002; head -c 1000 <&3 | wc -c; exec 3<&-'; sleep 0.5
st
counters h1 TcpEstabResets TcpAttemptFails TcpActiveOpens TcpOutRsts TcpExtTCPAbortOnData TcpExtTCPAbortOnClose
counters h2 TcpEstabResets TcpAttemptFails TcpPassiveOpens TcpOutRsts TcpExtTCPAbortOnData TcpExtTCPAbortOnClose
kill $S 2>/dev/null
run on h1 nc -z -v -w 1 10.0.2.2 80
run on h1 nc -z -v -w 1 10.0.2.77 80
on h2 iptables -A INPUT -p tcp --dport 81 -j DROP
run on h1 nc -z -v -w 1 10.0.2.2 81
on h1 conntrack -L 2>/dev/null
