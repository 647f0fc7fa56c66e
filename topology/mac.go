package topology

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// MAC is an Ethernet address; the zero MAC means "not declared".
type MAC [6]byte

// IsZero reports whether no address was declared.
func (m MAC) IsZero() bool { return m == MAC{} }

// String gives the form of `ip link`: 02:00:c0:a8:0a:65.
func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// ParseMAC reads six pairs of hexadecimal digits with colons between them. It
// refuses what no device can have: all zeros and group addresses.
func ParseMAC(s string) (MAC, error) {
	var m MAC
	parts := strings.Split(s, ":")
	if len(parts) != len(m) {
		return MAC{}, fmt.Errorf("%q is not a MAC address such as 02:00:c0:a8:0a:65", s)
	}
	for i, p := range parts {
		hi, lo := -1, -1
		if len(p) == 2 {
			hi, lo = hexDigit(p[0]), hexDigit(p[1])
		}
		if hi < 0 || lo < 0 {
			return MAC{}, fmt.Errorf("%q is not a MAC address such as 02:00:c0:a8:0a:65", s)
		}
		m[i] = byte(hi<<4 | lo)
	}
	if m.IsZero() {
		return MAC{}, errors.New("00:00:00:00:00:00 is no device's address")
	}
	if m[0]&1 != 0 {
		return MAC{}, fmt.Errorf("%s is a group address (the first byte is odd); a device needs an even first byte", m)
	}
	return m, nil
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// DefaultMAC is the address that an interface gets which declares none:
// ee:ee:ee:ee:ee:ee on Calico's host ends (like cni-plugin
// pkg/dataplane/linux/dataplane_linux.go), ca:00 and the four bytes of the first
// address in pods, 02:00 and those bytes elsewhere. It is zero where there is no
// IPv4 address to take it from, and on devices that have none (lo, tunl0).
func DefaultMAC(role Role, ifname string, addr netip.Addr) MAC {
	addr = addr.Unmap()
	switch {
	case ifname == "lo" || ifname == "tunl0":
		return MAC{}
	case strings.HasPrefix(ifname, "cali"):
		return MAC{0xee, 0xee, 0xee, 0xee, 0xee, 0xee}
	case !addr.Is4():
		return MAC{}
	}
	a, first := addr.As4(), byte(0x02)
	if role == RolePod {
		first = 0xca
	}
	return MAC{first, 0, a[0], a[1], a[2], a[3]}
}
