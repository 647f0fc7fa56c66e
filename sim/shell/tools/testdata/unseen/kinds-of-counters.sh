chain; warm
run on r1 bash -c 'cut -c1-60 /proc/net/netstat | grep -o "^[A-Za-z]*"'
run on r1 bash -c 'netstat -s | grep "^[A-Z]"'
