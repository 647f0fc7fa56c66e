chain
for how in "" -I -T; do
	run on h1 traceroute -n $how -i nope 10.0.2.2 2>&1
	run on h1 traceroute -n $how -s 9.9.9.9 10.0.2.2 2>&1
done
run on r1 traceroute -n 9.9.9.9 2>&1
