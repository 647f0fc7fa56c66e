chain; warm
ip -n h2 addr add 10.0.2.3/24 dev eth0
on r1 iptables -t nat -N KUBE-SERVICES; on r1 iptables -t nat -N KUBE-SVC-A; on r1 iptables -t nat -N KUBE-SEP-1; on r1 iptables -t nat -N KUBE-SEP-2; on r1 iptables -t nat -N KUBE-MARK-MASQ; on r1 iptables -t nat -N KUBE-POSTROUTING
on r1 iptables -t nat -A PREROUTING -j KUBE-SERVICES; on r1 iptables -t nat -A OUTPUT -j KUBE-SERVICES; on r1 iptables -t nat -A POSTROUTING -j KUBE-POSTROUTING
on r1 iptables -t nat -A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "default/dns cluster IP" -m udp --dport 53 -j KUBE-SVC-A
on r1 iptables -t nat -A KUBE-SVC-A ! -s 10.0.2.0/24 -d 10.96.0.10/32 -p udp -m udp --dport 53 -j KUBE-MARK-MASQ
on r1 iptables -t nat -A KUBE-SVC-A -m statistic --mode nth --every 2 --packet 0 -j KUBE-SEP-1
on r1 iptables -t nat -A KUBE-SVC-A -j KUBE-SEP-2
on r1 iptables -t nat -A KUBE-SEP-1 -p udp -m udp -j DNAT --to-destination 10.0.2.2:5000
on r1 iptables -t nat -A KUBE-SEP-2 -p udp -m udp -j DNAT --to-destination 10.0.2.3:5000
on r1 iptables -t nat -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
on r1 iptables -t nat -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
on r1 iptables -t nat -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
on r1 iptables -t nat -A KUBE-POSTROUTING -j MASQUERADE
ip -n r1 route add 10.96.0.0/16 via 10.0.12.2
cap r1 eth1 ip; cap h2 eth0 ip
sleep 0.5
run on h1 traceroute -n -U -p 53 -q 1 -N 1 -m 4 10.96.0.10
run on h1 bash -c 'for i in 1 2 3; do exec 3<>/dev/udp/10.96.0.10/53; echo hi$i >&3; sleep 0.1; done'
run on r1 bash -c 'exec 3<>/dev/udp/10.96.0.10/53; echo hi >&3; sleep 0.1'
caps
on r1 iptables -t nat -nvxL
on r1 iptables -t nat -S
