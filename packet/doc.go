// Package packet holds bytes and their meaning: a pooled buffer with headroom,
// checked views over Ethernet, ARP, IPv4, ICMP, UDP and TCP headers, and the
// Internet checksum.
//
// It knows no node, no route and no time. A view (IPv4, ICMP, …) is a slice
// whose length was checked once by the Parse function that made it; after
// that its accessors cannot fail. Start reading at Buffer.
package packet
