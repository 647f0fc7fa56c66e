chain; warm
on r1 iptables -A FORWARD -m conntrack --ctstate INVALID -j ACCEPT
on h2 bash -c 'sleep 30 | ncat -l 9000' >/dev/null 2>&1 &
sleep 1
on h1 bash -c '(sleep 2; echo x; sleep 3) | ncat 10.0.2.2 9000' &
sleep 1
run on r1 conntrack -L -p tcp
on r1 iptables -I FORWARD -p tcp --dport 9000 -j REJECT --reject-with tcp-reset
sleep 2
run on r1 conntrack -L -p tcp
sleep 10
run on r1 conntrack -L -p tcp
