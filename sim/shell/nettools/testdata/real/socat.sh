h A socat - TCP:10.0.0.2:80
h A socat foo -
h A socat - TCP:10.0.0.2
h A socat - 
h A socat - TCP:10.0.0.2:80,foo
h A socat - TCP:10.0.0.2:80,ttl=abc
h A socat - TCP:nohost:80
h A socat -q - -
h A socat - OPEN:/nonexistent
h A socat - TCP:10.9.9.9:80
h A socat -d -d - TCP:10.0.0.2:80
h A socat - TCP:10.0.0.9:80,connect-timeout=1
h A socat -t - TCP:10.0.0.9:80
h A socat -u -U - -
h A socat - TCP:10.0.0.2:foo
h A socat - TCP:10.0.0.2:80,bind=10.0.0.77
h A socat - TCP:10.0.0.2:80,bindtodevice=nodev
h A socat - TCP:10.0.0.2:80,bind
h A socat - UDP-LISTEN
h A socat - EXEC:'echo hi there'
h A socat -u EXEC:'echo a' -
h A socat -U - EXEC:'echo a'
echo abc | h A socat - PIPE
echo abc | h A socat -u - OPEN:w1,creat,append
echo abc | h A socat -u - CREATE:w2
echo de | h A socat -u - ./w2
cat w1 w2
h A socat -d -d  -u OPEN:w2 STDOUT
h A socat -d -d  STDIN STDOUT
B timeout 3 socat TCP-LISTEN:80,reuseaddr - & sleep .2
B socat TCP-LISTEN:80 -
wait
B timeout 3 socat TCP-LISTEN:80,reuseaddr,fork EXEC:cat & sleep .2
echo hello | h A socat - TCP:10.0.0.2:80
echo hello | h A socat -v - TCP:10.0.0.2:80,sp=4444,ttl=5,tos=16
echo hello | h A socat -d -d - TCP:10.0.0.2:80
wait
B timeout 2 socat UDP-LISTEN:53,fork SYSTEM:'read l; echo got $l from $SOCAT_PEERADDR' & sleep .2
echo hello | h A socat - UDP:10.0.0.2:53
echo hello | h A socat - UDP:10.0.0.2:53
wait
B timeout 2 socat -d -d -u UDP-RECV:53 - & sleep .2
echo hello | h A socat - UDP-SENDTO:10.0.0.2:53
wait
h A socat -x - PIPE <<< hello
h A socat -v -x - PIPE <<< hello
printf 'a\tb\001\\c\r\nd' | h A socat -v -u - STDOUT
