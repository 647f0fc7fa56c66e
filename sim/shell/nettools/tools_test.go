package nettools_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
	"hoplab/sim/simtest"
	"hoplab/topology"
)

// pair is a lab of two machines, a and b, with one wire between them: e0 on
// both, 10.0.0.1/24 and 10.0.0.2/24. a has e1 besides, a dummy without address.
func pair(t testing.TB) *bench {
	t.Helper()
	e0 := func(mac, addr, peer string) *topology.Interface {
		m, err := topology.ParseMAC(mac)
		require.NoError(t, err)
		p := netip.MustParsePrefix(addr)
		return &topology.Interface{Name: "e0", Kind: topology.Veth, MTU: 1500, MAC: m, Up: true, Peer: topology.Endpoint{Machine: peer, Interface: "e0"},
			Addresses: []topology.Address{{Prefix: p, Scope: topology.ScopeGlobal}}}
	}
	lab, err := sim.New(&topology.Lab{Name: "pair", Seed: 1, Machines: []*topology.Machine{
		{Name: "a", Role: topology.RoleHost, Interfaces: []*topology.Interface{e0("02:00:00:00:00:01", "10.0.0.1/24", "b"), {Name: "e1", Kind: topology.Dummy, MTU: 1500, Up: true}}},
		{Name: "b", Role: topology.RoleHost, Interfaces: []*topology.Interface{e0("02:00:00:00:00:02", "10.0.0.2/24", "a")}},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { simtest.Check(t, lab) })
	return newBench(t, lab)
}

// step is a command and what it prints, stdout and stderr in one, and its exit
// status.
type step struct {
	command string
	want    string
	status  int
}

// play runs steps one after the other on machine a. A text that ends in "…"
// is the beginning of what is printed.
func play(t *testing.T, b *bench, steps []step) {
	t.Helper()
	for _, s := range steps {
		got, status := b.run(t, "a", s.command)
		want, part := strings.CutSuffix(s.want, "…")
		if part && strings.HasPrefix(got, want) {
			got = want
		}
		if got != want {
			t.Errorf("%s prints\n%s\nand should print\n%s", s.command, got, want)
		}
		if status != s.status {
			t.Errorf("%s: exit status %d, and should be %d\n%s", s.command, status, s.status, got)
		}
	}
}

const arpHead = "Address                  HWtype  HWaddress           Flags Mask            Iface\n"

// What arp of net-tools 2.10 printed on a real kernel.
func TestARPPrintsWhatRealARPPrints(t *testing.T) {
	play(t, pair(t), []step{
		{"arp", "", 0},
		{"arp -s 10.0.0.5 02:00:00:00:00:05", "", 0},
		{"arp -s 10.0.0.10 02:00:00:00:00:0a temp", "", 0},
		{"arp -Ds 10.0.0.77 e0 pub", "", 0},
		{"arp", arpHead +
			"10.0.0.5                 ether   02:00:00:00:00:05   CM                    e0\n" +
			"10.0.0.10                ether   02:00:00:00:00:0a   C                     e0\n" +
			"10.0.0.77                *       <from_interface>    MP                    e0\n", 0},
		{"arp -a", "? (10.0.0.5) at 02:00:00:00:00:05 [ether] PERM on e0\n" +
			"? (10.0.0.10) at 02:00:00:00:00:0a [ether] on e0\n" +
			"? (10.0.0.77) at <from_interface> PERM PUB on e0\n", 0},
		{"cat /proc/net/arp", "IP address       HW type     Flags       HW address            Mask     Device\n" +
			"10.0.0.5         0x1         0x6         02:00:00:00:00:05     *        e0\n" +
			"10.0.0.10        0x1         0x2         02:00:00:00:00:0a     *        e0\n" +
			"10.0.0.77        0x1         0xc         00:00:00:00:00:00     *        e0\n", 0},
		{"arp -n 10.0.0.5", arpHead + "10.0.0.5                 ether   02:00:00:00:00:05   CM                    e0\n", 0},
		{"arp -n 10.0.0.99", "10.0.0.99 (10.0.0.99) -- no entry\n", 0},
		{"arp -a 10.0.0.99", "arp: in 3 entries no match found.\n", 0},
		{"arp -i nosuch -n", "arp: in 3 entries no match found.\n", 0},
		{"arp -nv -i e1", "Entries: 3\tSkipped: 3\tFound: 0\narp: in 3 entries no match found.\n", 0},
		{"arp -d 10.0.0.99", "No ARP entry for 10.0.0.99\n", 255},
		{"arp -d 10.0.0.5", "", 0},
		{"arp -d 10.0.0.10", "", 0},
		{"arp -d 10.0.0.77", "", 0},
		{"arp", "", 0},
		{"arp -s 10.0.0.9", "arp: need hardware address\n", 255},
		{"arp -s 10.0.0.11 zz", "arp: invalid hardware address\n", 255},
		{"arp -s 99.0.0.11 02:00:00:00:00:09", "SIOCSARP: Network is unreachable\n", 255},
		{"arp -d", "arp: need host name\n", 255},
		{"arp -x", "arp: invalid option -- 'x'\nUsage:\n…", 3},
		{"arp -f x", "arp: not modelled: -f\n", 3},
	})
}

// What route and netstat -r of net-tools 2.10 printed on a real kernel.
func TestRoutePrintsWhatRealRoutePrints(t *testing.T) {
	b := pair(t)
	for _, r := range []string{"10.5.0.0/16 via 10.0.0.2 metric 20", "blackhole 10.6.0.0/16", "unreachable 10.7.0.0/16", "prohibit 10.7.1.1/32", "1.2.3.4 dev e1", "default via 10.0.0.2 mtu 1400 advmss 1300"} {
		require.NoError(t, b.lab.Command("a", "ip route add "+r, "test"))
	}
	const head = "Kernel IP routing table\nDestination     Gateway         Genmask         Flags "
	const noMatch = "Usage: inet_route [-vF] del {-host|-net} Target[/prefix] [gw Gw] [metric M] [[dev] If]\n…"
	play(t, b, []step{
		{"route", head + "Metric Ref    Use Iface\n" +
			"default         10.0.0.2        0.0.0.0         UG    0      0        0 e0\n" +
			"1.2.3.4         0.0.0.0         255.255.255.255 UH    0      0        0 e1\n" +
			"10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 e0\n" +
			"10.5.0.0        10.0.0.2        255.255.0.0     UG    20     0        0 e0\n" +
			"10.6.0.0        0.0.0.0         255.255.0.0     U     0      0        0 *\n" +
			"10.7.0.0        -               255.255.0.0     !     0      -        0 -\n" +
			"10.7.1.1        -               255.255.255.255 !H    0      -        0 -\n", 0},
		{"route -nee", head + "Metric Ref    Use Iface    MSS   Window irtt\n" +
			"0.0.0.0         10.0.0.2        0.0.0.0         UG    0      0        0 e0       1340  0      0\n" +
			"1.2.3.4         0.0.0.0         255.255.255.255 UH    0      0        0 e1       0     0      0\n" +
			"10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 e0       0     0      0\n" +
			"10.5.0.0        10.0.0.2        255.255.0.0     UG    20     0        0 e0       0     0      0\n" +
			"10.6.0.0        0.0.0.0         255.255.0.0     U     0      0        0 *        0     0      0\n" +
			"10.7.0.0        -               255.255.0.0     !     0      -        0 -        -     -      -\n" +
			"10.7.1.1        -               255.255.255.255 !H    0      -        0 -        -     -      -\n", 0},
		{"netstat -rn", head + "  MSS Window  irtt Iface\n" +
			"0.0.0.0         10.0.0.2        0.0.0.0         UG     1340 0          0 e0\n" +
			"1.2.3.4         0.0.0.0         255.255.255.255 UH        0 0          0 e1\n" +
			"10.0.0.0        0.0.0.0         255.255.255.0   U         0 0          0 e0\n" +
			"10.5.0.0        10.0.0.2        255.255.0.0     UG        0 0          0 e0\n" +
			"10.6.0.0        0.0.0.0         255.255.0.0     U         0 0          0 *\n" +
			"10.7.0.0        -               255.255.0.0     !         - -          - -\n" +
			"10.7.1.1        -               255.255.255.255 !H        - -          - -\n", 0},
		{"route add 10.9.0.0", "SIOCADDRT: No such device\n", 7},
		{"route add -net 10.9.0.0 netmask 255.255.0.0 gw 10.0.0.3", "", 0},
		{"route add -net 10.10.0.0/16 dev e1", "", 0},
		{"route add -host 10.11.0.1 gw 10.0.0.3 metric 5", "", 0},
		{"route add -net 10.12.0.0/16 reject", "", 0},
		{"route add -net 10.9.1.1 netmask 255.255.0.0 gw 10.0.0.3", "route: netmask doesn't match route address\n" + noMatch, 3},
		{"route add -host 10.11.0.1 gw 77.0.0.3", "SIOCADDRT: Network is unreachable\n", 7},
		{"route add default gw 10.0.0.9", "", 0},
		{"route del default", "", 0},
		{"route del default", "", 0},
		{"route del default", "SIOCDELRT: No such process\n", 7},
		{"route del -net 99.0.0.0/8", "SIOCDELRT: No such process\n", 7},
		{"route add 10.13.0.1 dev nosuch", "SIOCADDRT: No such device\n", 7},
		{"route add -net 10.9.0.0 gw 10.0.0.3", "SIOCADDRT: Invalid argument\n", 7},
		{"route add 10.14.0.0/16 gw 10.0.0.3", "route: netmask 0000ffff doesn't make sense with host route\n" + noMatch, 3},
		{"route add 10.15.0.1 gw 10.0.0.3 irtt 40", "route: not modelled: route … irtt\n", 3},
		{"route -n", head + "Metric Ref    Use Iface\n" +
			"1.2.3.4         0.0.0.0         255.255.255.255 UH    0      0        0 e1\n" +
			"10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 e0\n" +
			"10.5.0.0        10.0.0.2        255.255.0.0     UG    20     0        0 e0\n" +
			"10.6.0.0        0.0.0.0         255.255.0.0     U     0      0        0 *\n" +
			"10.7.0.0        -               255.255.0.0     !     0      -        0 -\n" +
			"10.7.1.1        -               255.255.255.255 !H    0      -        0 -\n" +
			"10.9.0.0        10.0.0.3        255.255.0.0     UG    0      0        0 e0\n" +
			"10.10.0.0       0.0.0.0         255.255.0.0     U     0      0        0 e1\n" +
			"10.11.0.1       10.0.0.3        255.255.255.255 UGH   5      0        0 e0\n" +
			"10.12.0.0       -               255.255.0.0     !     0      -        0 -\n", 0},
		{"route del -net 10.9.0.0/16 gw 10.0.0.3", "", 0},
		{"route del -net 10.10.0.0 netmask 255.255.0.0", "", 0},
		{"route del -host 10.11.0.1", "", 0},
		{"route del -net 10.12.0.0/16 reject", "", 0},
		{"route foo", "Usage: route [-nNvee] [-FC] [<AF>]           List kernel routing tables\n…", 3},
	})
}

// What ifconfig of net-tools 2.10 printed on a real kernel.
func TestIfconfigPrintsWhatRealIfconfigPrints(t *testing.T) {
	const counters = "        RX packets 0  bytes 0 (0.0 B)\n        RX errors 0  dropped 0  overruns 0  frame 0\n" +
		"        TX packets 0  bytes 0 (0.0 B)\n        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n\n"
	play(t, pair(t), []step{
		{"ifconfig lo", "lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n        loop  txqueuelen 1000  (Local Loopback)\n" + counters, 0},
		{"ifconfig e0", "e0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n        inet 10.0.0.1  netmask 255.255.255.0  broadcast 0.0.0.0\n" +
			"        ether 02:00:00:00:00:01  txqueuelen 1000  (Ethernet)\n" + counters, 0},
		{"ifconfig -s e0", "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n" +
			"e0               1500        0      0      0 0             0      0      0      0 BMRU\n", 0},
		{"ifconfig nosuch", "nosuch: error fetching interface information: Device not found\n", 1},
		{"ifconfig nosuch up", "nosuch: ERROR while getting interface flags: No such device\n", 255},
		{"ifconfig e0 10.2.0.1 netmask 255.255.255.128 broadcast 10.2.0.127", "", 0},
		{"ifconfig e0 mtu 1400", "", 0},
		{"ifconfig e0 mtu 20", "SIOCSIFMTU: Invalid argument\n", 1},
		{"ifconfig e0", "e0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1400\n        inet 10.2.0.1  netmask 255.255.255.128  broadcast 10.2.0.127\n" +
			"        ether 02:00:00:00:00:01  txqueuelen 1000  (Ethernet)\n" + counters, 0},
		{"ifconfig e0 down", "", 0},
		{"ifconfig e0", "e0: flags=4098<BROADCAST,MULTICAST>  mtu 1400\n        inet 10.2.0.1  netmask 255.255.255.128  broadcast 10.2.0.127\n…", 0},
		{"ifconfig e0 10.99.0.1 up", "", 0},
		{"ifconfig e0", "e0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1400\n        inet 10.99.0.1  netmask 255.0.0.0  broadcast 10.255.255.255\n…", 0},
		{"ifconfig e0 netmask 255.255.0.0", "", 0},
		{"ifconfig e0", "e0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1400\n        inet 10.99.0.1  netmask 255.255.0.0  broadcast 10.99.255.255\n…", 0},
		{"ifconfig e0 0.0.0.0", "", 0},
		{"ifconfig e0", "e0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1400\n        ether 02:00:00:00:00:01  txqueuelen 1000  (Ethernet)\n" + counters, 0},
		{"ifconfig e0 netmask 255.255.0.0", "SIOCSIFNETMASK: Cannot assign requested address\n", 1},
		{"ifconfig e0 foo", "foo: Host name lookup failure\nifconfig: `--help' gives usage information.\n", 1},
		{"ifconfig -x", "ifconfig: option `-x' not recognised.\nifconfig: `--help' gives usage information.\n", 1},
		{"ifconfig e0 promisc", "ifconfig: not modelled: promisc\n", 1},
	})
}

// What sysctl of procps 4.0.2 printed on a real kernel.
func TestSysctlPrintsWhatRealSysctlPrints(t *testing.T) {
	b := pair(t)
	conf := "# c\n; d\n net.ipv4.ip_forward = 1 \n-net.ipv4.foo=1\nnet.ipv4.bar=1\nnet.ipv4.conf.*.rp_filter=2\n-net.ipv4.conf.e0.rp_filter\ngarbage\nnet.ipv4.ip_default_ttl=65"
	require.NoError(t, b.sh.View().WriteFile("/tmp/s.conf", []byte(conf), 0o644))
	play(t, b, []step{
		{"sysctl net.ipv4.ip_forward", "net.ipv4.ip_forward = 0\n", 0},
		{"sysctl -n net.ipv4.ip_forward", "0\n", 0},
		{"sysctl -N net.ipv4.ip_forward", "net.ipv4.ip_forward\n", 0},
		{"sysctl -b net.ipv4.ip_forward", "0", 0},
		{"sysctl net/ipv4/conf/e0/rp_filter", "net.ipv4.conf.e0.rp_filter = 0\n", 0},
		{"sysctl -w net.ipv4.ip_forward=1", "net.ipv4.ip_forward = 1\n", 0},
		{"sysctl -q -w net.ipv4.ip_forward=1", "", 0},
		{"sysctl net.ipv4.conf.e1.forwarding", "net.ipv4.conf.e1.forwarding = 1\n", 0},
		{"sysctl net.ipv4.ip_forward=0", "net.ipv4.ip_forward = 0\n", 0},
		{"sysctl -w net.ipv4.ip_forward", "sysctl: command line(0): invalid syntax, continuing...\n", 1},
		{"sysctl net.ipv4.foo=1", "sysctl: cannot stat /proc/sys/net/ipv4/foo: No such file or directory\n", 1},
		{"sysctl -e net.ipv4.foo=1", "", 0},
		{"sysctl -w net.ipv4.ip_default_ttl=0", "sysctl: setting key \"net.ipv4.ip_default_ttl\": Invalid argument\n", 1},
		{"sysctl -w net.ipv4.ip_forward=abc", "sysctl: setting key \"net.ipv4.ip_forward\": Invalid argument\n", 1},
		{"sysctl -w net.ipv4.ip_forward=", "sysctl: setting key \"net.ipv4.ip_forward\": Invalid argument\n", 1},
		{"sysctl -x", "sysctl: no variables specified\nTry `sysctl --help' for more information.\n", 1},
		{"sysctl -ar e0.rp_filter", "net.ipv4.conf.e0.rp_filter = 0\n", 0},
		{"sysctl net.ipv4.conf.nosuch.rp_filter", "sysctl: cannot stat /proc/sys/net/ipv4/conf/nosuch/rp_filter: No such file or directory\n", 1},
		{"sysctl -p /nonexist", "sysctl: cannot open \"/nonexist\": No such file or directory\n", 1},
		{"sysctl -n net.ipv4.ip_forward net.ipv4.foo net.ipv4.ip_default_ttl", "0\nsysctl: cannot stat /proc/sys/net/ipv4/foo: No such file or directory\n64\n", 1},
		{"sysctl net.ipv4.route.flush", "", 0},
		{"sysctl -w net.ipv4.route.flush=1", "net.ipv4.route.flush = 1\n", 0},
		{"sysctl -p /tmp/s.conf", "sysctl: /tmp/s.conf(8): invalid syntax, continuing...\nnet.ipv4.ip_forward = 1\n" +
			"sysctl: cannot stat /proc/sys/net/ipv4/foo: No such file or directory\nsysctl: cannot stat /proc/sys/net/ipv4/bar: No such file or directory\n" +
			"net.ipv4.conf.all.rp_filter = 2\nnet.ipv4.conf.default.rp_filter = 2\nnet.ipv4.conf.e1.rp_filter = 2\nnet.ipv4.conf.lo.rp_filter = 2\nnet.ipv4.ip_default_ttl = 65\n", 1},
		{"sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1", "", 0},
		{"sysctl net.ipv4.neigh.e0.proxy_delay=0", "net.ipv4.neigh.e0.proxy_delay = 0\n", 0},

		{"sysctl net.ipv6.conf.all.disable_ipv6=0", "sysctl: not modelled: IPv6 (net.ipv6.conf.all.disable_ipv6=0)\n", 1},
		{"sysctl -e net.ipv4.tcp_sack=0", "sysctl: not modelled: sysctl net.ipv4.tcp_sack=0\n", 1},
		{"sysctl net.ipv4.conf.e0.disable_policy", "sysctl: not modelled: sysctl net.ipv4.conf.e0.disable_policy\n", 1},
		{"sysctl -w net.ipv4.tcp_sack=1", "net.ipv4.tcp_sack = 1\n", 0},
		{"sysctl --system", "sysctl: not modelled: --system\n", 1},
	})
}

// Files of /proc/sys and /sys are those of the namespace of the process.
func TestFilesShowTheNamespaceOfTheProcess(t *testing.T) {
	b := pair(t)
	v := b.sh.View()
	require.NoError(t, v.WriteFile("/proc/sys/net/ipv4/ip_default_ttl", []byte("0x20\n"), 0))
	require.Error(t, v.WriteFile("/proc/sys/net/ipv4/ip_default_ttl", []byte("no\n"), 0))
	require.NoError(t, v.WriteFile("/sys/class/net/e0/mtu", []byte("1300\n"), 0))
	require.EqualError(t, v.WriteFile("/sys/class/net/e0/mtu", []byte("20\n"), 0), "Invalid argument")
	require.EqualError(t, v.WriteFile("/sys/class/net/e0/ifindex", []byte("7\n"), 0), "Permission denied")
	for _, x := range []struct{ netns, file, want string }{
		{"a", "/proc/sys/net/ipv4/ip_default_ttl", "32\n"},
		{"b", "/proc/sys/net/ipv4/ip_default_ttl", "64\n"},
		{"a", "/sys/class/net/e0/mtu", "1300\n"},
		{"b", "/sys/class/net/e0/mtu", "1500\n"},
		{"a", "/sys/class/net/e0/address", "02:00:00:00:00:01\n"},
		{"b", "/sys/class/net/e0/operstate", "up\n"},
		{"a", "/sys/class/net/e1/operstate", "unknown\n"},
		{"a", "/sys/class/net/e0/flags", "0x1003\n"},
		{"a", "/sys/class/net/lo/type", "772\n"},
		{"a", "/sys/class/net/e0/statistics/rx_packets", "0\n"},
		{"a", "/sys/class/net/lo/broadcast", "00:00:00:00:00:00\n"},
	} {
		got, status := b.run(t, x.netns, "cat "+x.file)
		require.Zero(t, status, got)
		require.Equal(t, x.want, got, x.file)
	}
	b.lab.RunFor(1500 * time.Millisecond)
	got, _ := b.run(t, "a", "cat /proc/uptime")
	require.Equal(t, "1.50 1.50\n", got)
	list, err := v.ReadDir("/sys/class/net")
	require.NoError(t, err)
	var names []string
	for _, i := range list {
		names = append(names, i.Name())
	}
	require.Equal(t, []string{"e0", "e1", "lo"}, names)
	_, err = v.Stat("/proc/sys/net/ipv4/conf/nosuch/rp_filter")
	require.EqualError(t, err, "No such file or directory")
}

// Every file that is listed below the places can be described and read, or says
// that it has to be written.
func TestEveryListedFileCanBeRead(t *testing.T) {
	b := pair(t)
	v := b.sh.View()
	files := 0
	var walk func(dir string)
	walk = func(dir string) {
		list, err := v.ReadDir(dir)
		require.NoError(t, err, dir)
		for _, i := range list {
			name := dir + "/" + i.Name()
			if i.IsDir() {
				walk(name)
				continue
			}
			files++
			if i.FileMode&0o444 != 0 {
				_, err := v.ReadFile(name)
				require.NoError(t, err, name)
			}
		}
	}
	for _, dir := range []string{"/proc/net", "/proc/sys/net", "/sys/class/net"} {
		walk(dir)
	}
	require.Greater(t, files, 300)
}

// What arping of iputils 20221126 printed on a real kernel, but for times.
func TestArpingPrintsWhatRealArpingPrints(t *testing.T) {
	b := pair(t)
	took := func(d time.Duration, s step) {
		t.Helper()
		b.lab.RunFor(time.Second) // answers that nobody waits for any more
		start := b.lab.Now()
		got, status := b.run(t, "a", s.command)
		got = arpingTime.ReplaceAllString(got, "  Tms")
		require.Equal(t, s.want, got, s.command)
		require.Equal(t, s.status, status, s.command)
		require.Equal(t, d, b.lab.Now().Sub(start).Round(time.Second), s.command)
	}
	const answer = "Unicast reply from 10.0.0.2 [02:00:00:00:00:02]  Tms\n"
	took(2*time.Second, step{"arping -c 2 10.0.0.2", "ARPING 10.0.0.2 from 10.0.0.1 e0\n" + answer + answer + "Sent 2 probes (1 broadcast(s))\nReceived 2 response(s)\n", 0})
	took(2*time.Second, step{"arping -I e0 -c 2 10.0.0.9", "ARPING 10.0.0.9 from 10.0.0.1 e0\nSent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n", 1})
	took(0, step{"arping -I e0 -f 10.0.0.2", "ARPING 10.0.0.2 from 10.0.0.1 e0\n" + answer + "Sent 1 probes (1 broadcast(s))\nReceived 1 response(s)\n", 0})
	took(time.Second, step{"arping -I e0 -q -c 1 10.0.0.2", "", 0})
	took(2*time.Second, step{"arping -I e0 -b -c 2 10.0.0.2", "ARPING 10.0.0.2 from 10.0.0.1 e0\n" + answer + answer + "Sent 2 probes (2 broadcast(s))\nReceived 2 response(s)\n", 0})
	took(0, step{"arping -I e0 -D -c 2 10.0.0.2", "ARPING 10.0.0.2 from 0.0.0.0 e0\n" + answer + "Sent 1 probes (1 broadcast(s))\nReceived 1 response(s)\n", 1})
	took(2*time.Second, step{"arping -I e0 -D -c 2 10.0.0.77", "ARPING 10.0.0.77 from 0.0.0.0 e0\nSent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n", 0})
	took(2*time.Second, step{"arping -I e0 -U -c 2 10.0.0.1", "ARPING 10.0.0.1 from 10.0.0.1 e0\nSent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n", 0})
	took(time.Second, step{"arping -I e0 -A -c 1 10.0.0.1", "ARPING 10.0.0.1 from 10.0.0.1 e0\nSent 1 probes (1 broadcast(s))\nReceived 0 response(s)\n", 0})
	took(2*time.Second, step{"arping -I e0 -w 2 10.0.0.2", "ARPING 10.0.0.2 from 10.0.0.1 e0\n" + answer + answer + "Sent 3 probes (1 broadcast(s))\nReceived 2 response(s)\n", 0})
	took(2*time.Second, step{"arping -I e0 -c 1 -i 2 10.0.0.2", "ARPING 10.0.0.2 from 10.0.0.1 e0\n" + answer + "Sent 1 probes (1 broadcast(s))\nReceived 1 response(s)\n", 0})
	took(0, step{"arping -I nosuch -c 1 10.0.0.2", "arping: Device nosuch not available.\n", 2})
	took(0, step{"arping -I lo -c 1 127.0.0.1", "Interface \"lo\" is not ARPable\n", 2})
	took(0, step{"arping -I e0 -s 9.9.9.9 -c 1 10.0.0.2", "arping: bind: Cannot assign requested address\n", 2})
	took(0, step{"arping -c 0 10.0.0.2", "arping: invalid argument: '0': out of range: 1 <= value <= 2147483647\n", 1})
}

// Gratuitous ARP reaches the neighbours' tables.
func TestArpingUpdatesTheNeighbours(t *testing.T) {
	b := pair(t)
	b.run(t, "b", "arp -s 10.0.0.1 02:00:00:00:00:99 temp")
	b.lab.RunFor(2 * time.Second) // locktime
	b.run(t, "a", "arping -I e0 -A -c 1 10.0.0.1")
	got, _ := b.run(t, "b", "arp -n")
	require.Contains(t, got, "02:00:00:00:00:01")
}
