chain; warm
run on h1 ping -n -c3 -i 0.2 -q 10.0.2.2
for n in h1 r1; do ip -n $n -s link | grep -v link/loop; done
