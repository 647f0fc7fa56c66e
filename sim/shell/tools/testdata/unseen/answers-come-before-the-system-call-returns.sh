chain; warm
on h1 ping -c1 10.0.2.2 >/dev/null
on h2 ncat -l 9000 >/dev/null < <(sleep 60) & S=$!
sleep 1
cap h1 eth0 ip
sleep 1
run on h1 ping -n -q -c 3 -l 3 10.0.2.2
run on h1 traceroute -n -q 2 -m 4 -w 1 10.0.2.2
on h1 bash -c 'echo hi | ncat -w 1 10.0.2.2 9000'
caps
kill $S 2>/dev/null; true
