package felix

import "strings"

// Bytes that each encapsulation adds to a packet.
const (
	overheadIPIP        = 20 // outer IPv4
	overheadVXLAN       = 50 // outer IPv4 20, UDP 8, VXLAN 8, inner Ethernet 14
	overheadVXLANV6     = 70
	overheadWireguard   = 60
	overheadWireguardV6 = 80
)

// DefaultHostMTU is taken when no interface looks like a host's.
const DefaultHostMTU = 1500

// Encap says which encapsulations are enabled, by any pool or by configuration.
type Encap struct{ IPIP, VXLAN, VXLANV6, Wireguard, WireguardV6 bool }

// TunnelMTU is the size of tunl0, whether it is in use or not.
func TunnelMTU(host int) int { return host - overheadIPIP }

// VXLANMTU is the size of vxlan.calico.
func VXLANMTU(host int) int { return host - overheadVXLAN }

// PodMTU is the size of both ends of a pod's veth: the smallest that fits all
// enabled encapsulations.
//
// Like felix/dataplane/linux/int_dataplane.go: determinePodMTU.
func PodMTU(host int, e Encap) int {
	mtu := host
	for _, o := range [...]struct {
		on    bool
		bytes int
	}{
		{e.IPIP, overheadIPIP}, {e.VXLAN, overheadVXLAN}, {e.VXLANV6, overheadVXLANV6},
		{e.Wireguard, overheadWireguard}, {e.WireguardV6, overheadWireguardV6},
	} {
		if o.on {
			mtu = min(mtu, host-o.bytes)
		}
	}
	return mtu
}

// Device is an interface of the host.
type Device struct {
	Name string
	MTU  int // bytes
	Up   bool
}

// HostMTU is the smallest MTU of the devices that are up and look like a host's
// own (mtuIfacePattern).
//
// Like felix/dataplane/linux/int_dataplane.go: findHostMTU.
func HostMTU(devices []Device) int {
	mtu := 0
	for _, d := range devices {
		if d.Up && hostDevice(d.Name) && (mtu == 0 || d.MTU < mtu) {
			mtu = d.MTU
		}
	}
	if mtu == 0 {
		return DefaultHostMTU
	}
	return mtu
}

// hostDevice matches ^((en|wl|ww|sl|ib)[Pcopsvx].*|(eth|wlan|wwan).*).
func hostDevice(name string) bool {
	for _, p := range [...]string{"eth", "wlan", "wwan"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	for _, p := range [...]string{"en", "wl", "ww", "sl", "ib"} {
		if rest, ok := strings.CutPrefix(name, p); ok && rest != "" && strings.IndexByte("Pcopsvx", rest[0]) >= 0 {
			return true
		}
	}
	return false
}
