package names_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/ctl/names"
)

func load(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

func TestVethNamesAreThoseOfARealNode(t *testing.T) {
	var f struct {
		Vectors []struct{ Interface, Namespace, Pod, PrefixEnv string }
	}
	load(t, "veth-names.json", &f)
	require.NotEmpty(t, f.Vectors)
	for _, v := range f.Vectors {
		if got := names.Veth(v.PrefixEnv, v.Namespace, v.Pod); got != v.Interface {
			t.Errorf("Veth(%q, %q, %q) = %s, want %s", v.PrefixEnv, v.Namespace, v.Pod, got, v.Interface)
		}
	}
}

func TestWorkloadEndpointNames(t *testing.T) {
	type wep struct{ Node, Orchestrator, Pod, ContainerID, Workload, Endpoint, Name, ErrorField, Reason string }
	var f struct{ Vectors, Errors []wep }
	load(t, "wep-names.json", &f)
	require.NotEmpty(t, f.Vectors)
	require.NotEmpty(t, f.Errors)
	from := func(v wep) names.WEP {
		return names.WEP{Node: v.Node, Orchestrator: v.Orchestrator, Pod: v.Pod,
			ContainerID: v.ContainerID, Workload: v.Workload, Endpoint: v.Endpoint}
	}
	for _, v := range f.Vectors {
		got, err := from(v).Name()
		require.NoError(t, err)
		require.Equal(t, v.Name, got)
		back, err := names.ParseWEP(v.Name)
		require.NoError(t, err)
		require.Equal(t, from(v), back, "parsing %s gives what it was made of", v.Name)
	}
	for _, v := range f.Errors {
		_, err := from(v).Name()
		var seg *names.SegmentError
		require.ErrorAs(t, err, &seg)
		require.Equal(t, v.ErrorField, seg.Field)
		if v.Reason != "" {
			require.Equal(t, v.Reason, seg.Reason)
		}
	}
	for _, bad := range []string{"", "a", "a-k8s-b", "a-k8s-b-eth0-c", "-k8s-b-eth0", "a-k8s-b-", "a---k8s-b-eth0"} {
		_, err := names.ParseWEP(bad)
		require.Error(t, err, "%q", bad)
	}
}

func TestMACsOfTunnelsAreThoseOfARealNode(t *testing.T) {
	var f struct {
		VXLANMAC struct{ Vectors []struct{ Node, V4 string } }
	}
	load(t, "names.json", &f)
	require.NotEmpty(t, f.VXLANMAC.Vectors)
	for _, v := range f.VXLANMAC.Vectors {
		mac := names.VTEPMAC(v.Node)
		require.Equal(t, v.V4, fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]), v.Node)
	}
}

func TestLongChainNamesAreHashed(t *testing.T) {
	var f struct {
		CalicoChainNames struct {
			Vectors []struct{ Prefix, ID, Chain string }
		}
	}
	load(t, "names.json", &f)
	require.NotEmpty(t, f.CalicoChainNames.Vectors)
	for _, v := range f.CalicoChainNames.Vectors {
		require.Equal(t, v.Chain, names.Chain(v.Prefix, v.ID))
	}
	// 28 characters stay, unless they look like a hash.
	require.Equal(t, "cali-pri-ksa.default.default", names.Chain("cali-pri-", "ksa.default.default"))
	require.NotEqual(t, "cali-pri-_sa.default.default", names.Chain("cali-pri-", "_sa.default.default"))
	require.Len(t, names.Chain("cali-pri-", "_sa.default.default"), 28)
}

func TestRuleHashesFollowTheWholeChain(t *testing.T) {
	type rule struct{ Felix, Hash string }
	var f struct {
		Tables      map[string]map[string][]rule
		NoWorkloads map[string][]rule
	}
	load(t, "iptables-k8s-w1.json", &f)
	require.Len(t, f.Tables, 4)
	f.Tables["noWorkloads"] = f.NoWorkloads
	for table, chains := range f.Tables {
		for chain, rules := range chains {
			var in, want []string
			for _, r := range rules {
				in, want = append(in, r.Felix), append(want, r.Hash)
			}
			if got := names.RuleHashes(chain, in); len(want) > 0 {
				require.Equal(t, want, got, "table %s chain %s", table, chain)
			}
		}
	}
	require.Equal(t, []string{"S93hcgKJrXEqnTfs", "mp77cMpurHhyjLrM"}, names.RuleHashes("FORWARD*appends*", []string{
		`-m comment --comment "Policy explicitly accepted packet." -m mark --mark 0x10000/0x10000 --jump ACCEPT`,
		`--jump MARK --set-mark 0x10000/0x10000`,
	}))
}

func TestPodNetnsIsALegalName(t *testing.T) {
	require.Equal(t, "pod1", names.PodNetns("default", "pod1"))
	require.Equal(t, "pod1", names.PodNetns("", "pod1"))
	require.Equal(t, "coredns-abc.kube-system", names.PodNetns("kube-system", "coredns-abc"))
}

func FuzzParseWEP(f *testing.F) {
	f.Add("k8s--w1-k8s-pod1-eth0")
	f.Add("a-----b")
	f.Fuzz(func(t *testing.T, s string) {
		w, err := names.ParseWEP(s)
		if err != nil {
			return
		}
		if again, err := w.Name(); err != nil || again != s {
			t.Fatalf("%q parsed to %+v, which prints %q, %v", s, w, again, err)
		}
	})
}
