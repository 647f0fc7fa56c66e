chain; warm
for s in 0 1 8 15 16 56 1472 1473 8000 65507; do run on h1 ping -n -c1 -W1 -s $s 10.0.2.2; done
run on h1 ping -n -c1 -W1 -s 65508 10.0.2.2
run on h1 ping -n -c1 -W1 -s -1 10.0.2.2
run on h1 ping -n -c1 -W1 -p ff -s 20 10.0.2.2
run on h1 ping -n -c1 -W1 -p xx 10.0.2.2
run on h1 ping -n -c0 10.0.2.2
run on h1 ping -n -c1 -t 256 10.0.2.2
run on h1 ping -n -c1 -W1 -t 255 10.0.2.2
