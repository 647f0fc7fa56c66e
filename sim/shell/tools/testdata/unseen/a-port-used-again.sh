chain; warm
on h2 bash -c 'sleep 30 | ncat -l -k 9000 >/dev/null' & S=$!
sleep 1.5
run on h1 ncat -w 2 -p 5555 10.0.2.2 9000 </dev/null
run on h1 ss -tan
run on h1 ncat -w 2 -p 5555 10.0.2.2 9000 </dev/null
run on h1 nc -N -w 2 -p 5555 10.0.2.2 9000 </dev/null
run on h1 ncat -w 1 -s 10.0.1.77 10.0.2.2 9000 </dev/null
run on h1 ncat -w 1 -p 22 -u -s 10.0.1.77 10.0.2.2 9000 </dev/null
run on h1 nc -w 1 -s 10.0.1.77 10.0.2.2 9000 </dev/null
kill $S
