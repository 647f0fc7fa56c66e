// Package sock holds sockets and the programs of a machine that talk through
// them: UDP and TCP, ping, traceroute, tracepath and ncat. A program is
// straight code on a coroutine of package proc, so its waiting costs virtual
// time and nothing else.
//
// # Sockets
//
// udp.go is a UDP socket with its error queue (IP_RECVERR). TCP is RFC 9293 as
// Linux 6.1 does it: tcp.go has the calls of a program, tcplisten.go the
// listener, tcb.go a connection's variables, tcpin.go what comes in (a function
// for each state), tcpout.go what goes out, tcptimer.go the timers, tcpopt.go the
// options. Ports, and the IP header of what is sent, are package stack's
// (inet.go there). A socket is closed when the last process that holds it ends.
//
// Modelled are MSS from the path MTU, window scale, time stamps and PAWS, SACK,
// delayed and quick ACKs, Nagle's rule, slow start and congestion avoidance
// (Reno), fast retransmit, the tail loss probe, retransmission with backoff,
// zero window probes, path MTU discovery, challenge ACKs, TIME-WAIT and the
// backlog. Not modelled are keepalive, urgent data, ECN, RACK, CUBIC, SYN cookies, fast
// open, window tuning (the window is 64 KiB), and segments larger than the
// MTU, which offload shows on a real machine.
//
// # Ping
//
// Ping behaves like the ping of iputils 20221126 run by root: the same order
// of probes, waits and exits, the same text to the byte. Start reading at
// Ping; ParsePing turns the words of a command line into its options.
// What differs from a real machine, because a simulated program runs in no
// time: probes that ping sends "as fast as possible" (-f, -A, -i 0) are at
// least probeTime apart, and a measured round trip may be 0.000 ms.
//
// Not modelled, and refused: IPv6 (-6, -F, -N), source routing (more than one
// destination), -C, -S, -L to a multicast address. A stop signal has no
// effect.
//
// # Traceroute, tracepath, ncat
//
// They are traceroute 2.1.2 (UDP, -I and -T; not -g, -A, -e, --mtu), tracepath
// of iputils 20221126, and the ncat 7.93 that connects and listens over TCP and
// UDP, runs a command and probes ports (no TLS, no proxies, no broker). All
// their waiting and their turns of an event loop take virtual time: see turn. A
// command of ncat's (-c, -e) starts in no time, so it may answer what came with
// the end of the input, for which a real one is too late.
package sock
