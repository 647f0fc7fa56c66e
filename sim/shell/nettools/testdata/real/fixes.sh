B timeout 4 ncat -l 80 </dev/null & sleep .2
A ncat -w2 10.0.0.2 80 </dev/null; echo c $?
sleep .3; B ss -tlnH | wc -l
wait; echo next
(B timeout 3 ncat -u -l 53 </dev/null; echo u $?) & sleep .2
echo q | A nc -u -w 1 10.0.0.2 53
wait
A iptables -A OUTPUT -p icmp -d 10.0.0.2 -j REJECT
h A ping -c 2 -i 0.3 10.0.0.2 | sed 's/time .*ms/T/'
A ping -c 1 -q 10.0.0.2 | sed 's/time .*ms/T/'
A iptables -F
A iptables -A OUTPUT -p icmp -d 10.0.0.2 -j DROP
h A ping -c 2 -i 0.3 -W 1 10.0.0.2 | sed 's/time .*ms/T/'
A ping -c 1 -f -W 1 10.0.0.2 | sed 's/time .*ms/T/'
A iptables -F
A iptables -P INPUT DROP; B ping -c 1 -W 1 10.0.0.1 >/dev/null
A iptables -nvxL INPUT | head -1; A iptables -S >/dev/null;  A iptables -nvxL INPUT | head -1; A iptables -N X; A iptables -nvxL INPUT | head -1
B ping -c 1 -W 1 10.0.0.1 >/dev/null;  A iptables -t nat -N Y;  A iptables -nvxL INPUT | head -1; A iptables -A X -j ACCEPT;  A iptables -nvxL INPUT | head -1
B ping -c 1 -W 1 10.0.0.1 >/dev/null; A iptables -Z X;  A iptables -nvxL INPUT | head -1
A iptables -C X -j ACCEPT;  A iptables -nvxL INPUT | head -1; A iptables -D X 5; A iptables -nvxL INPUT | head -1; A iptables-save -c | grep ':INPUT'; printf '*filter\n-A X -j DROP\nCOMMIT\n' | A iptables-restore -n;  A iptables -nvxL INPUT | head -1
