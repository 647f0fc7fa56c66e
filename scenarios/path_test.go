package scenarios_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
)

// chain is h1 - r - h2 with options for machines and the second wire.
func chain(link, h1, r, h2 string) string {
	return `
apiVersion: hoplab/v1
kind: Lab
metadata: {name: chain}
spec:
  seed: 3
  segments:
    a: {cidr: 10.0.1.0/24}
    b: {cidr: 10.0.2.0/24` + link + `}
  machines:
    h1: {role: host, interfaces: {eth0: {segment: a, address: 10.0.1.1/24}}, routes: [default via 10.0.1.254]` + h1 + `}
    x: {role: host, interfaces: {eth0: {segment: b, address: 10.0.2.9/24}}}
    r: {role: router, interfaces: {eth0: {segment: a, address: 10.0.1.254/24}, eth1: {segment: b, address: 10.0.2.254/24}}, sysctls: {net.ipv4.ip_forward: 1}` + r + `}
    h2: {role: host, interfaces: {eth0: {segment: b, address: 10.0.2.1/24}}, routes: [default via 10.0.2.254]` + h2 + `}
`
}

func TestPathIsThatOfTheFirstPacketThatArrives(t *testing.T) {
	all := "[h1:eth0, r:eth0, r:eth1, h2:eth0]"
	for _, tt := range []struct {
		name, lab, ping, path string
	}{
		{"a plain ping", chain("", "", "", ""), "-c 1 10.0.2.1", all},
		{"a lossy wire: later packets count when the first is lost", chain(", loss: 60%", "", "", ""), "-c 20 10.0.2.1", all},
		{"fragments: the one that completes the packet is followed", chain("", "", "", ""), "-c 1 -s 4000 10.0.2.1", all},
		{"fragments of a router", chain(", mtu: 600", "", "", ""), "-c 1 -s 1000 -M dont 10.0.2.1", all},
		{"duplicates on the wire", chain(", duplicate: 100%", "", "", ""), "-c 1 10.0.2.1", all},
		{"a frame that a segment floods: the copy that arrives is followed",
			chain("", "", `, neighbors: ["10.0.2.1 lladdr 02:00:0a:00:02:01 dev eth1 nud permanent"]`, ""), "-c 1 10.0.2.1", all},
		{"the own address goes by lo", chain("", "", "", ""), "-c 1 10.0.1.1", "[h1:lo]"},
		{"none arrives: the first packet, up to where it ends", chain("", "", `, setup: [ip route del 10.0.2.0/24]`, ""), "-c 1 10.0.2.1", "[h1:eth0, r:eth0]"},
		{"in and out by one interface is one crossing", chain("", "", `, routes: ["10.0.9.0/24 via 10.0.1.1"]`, ""), "-c 1 10.0.9.1", "[h1:eth0, r:eth0, h1:eth0]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rep, err := run(t, tt.lab+scenario("s", "chain", "in: h1", "run: ping "+tt.ping, "expect:", "- path: "+tt.path), scenarios.Options{})
			require.NoError(t, err)
			require.Equal(t, 0, rep.ExitCode(), "%s\n%s", rep.Steps[0].Output, rep.Steps[0].Expectations[0].Message)
		})
	}
}

func TestDropsThatAreNormalOnASegmentDoNotCountWithoutAReason(t *testing.T) {
	text := chain("", "", "", "") + scenario("s", "chain", "in: h1", "run: ping -c 1 10.0.2.1", "expect:",
		"- drop: {}", "  not: true", "- drop: {reason: arp_not_for_us}")
	rep, err := run(t, text, scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, 0, rep.ExitCode(), "%+v", rep.Steps[0].Expectations)
}

func TestFiltersKnowTheDirection(t *testing.T) {
	text := chain("", "", "", "") + scenario("s", "chain", "in: h1", "run: ping -c 3 10.0.2.1", "expect:",
		"- packets: {at: r:eth1, filter: outbound and icmp, count: 3, headers: [{ipv4: {}}, {icmp: {type: echo-request}}]}",
		"- packets: {at: r:eth1, filter: inbound and icmp, count: 3, headers: [{ipv4: {}}, {icmp: {type: echo-reply}}]}")
	rep, err := run(t, text, scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, 0, rep.ExitCode(), "%+v", rep.Steps[0].Expectations)
}

func TestFloodOfPingsIsJudged(t *testing.T) {
	text := chain("", "", "", "") + scenario("s", "chain", "in: h1", "run: ping -f -c 3000 10.0.2.1", "expect:",
		"- ping: {sent: 3000, received: 3000, loss: 0%, ttl: 63}", "- packets: {at: r:eth1, filter: icmp, count: 6000, headers: [{ipv4: {}}, {icmp: {code: 0}}]}")
	rep, err := run(t, text, scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, 0, rep.ExitCode(), "%+v", rep.Steps[0].Expectations)
}
