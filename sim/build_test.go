package sim_test

import (
	"io"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
	"hoplab/sim/simtest"
	"hoplab/sim/sock"
)

const chain = `
apiVersion: hoplab/v1
kind: Lab
metadata: {name: chain}
spec:
  segments: {left: {cidr: 10.1.0.0/24}, right: {cidr: 10.2.0.0/24}}
  machines:
    a: {interfaces: {eth0: {segment: left, address: 10.1.0.2/24}}, routes: ["default via 10.1.0.1"]}
    r: {role: ROLE, interfaces: {eth0: {segment: left, address: 10.1.0.1/24}, eth1: {segment: right, address: 10.2.0.1/24}}SYSCTLS}
    b: {interfaces: {eth0: {segment: right, address: 10.2.0.2/24}}, routes: ["default via 10.2.0.1"]}
`

func TestRolesDecideAboutForwardingAndSettingsWin(t *testing.T) {
	for _, tt := range []struct {
		role, sysctls string
		received      int
	}{
		{"router", "", 1},
		{"node", "", 1},
		{"host", "", 0},
		{"host", ", sysctls: {net.ipv4.ip_forward: 1}", 1},
		{"router", ", sysctls: {net.ipv4.ip_forward: 0}", 0},
	} {
		text := replace(chain, "ROLE", tt.role, "SYSCTLS", tt.sysctls)
		lab, _, err := sim.Load("chain.yaml", []byte(text))
		require.NoError(t, err)
		res, err := lab.Ping("a", netip.MustParseAddr("10.2.0.2"), 1)
		require.NoError(t, err)
		require.Equal(t, tt.received, res.Received, "%s%s", tt.role, tt.sysctls)
		simtest.Check(t, lab)
	}
}

func TestFaultsOfALabAreToldTogetherWithTheirPlaces(t *testing.T) {
	text := replace(chain, "ROLE", "router", "SYSCTLS", `,
      routes: ["10.9.0.0/16 via 10.1.0.9 dev eth7", "10.8.0.0/16 via 172.31.0.1", "nonsense of a route"],
      rules: ["from 10.0.0.0/8 lookup"],
      neighbors: ["10.1.0.7 lladdr zz dev eth0"],
      sysctls: {net.ipv4.conf.eth9.rp_filter: 1, net.ipv4.ip_default_ttl: 300},
      ipsets: ["create x hash:mac"], iptables: ["-A NOWHERE -j ACCEPT", '-A INPUT -m comment --comment "open'],
      setup: ["ip route del 10.77.0.0/16", "reboot", "sysctl -w net.ipv4.ip_forward=maybe"]`)
	_, _, err := sim.Load("chain.yaml", []byte(text))
	require.Error(t, err)
	require.Equal(t, `chain.yaml:10:16: routes: r: 10.9.0.0/16 via 10.1.0.9 dev eth7: Cannot find device "eth7"
chain.yaml:10:53: routes: r: 10.8.0.0/16 via 172.31.0.1: Error: Nexthop has invalid gateway.
chain.yaml:10:83: routes: r: nonsense of a route: Error: inet prefix is expected rather than "nonsense".
chain.yaml:11:15: rules: r: from 10.0.0.0/8 lookup: Command line is not complete. Try option "help"
chain.yaml:12:19: neighbors: r: 10.1.0.7 lladdr zz dev eth0: "zz" is invalid lladdr.
chain.yaml:13:17: sysctls: sysctl net.ipv4.conf.eth9: there is no interface "eth9" here
chain.yaml:13:50: sysctls: Invalid argument: 300 is not from 1 to 255
chain.yaml:14:16: ipsets: r: create x hash:mac: ipset v7.17: not modelled: ipset type hash:mac
chain.yaml:14:49: iptables: r: -A NOWHERE -j ACCEPT: iptables: No chain/target/match by that name.
chain.yaml:14:73: iptables: r: -A INPUT -m comment --comment "open: unterminated quote: add the closing ' or "
chain.yaml:15:15: setup: r: ip route del 10.77.0.0/16: RTNETLINK answers: No such process
chain.yaml:15:44: setup: r: reboot: not modelled: command "reboot" in setup (ip, bridge, sysctl, iptables and ipset are)
chain.yaml:15:54: setup: r: sysctl -w net.ipv4.ip_forward=maybe: sysctl net.ipv4.ip_forward: "maybe" is not a number`, err.Error())
}

func TestPingFromNowhereSaysSo(t *testing.T) {
	lab, _, err := sim.Load("chain.yaml", []byte(replace(chain, "ROLE", "router", "SYSCTLS", "")))
	require.NoError(t, err)
	_, err = lab.Ping("nobody", netip.MustParseAddr("10.2.0.2"), 1)
	require.EqualError(t, err, `there is no machine or pod called "nobody" in lab chain`)
	_, err = lab.Capture("a", "eth9")
	require.EqualError(t, err, `a has no interface "eth9"`)
	require.Error(t, lab.Command("nobody", "ip link set lo up", ""))
}

func TestARunThatNeverEndsIsGivenUp(t *testing.T) {
	lab, _, err := sim.Load("chain.yaml", []byte(replace(chain, "ROLE", "router", "SYSCTLS", "")), sim.WithEventLimit(1000))
	require.NoError(t, err)
	_, err = lab.Ping("a", netip.MustParseAddr("10.2.0.2"), 100000)
	var endless *sim.EndlessError
	require.ErrorAs(t, err, &endless)
	simtest.Check(t, lab)
}

func TestASocketBoundToADeviceHearsItsOwnAddress(t *testing.T) {
	lab, _, err := sim.Load("chain.yaml", []byte(replace(chain, "ROLE", "router", "SYSCTLS", "")))
	require.NoError(t, err)
	for dst, received := range map[string]int{"10.1.0.2": 1, "127.0.0.1": 0} { // the latter's route is by lo, so it leaves by the default route
		res, err := lab.PingWith("a", sock.PingOptions{Host: dst, Count: 1, Dev: "eth0"}, io.Discard)
		require.NoError(t, err)
		require.Equal(t, received, res.Received, "ping -I eth0 %s", dst)
	}
	simtest.Check(t, lab)
}
