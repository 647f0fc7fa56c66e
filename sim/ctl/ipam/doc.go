// Package ipam hands out pod and tunnel addresses as Calico's IPAM does, to the
// same nodes in the same order: a pool is cut into blocks, a node owns blocks
// (affinity), a block gives its addresses from a first-in, first-out queue.
//
//	pool 172.16.0.0/16, block size 24
//	├─ block 172.16.158.0/24   host:k8s-w1   free: 3 4 5 … 255 1   (1 was freed, so it is last)
//	└─ block 172.16.184.0/24   host:k8s-w2   free: 2 3 4 …
//
// Which block a node takes first follows from its name alone (see startIndex).
//
// The state is in memory and has no clock and no chance of its own: the same
// calls give the same addresses. Left out are IPv6, Windows' reserved addresses,
// and the races between nodes that Calico's pending affinities are for. Blocks of
// a single address start at the clock's mercy in Calico; here at the name's.
//
// Start reading at Assign. Like libcalico-go/lib/ipam of Calico v3.28.
package ipam
