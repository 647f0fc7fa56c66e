# addresses that expire, and heirs of primary ones
ip link add d0 address 02:00:00:00:00:01 type dummy; ip link set d0 up
ip addr add 10.0.0.1/24 dev d0 valid_lft 20 preferred_lft 10
ip addr add 10.0.0.2/24 dev d0
ip addr add 10.0.1.1/24 dev d0 valid_lft 30 preferred_lft 0
ip -4 addr show d0
sleep 11
ip -4 addr show d0
ip -o addr show d0 dynamic; ip -o addr show d0 deprecated; ip -o addr show d0 permanent
ip addr change 10.0.1.1/24 dev d0 valid_lft forever preferred_lft forever
sleep 10
ip -4 -o addr show d0
ip route
ip addr add 10.0.0.1/24 dev d0; ip addr add 10.0.0.2/24 dev d0; ip addr add 10.0.0.3/24 dev d0
sysctl -qw net.ipv4.conf.d0.promote_secondaries=1
ip addr del 10.0.0.1/24 dev d0
ip -4 -o addr show d0
ip route; ip route show table local
ip addr replace 10.0.0.2/24 dev d0 metric 50
ip route
ip addr add 10.0.0.9/24 dev d0 valid_lft 5 preferred_lft 6
ip addr add 10.0.0.9/24 dev d0 valid_lft 0
ip addr add 10.0.0.9/24 dev d0 valid_lft x
ip -j addr show d0 | jq -c '.[0].addr_info[] | [.local, .valid_life_time]'
