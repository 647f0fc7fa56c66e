chain; warm
cap h2 eth0
sleep 0.5
run on h1 ping -n -c1 -W1 -R 10.0.2.2
run on h1 ping -n -c1 -W1 -R -t 1 10.0.2.2
run on h1 ping -n -c1 -W1 -R 10.0.12.2
run on h1 ping -n -c1 -W1 -R 10.0.1.2
caps
