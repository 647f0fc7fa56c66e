I() { echo "## ipset $*"; A ipset "$@"; echo rc=$?; }
I create b hash:net timeout 100 counters comment
I create s hash:ip timeout 5
I create c hash:ip counters
I create h bitmap:port range 1-100
I create ht bitmap:port range 80-90 timeout 50
I create q bitmap:port
I create q bitmap:port range 5
I create q bitmap:port range 9-5
I create lt list:set timeout 7
I create z hash:ip timeout abc
I create z hash:ip timeout
I create z hash:ip timeout 9999999999
I add b 10.0.0.0/24 timeout 50 comment "hello world"
I add b 10.0.0.5 nomatch
I add b 10.1.0.0/16 packets 5 bytes 100
I add b 10.2.0.0/16 timeout 0
I add s 10.0.0.1
I add s 10.0.0.2 timeout 0
I add s 10.0.0.3 timeout 100
I add s 10.0.0.3 timeout 50
I -exist add s 10.0.0.3 timeout 60
I add s 10.0.0.4 packets 1
I add c 10.0.0.1 timeout 5
I add c 10.0.0.1 packets 3 bytes 200
I add c 10.0.0.2
I add h 5
I add h 7-9
I add h 101
I add h 0
I add h foo
I add h http
I add h tcp:22
I add h 5
I test h 8
I test h 10
I test h 200
I del h 7-8
I del h 7
I add lt c
I add lt c timeout 0
I list h
I list ht -t
I save h
A iptables -A OUTPUT -m set --match-set c dst
A iptables -A OUTPUT -p tcp -m set --match-set h dst -j ACCEPT
A ping -c 2 -i 0.1 10.0.0.2 >/dev/null
A nc -z 10.0.0.2 9
A nc -z 10.0.0.2 10
A iptables -L OUTPUT -nv
A ipset list c | sed 1,6d | sort
sleep 6
I test s 10.0.0.1
I test s 10.0.0.2
I destroy h
