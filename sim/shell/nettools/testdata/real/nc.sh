h A nc -zv 10.0.0.2 80
h A nc -z 10.0.0.2 80
h A nc -zv -w 1 10.9.9.9 80
h A nc -zvn 10.0.0.2 80-82
h A nc -v -w 1 10.0.0.3 80
h A nc 
h A nc 10.0.0.2
h A nc -h
h A nc -Y
h A nc -w
h A nc -w x 10.0.0.2 1
h A nc 10.0.0.2 99999
h A nc 10.0.0.2 abc
h A nc nohost 80
h A nc -k 10.0.0.2 80
h A nc -lz 80
h A nc -zuv 10.0.0.2 53
h A nc -s 10.0.0.77 -v 10.0.0.2 80
echo hi | h A nc -u 10.0.0.2 80
B timeout 5 nc -l 80 < /dev/null & sleep .2
echo hi | h A nc -v 10.0.0.2 80
wait
B timeout 5 nc -l 80 & sleep .2
echo hi | h A nc -v -N 10.0.0.2 80
wait
B timeout 3 nc -lk 80 & sleep .2
h A nc -zv 10.0.0.2 80
h A nc -zvn 10.0.0.2 79-81
wait
B timeout 3 nc -lvu 53 </dev/null & sleep .2
echo hi | h A nc -u -w 1 10.0.0.2 53
wait
echo answer | B timeout 3 nc -lN 80 & sleep .2
h A nc -d -v 10.0.0.2 80
wait
B nc -l 10.0.0.9 80
h A nc -T foo 10.0.0.2 80
h A nc -M 300 10.0.0.2 80
h A nc -W 0 10.0.0.2 80
h A nc -q x 10.0.0.2 80
h A nc -p x 10.0.0.2 80
h A nc -i x 10.0.0.2 80
h A nc -v 10.0.0.2 http
