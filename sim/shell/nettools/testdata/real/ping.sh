P() { echo "## ping $*"; A ping "$@" 2>&1 | sed -E 's/time=[0-9.]+/time=T/;s/time [0-9]+ms/time T/;s/= [0-9./]+ ms/= R/;s/ipg.*/IPG/;s/\(DUP!\)/DUP/'; echo "rc=${PIPESTATUS[0]}"; }
P -c 1 10.0.0.2
P -c 2 -i 0.2 -a 10.0.0.2 
P -c 2 -A 10.0.0.2
P -c 1 -b 10.0.0.255
P -c 1 10.0.0.255
P -c 2 -i 0.2 -D -q 10.0.0.2
P -c 1 -d 10.0.0.2
P -c 1 -e 5 10.0.0.2
P -c 5 -f 10.0.0.2
P -c 1 -I eth0 10.0.0.2
P -c 1 -I 10.0.0.1 10.0.0.2
P -c 1 -I nodev 10.0.0.2
P -c 1 -I 10.0.0.9 10.0.0.2
P -c 3 -l 3 10.0.0.2
P -c 1 -L 10.0.0.2
P -c 1 -m 5 10.0.0.2
P -c 1 -M do -s 1472 10.0.0.2
P -c 1 -M do -s 1473 10.0.0.2
P -c 1 -M dont -s 3000 10.0.0.2
P -c 1 -M want 10.0.0.2
P -c 1 -M foo 10.0.0.2
P -c 1 -n 10.0.0.2
P -c 2 -O -W 1 -i 0.5 10.0.0.9
P -c 1 -p ff 10.0.0.2
P -c 1 -p xx 10.0.0.2
P -c 1 -Q 0x10 10.0.0.2
P -c 1 -Q 300 10.0.0.2
P -c 1 -r 10.0.0.2
P -c 1 -R 10.0.0.2
P -c 1 -s 8 10.0.0.2
P -c 1 -s 0 10.0.0.2
P -c 1 -s 70000 10.0.0.2
P -c 1 -t 1 10.0.0.2
P -c 1 -t 300 10.0.0.2
P -c 1 -T tsonly 10.0.0.2 | sed 's/[0-9]* absolute.*/N/;s/^\t.*/TS/'
P -c 1 -T foo 10.0.0.2
P -c 1 -U 10.0.0.2
P -V
P -W 0.5 -c 1 10.0.0.9
P -w 2 -c 1 10.0.0.9
P -c x 10.0.0.2
P
P nohost
P 10.9.9.9
P -c 1 256.1.1.1
P -Z
P -c 1 10.0.0.1
P -c 1 127.0.0.1
P -c 1 localhost
P -c 1 0
P -c 1 -B 10.0.0.2
P -c 1 224.0.0.1
P -q -c 1 -W 1 10.0.0.77
A ip route add unreachable 1.1.1.1; A ip route add prohibit 1.1.1.2; A ip route add blackhole 1.1.1.3; A ip route add 2.2.2.0/24 via 10.0.0.2
P -c 1 1.1.1.1
P -c 1 1.1.1.2
P -c 1 1.1.1.3
P -c 1 2.2.2.2 -W 1
B sysctl -qw net.ipv4.ip_forward=1
P -c 1 2.2.2.2 -W 1
B iptables -A INPUT -p icmp -j REJECT --reject-with icmp-admin-prohibited
P -c 1 10.0.0.2
for r in icmp-net-unreachable icmp-host-unreachable icmp-proto-unreachable icmp-port-unreachable icmp-net-prohibited icmp-host-prohibited; do B iptables -F;  B iptables -A INPUT -p icmp -j REJECT --reject-with $r; sleep 1.1;  P -c 1 10.0.0.2; done
B iptables -F
B sysctl -qw net.ipv4.icmp_echo_ignore_all=1
P -c 2 -i 0.2 -W 0.3 10.0.0.2
