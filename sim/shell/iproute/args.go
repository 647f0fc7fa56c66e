package iproute

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet"
)

// fault ends a command: a text for stderr and an exit status. Status 255 ends
// a batch too, as exit(-1) in the middle of iproute2 does.
type fault struct {
	status int
	text   string // without the last newline; empty: nothing is printed
}

// Error is the text.
func (f *fault) Error() string { return f.text }

func fail(status int, format string, args ...any) error {
	return &fault{status, fmt.Sprintf(format, args...)}
}

// The errors that iproute2 has functions for: lib/utils.c.

func incomplete() error { return fail(255, `Command line is not complete. Try option "help"`) }

func missing(key string) error {
	return fail(255, `Not enough information: "%s" argument is required.`, key)
}

// invalid is invarg; a why that ends in \n gives an empty line.
func invalid(why, arg string) error { return fail(255, `Error: argument "%s" is wrong: %s`, arg, why) }

func duplicate(key, arg string) error {
	return fail(255, `Error: duplicate "%s": "%s" is the second value.`, key, arg)
}

// garbage is duparg2.
func garbage(key, arg string) error {
	return fail(255, `Error: either "%s" is duplicate, or "%s" is a garbage.`, key, arg)
}

// noDevice is nodev.
func noDevice(name string) error { return fail(1, `Cannot find device "%s"`, name) }

func notModelled(format string, args ...any) error {
	return fail(255, "not modelled: "+format, args...)
}

// matches says that word abbreviates full, as iproute2 allows.
func matches(word, full string) bool { return word != "" && strings.HasPrefix(full, word) }

// args are the words of a command that are still to be read.
type args struct{ list []string }

func (a *args) more() bool { return len(a.list) > 0 }

// peek is the next word, empty if there is none.
func (a *args) peek() string {
	if len(a.list) == 0 {
		return ""
	}
	return a.list[0]
}

// next takes the next word: NEXT_ARG.
func (a *args) next() (string, error) {
	if len(a.list) == 0 {
		return "", incomplete()
	}
	w := a.list[0]
	a.list = a.list[1:]
	return w, nil
}

// number takes a number; why is what iproute2 says of one that is none.
func (a *args) number(why string) (int, error) {
	w, err := a.next()
	if err != nil {
		return 0, err
	}
	n, ok := parseNumber(w)
	if !ok {
		return 0, invalid(why, w)
	}
	return n, nil
}

// parseNumber reads a number that is not negative, as get_unsigned does with
// base 0.
func parseNumber(w string) (int, bool) {
	if strings.ContainsAny(w, "_bBoO+-") {
		return 0, false
	}
	n, err := strconv.ParseUint(w, 0, 32)
	return int(n), err == nil
}

// family is what a command expects of addresses: get_prefix and get_addr.
type family uint8

const (
	anyFamily family = iota
	inet
	inet6
	link // AF_PACKET: -0
)

func (f family) String() string {
	switch f {
	case inet:
		return "inet"
	case inet6:
		return "inet6"
	case link:
		return "link"
	}
	return "any valid"
}

// prefix reads an address with or without a length: get_prefix. length says
// that one was given. "any", "all" and "default" are 0.0.0.0/0.
func (f family) prefix(w string) (p netip.Prefix, length bool, err error) {
	if w == "default" || w == "any" || w == "all" {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), false, nil
	}
	host, bits, length := strings.Cut(w, "/")
	a, ok := parseIPv4(host)
	n := 32
	if ok && length {
		n, ok = parseMask(bits)
	}
	if !ok || f == inet6 {
		if f != inet && isIPv6(host) {
			return p, false, notModelled("IPv6 address %s", w)
		}
		return p, false, fail(1, `Error: %s prefix is expected rather than "%s".`, f, w)
	}
	return netip.PrefixFrom(a, n), length, nil
}

// addr reads an address: get_addr.
func (f family) addr(w string) (netip.Addr, error) {
	if w == "default" || w == "any" || w == "all" {
		return netip.IPv4Unspecified(), nil
	}
	a, ok := parseIPv4(w)
	if !ok || f == inet6 {
		if f != inet && isIPv6(w) {
			return a, notModelled("IPv6 address %s", w)
		}
		return a, fail(1, `Error: %s address is expected rather than "%s".`, f, w)
	}
	return a, nil
}

func isIPv6(w string) bool {
	a, err := netip.ParseAddr(w)
	return err == nil && a.Is6()
}

// parseIPv4 is get_addr_ipv4: bytes that are missing at the end are 0.
func parseIPv4(w string) (netip.Addr, bool) {
	var b [4]byte
	parts := strings.Split(w, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	for i, s := range parts {
		n, ok := parseNumber(s)
		if !ok || n > 255 {
			return netip.Addr{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}

// parseMask reads a prefix length or a netmask: get_netmask.
func parseMask(w string) (int, bool) {
	if n, ok := parseNumber(w); ok {
		return n, n <= 32
	}
	a, ok := parseIPv4(w)
	if !ok || strings.Count(w, ".") != 3 {
		return 0, false
	}
	for n := 0; n <= 32; n++ {
		if m, _ := netip.AddrFrom4([4]byte{255, 255, 255, 255}).Prefix(n); m.Addr() == a {
			return n, true
		}
	}
	return 0, false
}

// parseMAC reads a link layer address: ll_addr_a2n. The text is what iproute2
// says of a bad one.
func parseMAC(w string) (b []byte, err error) {
	for s := range strings.SplitSeq(w, ":") {
		n, ok := scanHex(s)
		if !ok {
			return nil, fail(1, `"%s" is invalid lladdr.`, s)
		}
		if n > 255 {
			return nil, fail(1, `"%s" is invalid lladdr.`, s)
		}
		if len(b) < 20 {
			b = append(b, byte(n))
		}
	}
	return b, nil
}

// scanHex is sscanf's %x: what follows the digits is not looked at.
func scanHex(s string) (int, bool) {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X")
	n := 0
	for n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
		n++
	}
	v, err := strconv.ParseUint(s[:n], 16, 32)
	return int(v), err == nil
}

// ethernet makes a MAC address of the bytes of one.
func ethernet(b []byte) (packet.MAC, error) {
	if len(b) != len(packet.MAC{}) {
		return packet.MAC{}, fail(1, "Invalid address length %d - must be %d bytes", len(b), len(packet.MAC{}))
	}
	return packet.MAC(b), nil
}

// onOff reads "on" or "off" for the option key: parse_on_off.
func (a *args) onOff(key string) (bool, error) {
	w, err := a.next()
	switch {
	case err != nil:
		return false, err
	case w == "on":
		return true, nil
	case w == "off":
		return false, nil
	}
	return false, fail(1, `Error: argument of "%s" must be "on" or "off", not "%s"`, key, w)
}
