B nc -lk 80 >/dev/null </dev/null & 
B nc -lku 53 > /dev/null </dev/null &
B nc -lk 10.0.0.2 8080 > /dev/null  </dev/null&
sleep .3
(echo hi; sleep 9) | A nc -p 40000 10.0.0.2 80 & 
(echo hi; sleep 9) | A nc -u -p 40001 10.0.0.2 53 & 
sleep .3
for o in -t -u -tn -tan -tln -ltn -un -uan -tuln -tno -x -Htn -Otn -tH4  -ta -tl -ua -V -h -w -wa "-f foo" "-A tcp" "-A foo"  -ant "-Q" "-tr"  "--foo" -y -ul -uw; do h A ss $o; done
for o in -tan -uan -tln -tuna; do h B ss $o; done
for f in "state established" "state listening" "state all" "state connected" "state foo" "exclude listening" "sport = :80" "dport = :80" "( dport = :22 or sport = :80 )" "dst 10.0.0.2" "dst 10.0.0.2:80" "src 10.0.0.0/24" "sport > :1000" "sport gt :1000" "dport eq :http" "dport = 80" "sport foo" "dst foo" "( sport = :80" "state established ( dport = :80 or sport = :80 )" "state time-wait" "not dport = :80" "dport = :80 and src 10.0.0.1" "! dport = :80" "dev eth0" "dev nodev" "state syn-sent" "state fin-wait-1" "state closed" "state big" "state bucket" "state synchronized" "(" "foo" "dport"; do h A ss -tan $f; h B ss -tan $f;  done
kill $(jobs -p) 2>/dev/null
sleep .3
h A ss -tan
h B ss -tan
