// Package sock holds the programs of a machine that talk through sockets. So
// far that is ping.
//
// Ping behaves like the ping of iputils 20221126 run by root: the same order
// of probes, waits and exits, the same text to the byte. It is straight code
// on a coroutine of package proc, so its waiting costs virtual time and
// nothing else. Start reading at Ping; ParsePing turns the words of a command
// line into its options.
//
// What differs from a real machine, because a simulated program runs in no
// time: probes that ping sends "as fast as possible" (-f, -A, -i 0) are at
// least probeTime apart, and a measured round trip may be 0.000 ms.
//
// Not modelled, and refused: IPv6 (-6, -F, -N), source routing (more than one
// destination), -C, -S, -L to a multicast address. A stop signal has no
// effect.
package sock
