package topology_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/topology"
)

const labWithBy = `apiVersion: hoplab/v1
kind: Lab
metadata: {name: by}
spec:
  machines:
    w1:
      role: node
      interfaces: {ens5: {type: dummy, address: 192.168.10.101/24}}
      routes:
      - default via 192.168.10.1
      - {line: blackhole 172.16.158.0/24 proto bird, by: "BIRD: own block"}
      - {line: 172.16.158.4 dev ens5 scope link, by: "CNI plugin: pod pod1"}
      sysctls:
        net.ipv4.ip_forward: {value: 1, by: Felix}
        net.ipv4.conf.all.rp_filter: 0
      rules: [{line: from all lookup 100, by: me}]
      neighbors: [{line: "192.168.10.1 lladdr 02:00:00:00:00:01 dev ens5", by: me}]
      ipsets: [{line: "create x hash:net", by: Felix}]
      iptables: [{line: "-A FORWARD -m comment --comment \"cali:abc\" -j ACCEPT", by: Felix}]
`

func TestLinesRememberWhoPutThemThere(t *testing.T) {
	b, err := topology.Parse("by.yaml", []byte(labWithBy))
	require.NoError(t, err)
	m := b.Labs[0].Machines[0]
	require.Equal(t, "", m.Routes[0].By)
	require.Equal(t, "BIRD: own block", m.Routes[1].By)
	require.Equal(t, "blackhole 172.16.158.0/24 proto bird", m.Routes[1].Text)
	require.Equal(t, topology.Pos{File: "by.yaml", Line: 11, Col: 16}, m.Routes[1].Pos)
	require.Equal(t, "CNI plugin: pod pod1", m.Routes[2].By)
	require.Equal(t, topology.Sysctl{Pos: m.Sysctls[0].Pos, Key: "net.ipv4.ip_forward", Value: "1", By: "Felix"}, m.Sysctls[0])
	require.Equal(t, "", m.Sysctls[1].By)
	for _, l := range []topology.Line{m.Rules[0], m.Neighbors[0], m.IPSets[0], m.IPTables[0]} {
		require.NotEmpty(t, l.By, l.Text)
	}

	printed := topology.MarshalLab(b.Labs[0])
	require.Contains(t, string(printed), `- {line: blackhole 172.16.158.0/24 proto bird, by: "BIRD: own block"}`)
	require.Contains(t, string(printed), "- default via 192.168.10.1\n")
	again, err := topology.Parse("again.yaml", printed)
	require.NoError(t, err)
	require.Equal(t, string(printed), string(topology.MarshalLab(again.Labs[0])))
	require.Equal(t, "CNI plugin: pod pod1", again.Labs[0].Machines[0].Routes[2].By)
}

func TestFaultsOfLinesWithBy(t *testing.T) {
	for old, row := range map[string]struct{ text, want string }{
		"{line: from all lookup 100, by: me}":                                   {"{by: me}", "line is missing"},
		"{line: \"create x hash:net\"":                                          {"{line: \"ipset create x hash:net\"", `write only what follows "ipset"`},
		"{value: 1, by: Felix}":                                                 {"{by: Felix}", "value is missing"},
		"{line: blackhole 172.16.158.0/24 proto bird, by: \"BIRD: own block\"}": {"{line: blackhole 172.16.158.0/24, dev: ens5}", `unknown key "dev"`},
	} {
		require.Contains(t, labWithBy, old)
		_, err := topology.Parse("by.yaml", []byte(strings.Replace(labWithBy, old, row.text, 1)))
		require.ErrorContains(t, err, row.want)
	}
}
