chain; warm
ip -n h1 route del default
ip -n h1 route add unreachable default metric 8192
run on h1 ping -n -c1 -W1 10.0.2.2
run ip -n h1 route get 10.0.2.2
ip -n h1 route add default via 10.0.1.1 metric 100
run on h1 ping -n -c1 -W1 10.0.2.2
ip -n h1 route add default via 10.0.1.77 metric 50
run ip -n h1 route
run ip -n h1 route get 10.0.2.2
run on h1 ping -n -c1 -W4 10.0.2.2
ip -n h1 route del default metric 50
run on h1 ping -n -c1 -W1 10.0.2.2
ip -n h1 route add 10.0.2.2 via 10.0.1.1; ip -n h1 route add blackhole 10.0.2.0/24
run ip -n h1 route
run on h1 ping -n -c1 -W1 10.0.2.2
ip -n h1 route del 10.0.2.2
run on h1 ping -n -c1 -W1 10.0.2.2
run ip -n h1 route get 10.0.2.2
