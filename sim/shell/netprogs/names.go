package netprogs

import (
	"fmt"
	"net/netip"
	"strings"

	"hoplab/packet/filter"
	"hoplab/packet/tcpdump"
	"hoplab/sim/netdev"
	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

// namesOf is what tcpdump without -n calls things: the hosts of /etc/hosts, the
// stations of /etc/ethers and the services of Debian. Nobody answers PTR queries
// for it. With -f, local tells which addresses have names.
func namesOf(c *shell.Call, short bool, local netip.Prefix) *tcpdump.Names {
	names := &tcpdump.Names{Short: short}
	if c == nil { // the one line that every machine has in its file; not all of them name ::1
		names.Host = func(a netip.Addr) string {
			if a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
				return "localhost"
			}
			return ""
		}
		return names
	}
	known := map[netip.Addr]string{} // what was looked up
	names.Host = func(a netip.Addr) string {
		name, seen := known[a]
		if seen {
			return name
		}
		if !local.IsValid() || !a.Is4() || local.Contains(a) {
			name = readHosts(c.View).name(a)
		}
		known[a] = name
		return name
	}
	if stations := readEthers(c.View); len(stations) > 0 {
		names.Ether = func(a [6]byte) string { return stations[a] }
	}
	return names
}

// filterNames is what expressions may call things.
func filterNames(c *shell.Call) (n filter.Names) {
	if c == nil {
		return n
	}
	for name, text := range map[string]*string{ // any order: each sets its own field
		"hosts": &n.Hosts, "services": &n.Services, "protocols": &n.Protocols, "networks": &n.Networks, "ethers": &n.Ethers,
	} {
		if b, err := c.View.ReadFile("/etc/" + name); err == nil {
			*text = string(b)
		}
	}
	return n
}

// readEthers reads ethers(5).
func readEthers(v vfs.View) map[[6]byte]string {
	text, err := v.ReadFile("/etc/ethers")
	if err != nil {
		return nil
	}
	stations := map[[6]byte]string{}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		var a [6]byte
		var name string
		if _, err := fmt.Sscanf(line, "%x:%x:%x:%x:%x:%x %s", &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], &name); err == nil {
			stations[a] = name
		}
	}
	return stations
}

// localNet is pcap_lookupnet: the network of the device's first address. With
// any, all addresses are local.
func localNet(dev *netdev.Device, addresses []netip.Prefix) (netip.Prefix, error) {
	if dev == nil {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), nil
	}
	for _, p := range addresses {
		if p.Addr().Is4() {
			return p.Masked(), nil
		}
	}
	return netip.PrefixFrom(netip.IPv4Unspecified(), 0), fmt.Errorf("%s: no IPv4 address assigned", dev.Name)
}
