package iproute

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorded builds the network of a recording.
func recorded(t *testing.T, name string) *machine {
	t.Helper()
	data, err := os.ReadFile("testdata/kernel/" + name + ".txt")
	require.NoError(t, err)
	script, _, _ := strings.Cut(string(data), "\n-- ")
	m := newMachine(t)
	m.must(strings.Split(script, "\n")...)
	return m
}

// within runs a line in a namespace that must succeed.
func (m *machine) within(ns, line string) string {
	var out bytes.Buffer
	require.Zero(m.t, m.run(m.lab.Namespace(ns), strings.Fields(line), &out), line)
	return out.String()
}

func TestWhatTheTunnelTaughtIsShown(t *testing.T) {
	m := recorded(t, "pod-to-pod-cross-node-ipip-warm")
	m.must("sleep 600", "ip netns exec pod1 ping -c 1 172.16.184.1", "sleep 2")
	for _, tt := range []struct{ ns, line, want string }{
		{"k8s-w1", "ip route get 172.16.184.1", "172.16.184.1 via 192.168.10.102 dev tunl0 src 172.16.158.0 uid 0 \n    cache expires 598sec mtu 1480 \n"},
		{"k8s-w1", "ip -j route get 172.16.184.1", `[{"dst":"172.16.184.1","gateway":"192.168.10.102","dev":"tunl0","prefsrc":"172.16.158.0","flags":[],"uid":0,"cache":[],"expires":598,"metrics":[{"mtu":1480}]}]` + "\n"},
		{"k8s-w1", "ip route show cache", "172.16.184.1 via 192.168.10.102 dev tunl0 \n    cache expires 598sec mtu 1480 \n"},
		{"k8s-w1", "ip route show table cache dev ens5", ""},
		{"k8s-w1", "ip route get 172.16.158.1", "172.16.158.1 dev calice0906292e2 src 192.168.10.101 uid 0 \n    cache \n"},
		{"k8s-w1", "ip route get 172.16.184.2 from 172.16.158.1 iif calice0906292e2", "172.16.184.2 from 172.16.158.1 via 192.168.10.102 dev tunl0 \n    cache iif calice0906292e2 \n"},
		{"k8s-w1", "ip tunnel", "tunl0: any/ip remote any local any ttl inherit nopmtudisc\n"},
		{"lan", "bridge fdb show dev k8s-w1", "02:00:c0:a8:0a:65 master br0 \n"},
		{"lan", "bridge link show dev k8s-w1", "4: k8s-w1@br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 \n"},
	} {
		if tt.line == "bridge fdb show dev k8s-w1" {
			require.True(t, strings.HasPrefix(m.within(tt.ns, tt.line), tt.want), tt.line)
			continue
		}
		require.Equal(t, tt.want, m.within(tt.ns, tt.line), tt.line)
	}
	m.must("ip -n k8s-w1 route flush cache")
	require.Empty(t, m.within("k8s-w1", "ip route show cache"))
}

func TestAPodsHostSideLosesItsCarrierWithThePod(t *testing.T) {
	m := recorded(t, "pod-to-pod-cross-node-ipip-cold")
	m.must("ip -n pod1 link set eth0 down")
	require.Equal(t, "calice0906292e2@if3 LOWERLAYERDOWN ee:ee:ee:ee:ee:ee <NO-CARRIER,BROADCAST,MULTICAST,UP> \n", m.within("k8s-w1", "ip -br link show calice0906292e2"))
	require.Equal(t, "172.16.158.1 scope link linkdown \n", m.within("k8s-w1", "ip route show dev calice0906292e2"))
	m.must("ip netns del pod1")
	require.NotContains(t, m.within("k8s-w1", "ip link"), "calice0906292e2")
}
