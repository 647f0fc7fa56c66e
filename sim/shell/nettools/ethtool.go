package nettools

import (
	"fmt"
	"io"
	"strings"

	"hoplab/sim/netdev"
	"hoplab/sim/shell"
)

func ethtoolTool() shell.Tool {
	return shell.Tool{Name: "ethtool", Dir: "/usr/sbin", Summary: "show driver, features and statistics of an interface", Usage: "[-i|-k|-S] IF | -K IF FEATURE off...", Run: runEthtool, Options: []shell.Option{
		{Flag: "-i, --driver", Help: "show driver information"},
		{Flag: "-k, --show-features, --show-offload", Help: "show features: all are off, packets are what is on the wire"},
		{Flag: "-K, --features, --offload", Help: "turn features off; none can be turned on"},
		{Flag: "-S, --statistics", Help: "show the driver's own statistics"},
		{Flag: "--version", Help: "print the version"}, {Flag: "-h", Help: "show this help"},
		{Flag: "-s, -g, -a, -c, -l, -m, -t and others", NotModelled: true},
	}}
}

// features are what -k lists, with the short name of those that have one for
// -K.
func features() []struct{ name, short string } {
	return []struct{ name, short string }{
		{"rx-checksumming", "rx"}, {"tx-checksumming", "tx"}, {"scatter-gather", "sg"}, {"tcp-segmentation-offload", "tso"}, {"generic-segmentation-offload", "gso"},
		{"generic-receive-offload", "gro"}, {"large-receive-offload", "lro"}, {"rx-vlan-offload", "rxvlan"}, {"tx-vlan-offload", "txvlan"}, {"ntuple-filters", "ntuple"},
		{"receive-hashing", "rxhash"},
	}
}

func runEthtool(c *shell.Call) int {
	args := c.Args[1:]
	if len(args) == 0 {
		io.WriteString(c.Err, "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n")
		return 1
	}
	option := "show"
	if strings.HasPrefix(args[0], "-") {
		option, args = args[0], args[1:]
	}
	switch option {
	case "-h", "--help":
		c.Tool.Help(c.Out)
		return 0
	case "--version":
		io.WriteString(c.Out, "ethtool version 6.1\n")
		return 0
	case "-i", "--driver", "-k", "--show-features", "--show-offload", "-K", "--features", "--offload", "-S", "--statistics":
	case "show":
	default:
		return c.NotModelled(1, option)
	}
	if len(args) == 0 {
		io.WriteString(c.Err, "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n")
		return 1
	}
	d := c.NS.Device(args[0])
	if d == nil {
		return ethtoolNoDevice(c, option)
	}
	switch option {
	case "show":
		return ethtoolShow(c, d)
	case "-i", "--driver":
		return ethtoolDriver(c, d)
	case "-S", "--statistics":
		return ethtoolStatistics(c, d)
	case "-k", "--show-features", "--show-offload":
		fmt.Fprintf(c.Out, "Features for %s:\n", d.Name)
		for _, f := range features() {
			fmt.Fprintf(c.Out, "%s: off [fixed]\n", f.name)
		}
		return 0
	}
	return ethtoolFeatures(c, args[1:])
}

func ethtoolNoDevice(c *shell.Call, option string) int {
	switch option {
	case "-i", "--driver":
		io.WriteString(c.Err, "Cannot get driver information: No such device\n")
		return 71
	case "-S", "--statistics":
		io.WriteString(c.Err, "Cannot get stats strings information: No such device\n")
		return 96
	}
	const none = "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n"
	switch option {
	case "-K", "--features", "--offload":
		io.WriteString(c.Err, none)
		return 92
	case "show":
		io.WriteString(c.Err, strings.Repeat(none, 5))
		io.WriteString(c.Out, "No data available\n")
		return 75
	}
	io.WriteString(c.Err, none)
	return 1
}

func ethtoolDriver(c *shell.Call, d *netdev.Device) int {
	driver, version, none, stats := d.Kind.String(), "1.0", "", "no"
	switch d.Kind {
	case netdev.Loopback:
		io.WriteString(c.Err, "Cannot get driver information: Operation not supported\n")
		return 71
	case netdev.Bridge:
		version, none = "2.3", "N/A"
	case netdev.VXLAN:
		version = "0.1"
	case netdev.Veth, netdev.NIC: // a NIC is a veth into the segment
		driver, stats = "veth", "yes"
	}
	fmt.Fprintf(c.Out, "driver: %s\nversion: %s\nfirmware-version: %s\nexpansion-rom-version: \nbus-info: %s\nsupports-statistics: %s\n", driver, version, none, none, stats)
	for _, what := range []string{"test", "eeprom-access", "register-dump", "priv-flags"} {
		fmt.Fprintf(c.Out, "supports-%s: no\n", what)
	}
	return 0
}

// ethtoolShow is ethtool without an option.
func ethtoolShow(c *shell.Call, d *netdev.Device) int {
	fmt.Fprintf(c.Out, "Settings for %s:\n", d.Name)
	switch cfg, _ := c.NS.VXLAN(d); {
	case d.Kind == netdev.Veth || d.Kind == netdev.NIC || cfg != nil && cfg.Lower != 0: // a tunnel has those of the device below
		io.WriteString(c.Out, vethSettings)
	case cfg != nil:
		io.WriteString(c.Out, unknownSettings)
	}
	fmt.Fprintf(c.Out, "\tLink detected: %s\n", map[bool]string{true: "yes", false: "no"}[d.Carrier()])
	return 0
}

const vethSettings = `	Supported ports: [  ]
	Supported link modes:   Not reported
	Supported pause frame use: No
	Supports auto-negotiation: No
	Supported FEC modes: Not reported
	Advertised link modes:  Not reported
	Advertised pause frame use: No
	Advertised auto-negotiation: No
	Advertised FEC modes: Not reported
	Speed: 10000Mb/s
	Duplex: Full
	Auto-negotiation: off
	Port: Twisted Pair
	PHYAD: 0
	Transceiver: internal
	MDI-X: Unknown
`

var unknownSettings = strings.NewReplacer("10000Mb/s", "Unknown!", "Duplex: Full", "Duplex: Unknown! (255)", "Twisted Pair", "Other", "\tMDI-X: Unknown\n", "").Replace(vethSettings)

// ethtoolStatistics is ethtool -S. Of the kinds here only a veth has any: the
// index of its other end, by which one finds a pod's interface.
func ethtoolStatistics(c *shell.Call, d *netdev.Device) int {
	if d.Kind != netdev.Veth {
		io.WriteString(c.Err, "no stats available\n")
		return 94
	}
	index := int32(0)
	if p := d.Peer(); p != nil {
		index = p.Index
	}
	fmt.Fprintf(c.Out, "NIC statistics:\n     peer_ifindex: %d\n", index)
	for _, name := range strings.Fields("rx_queue_0_xdp_packets rx_queue_0_xdp_bytes rx_queue_0_drops rx_queue_0_xdp_redirect rx_queue_0_xdp_drops rx_queue_0_xdp_tx rx_queue_0_xdp_tx_errors tx_queue_0_xdp_xmit tx_queue_0_xdp_xmit_errors") {
		fmt.Fprintf(c.Out, "     %s: 0\n", name)
	}
	return 0
}

// ethtoolFeatures is ethtool -K: pairs of a feature and on or off.
func ethtoolFeatures(c *shell.Call, args []string) int {
	if len(args) == 0 || len(args)%2 != 0 {
		io.WriteString(c.Err, "ethtool (-K): flag '(null)' for parameter '(null)' is not followed by 'on' or 'off'\n")
		return 1
	}
	for i := 0; i < len(args); i += 2 {
		known := false
		for _, f := range features() {
			known = known || args[i] == f.name || args[i] == f.short
		}
		switch {
		case !known:
			io.WriteString(c.Err, "netlink error: bit name not found (offset 52)\nnetlink error: Operation not supported\n")
			return 92
		case args[i+1] == "on":
			return c.NotModelled(1, "-K "+args[i]+" "+args[i+1])
		case args[i+1] != "off":
			io.WriteString(c.Err, "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n")
			return 1
		}
	}
	return 0
}
