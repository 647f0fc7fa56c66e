chain
tc() { on r1 tc qdisc "$@" dev eth2 root netem $N; on r1 tc qdisc show dev eth2; }
N="delay 100ms reorder 100%"; tc add
N="delay 10ms"; tc change
N="loss 1% 25%"; tc change
N="duplicate 5%"; tc change
N="delay 20ms 5ms 25% distribution normal"; tc change
N="corrupt 2%"; tc change
N="rate 1mbit"; tc change
N="delay 1ms"; tc replace
N="delay 1ms reorder 50% 10%"; tc change
N="loss 3%"; tc replace
