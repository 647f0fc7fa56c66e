package cni_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/ctl/cni"
	"hoplab/topology"
)

func TestAddMakesThePairOfTheStudysPod1(t *testing.T) {
	require.Equal(t, cni.Result{
		Netns:      "pod1",
		HostDevice: "calice0906292e2",
		HostMAC:    topology.MAC{0xee, 0xee, 0xee, 0xee, 0xee, 0xee},
		PodMAC:     topology.MAC{0xca, 0x00, 0xac, 0x10, 0x9e, 0x04},
		PodAddress: netip.MustParsePrefix("172.16.158.4/32"),
		PodRoutes:  []string{"169.254.1.1 dev eth0 scope link", "default via 169.254.1.1 dev eth0"},
		HostRoute:  "172.16.158.4 dev calice0906292e2 scope link",
		PodSysctls: [][2]string{{"net.ipv4.ip_forward", "0"}},
	}, cni.Add(cni.Request{Namespace: "default", Pod: "pod1", Address: netip.MustParseAddr("172.16.158.4")}))
}

func TestAnnotatedMACWins(t *testing.T) {
	mac := topology.MAC{2, 0, 0, 0, 0, 7}
	r := cni.Add(cni.Request{Namespace: "kube-system", Pod: "coredns-55cb58b774-z482n", Address: netip.MustParseAddr("172.16.158.1"), MAC: mac})
	require.Equal(t, mac, r.PodMAC)
	require.Equal(t, "cali1429ee5e74b", r.HostDevice)
	require.Equal(t, "coredns-55cb58b774-z482n.kube-system", r.Netns)
}
