ns r1
wire r1 eth1 10.0.1.1/24 02:00:00:00:01:01 r1 eth2 10.0.2.1/24 02:00:00:00:02:01
on r1 iptables -A INPUT -m conntrack --ctstate NEW
for a in net.ipv4.ip_local_port_range=5 'net.ipv4.ip_local_port_range=5 4' 'net.ipv4.ip_local_port_range=0 4' 'net.ipv4.ip_local_port_range=1000 70000' 'net.ipv4.ip_local_port_range=2000 3000 4000' net.ipv4.ip_local_port_range=2000 net.ipv4.ip_local_port_range=x net.netfilter.nf_conntrack_acct=2 net.ipv4.fib_multipath_use_neigh=2 net.ipv4.ip_default_ttl=0 net.ipv4.ip_default_ttl=256 net.ipv4.ip_forward=x net.ipv4.ip_forward=3 net.ipv4.conf.all.rp_filter=7 net.ipv4.conf.all.rp_filter=-1 net.ipv4.fib_multipath_hash_policy=9 net.ipv4.ip_no_pmtu_disc=9 net.ipv4.route.min_pmtu=10 net.ipv4.neigh.eth1.mcast_solicit=0 net.ipv4.icmp_echo_ignore_all=2 net.ipv4.icmp_ratemask=-1 net.netfilter.nf_conntrack_icmp_timeout=0 net.ipv4.conf.eth1.arp_ignore=9 net.ipv4.conf.eth1.forwarding=2; do
run on r1 sysctl -w "$a"; on r1 sysctl "${a%%=*}"; done
run on r1 bash -c 'sysctl -a 2>/dev/null | grep ^net.ipv4.neigh.eth1'
run on r1 ifconfig eth1 10.0.1.1; ip -n r1 -o addr show eth1
run on r1 ifconfig eth1 10.0.3.1; ip -n r1 -o addr show eth1
run on r1 ifconfig eth1 10.0.3.1/24; ip -n r1 -o addr show eth1
