B nc -lk 80 >/dev/null </dev/null & 
B nc -lku 53 > /dev/null </dev/null &
sleep .3
(echo hi; sleep 3) | A nc -p 40000 10.0.0.2 80 & 
sleep .3
h B netstat -tulpn | sed 's/[0-9]*\/nc */PID\/nc/'
h B netstat -tanp | sed 's/[0-9]*\/nc */PID\/nc/'
h B netstat -tan
cut -c1-50 /proc/net/tcp | head -1
ip netns exec b cat /proc/net/tcp | cut -c1-91
ip netns exec b cat /proc/net/udp | sed 's/^ *[0-9]*:/N:/' | cut -c1-80
B iptables -A INPUT -m conntrack --ctstate NEW
B sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=100
B sysctl -w net.netfilter.nf_conntrack_udp_timeout=5
B sysctl net.netfilter.nf_conntrack_tcp_timeout_time_wait net.netfilter.nf_conntrack_tcp_timeout_close_wait
A nc -zv 10.0.0.2 80
(echo a; sleep 1) | A nc -p 5555 10.0.0.2 80 &
echo x | A nc -u -w 1 -p 5556 10.0.0.2 53 &
sleep .5
B conntrack -L -p tcp --orig-port-src 5555 2>/dev/null
B conntrack -L -p udp 2>/dev/null
sleep 2
sleep 6
B conntrack -L -p udp

