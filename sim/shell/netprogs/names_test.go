package netprogs

import (
	"net/netip"
	"testing"
)

// Outside of a lab only 127.0.0.1 has a name: the reference's cases show ::1 as
// a number.
func TestNamesOutsideOfALab(t *testing.T) {
	names := namesOf(nil, false, netip.Prefix{})
	for addr, want := range map[string]string{"127.0.0.1": "localhost", "::1": "", "127.0.0.2": "", "10.0.0.1": ""} {
		if got := names.Host(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
}
