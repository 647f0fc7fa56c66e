package scenarios_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
)

// plainLab is a lab of two hosts without Kubernetes.
func plainLab(name string) string {
	return "---\napiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: " + name + "}\nspec:\n  segments: {lan: {cidr: 10.0.0.0/24}}\n  machines:\n" +
		"    h1: {role: host, interfaces: {eth0: {segment: lan, address: 10.0.0.1/24}}}\n" +
		"    h2: {role: host, interfaces: {eth0: {segment: lan, address: 10.0.0.2/24}}}\n"
}

func pingH2(name, labRef string) string {
	return scenario(name, labRef, "in: h1", "run: ping -c 1 10.0.0.2", "expect:", "- ping: {received: 1}")
}

func file(name, text string) scenarios.File { return scenarios.File{Name: name, Data: []byte(text)} }

func TestNamesResolveInTheSameFileThenBesideItThenAmongTheBuiltins(t *testing.T) {
	crossNode := scenario("cross-node-ping", "study", "in: pod/pod1", "run: ping -c 1 172.16.184.1")
	for _, tt := range []struct {
		name     string
		files    []scenarios.File
		find     string
		wantFile string // of the scenario
		wantLab  string // file of the lab
		wantErr  string
	}{
		{"the same file", []scenarios.File{file("a.yaml", plainLab("lan")+pingH2("s", "lan")), file("b.yaml", plainLab("lan"))}, "s", "a.yaml", "a.yaml", ""},
		{"a file beside it", []scenarios.File{file("a.yaml", pingH2("s", "lan")), file("b.yaml", plainLab("lan"))}, "s", "a.yaml", "b.yaml", ""},
		{"the built-ins", nil, "same-node-ping", "builtin/study.yaml", "builtin/study.yaml", ""},
		{"a lab of the built-ins", []scenarios.File{file("a.yaml", crossNode)}, "cross-node-ping", "a.yaml", "builtin/study.yaml", ""},
		{"a file hides the built-in scenario", []scenarios.File{file("a.yaml", plainLab("lan")+pingH2("same-node-ping", "lan"))}, "same-node-ping", "a.yaml", "a.yaml", ""},
		{"a file hides the built-in lab", []scenarios.File{file("a.yaml", pingH2("s", "study")), file("b.yaml", plainLab("study"))}, "s", "a.yaml", "b.yaml", ""},
		{"two labs beside it", []scenarios.File{file("a.yaml", pingH2("s", "lan")), file("b.yaml", plainLab("lan")), file("c.yaml", plainLab("lan"))}, "s", "", "",
			`c.yaml:2:1: metadata.name: there is a lab "lan" already, at b.yaml:2:1; rename one of them, or name the file`},
		{"two scenarios", []scenarios.File{file("a.yaml", plainLab("lan")+pingH2("s", "lan")), file("b.yaml", plainLab("lan")+pingH2("s", "lan"))}, "s", "", "",
			`b.yaml:11:1: metadata.name: there is a scenario "s" already, at a.yaml:11:1; rename one of them, or name the file`},
		{"no such scenario", nil, "cross-node-pin", "", "", `unknown scenario "cross-node-pin"; did you mean "cross-node-ping"?`},
		{"nothing near it", nil, "dns", "", "", `unknown scenario "dns"; there is cross-node-ping, pod-to-internet, same-node-ping`},
		{"no such lab", []scenarios.File{file("a.yaml", pingH2("s", "studdy"))}, "s", "", "", `a.yaml:6:11: spec.labRef: unknown lab "studdy"; did you mean "study"?`},
		{"a broken file beside it is told when the name is missing", []scenarios.File{file("a.yaml", pingH2("s", "lan")), file("b.yaml", "{")}, "s", "", "",
			"a.yaml:6:11: spec.labRef: unknown lab \"lan\"; there is study\nb.yaml:2:1: not YAML"},
		{"a broken file beside it does not matter otherwise", []scenarios.File{file("a.yaml", plainLab("lan")+pingH2("s", "lan")), file("b.yaml", "{")}, "s", "a.yaml", "a.yaml", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := scenarios.NewResolver(tt.files...).Find(tt.find)
			if tt.wantErr != "" {
				require.ErrorContains(t, err, tt.wantErr)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.wantFile, e.File)
			require.Equal(t, tt.wantLab, e.Lab().Pos.File)
			require.Equal(t, strings.HasPrefix(tt.wantFile, "builtin/"), e.Builtin)
			rep, err := scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{})
			require.NoError(t, err)
			require.NotEqual(t, scenarios.ExitFailed, rep.ExitCode())
		})
	}
}

func TestScenarioWithoutALabMustNameOne(t *testing.T) {
	text := strings.Replace(pingH2("s", "x"), "  labRef: x\n", "", 1)
	_, err := scenarios.NewResolver(file("a.yaml", text)).Find("s")
	require.ErrorContains(t, err, "a.yaml:2:1: spec: labRef is missing, and there is no Lab in a.yaml; write labRef: study")
}

func TestPodsBesideAScenarioJoinTheLabItNames(t *testing.T) {
	text := "---\napiVersion: v1\nkind: Pod\nmetadata: {name: pod9}\nspec: {nodeName: k8s-m, containers: [{name: c, image: i}]}\n" +
		scenario("s", "study", "in: pod/pod9", "run: ping -c 1 172.16.184.1", "expect:", "- ping: {received: 1, ttl: 62}")
	rep, err := run(t, text, scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, 0, rep.ExitCode())

	_, err = run(t, strings.Replace(text, "pod9", "pod2", 2), scenarios.Options{})
	require.ErrorContains(t, err, `there is a Pod "default/pod2" already`)
}

func TestOneFileOrOneScenarioOfIt(t *testing.T) {
	r := scenarios.NewResolver(file("a.yaml", plainLab("lan")+pingH2("one", "lan")+pingH2("two", "lan")))
	all, err := r.Open("a.yaml")
	require.NoError(t, err)
	require.Len(t, all, 2)
	e, err := r.In("a.yaml", "two")
	require.NoError(t, err)
	require.Equal(t, "two", e.Scenario.Name)
	_, err = r.In("a.yaml", "twoo")
	require.EqualError(t, err, `a.yaml has no scenario "twoo"; did you mean "two"?`)
	_, err = r.Open("b.yaml")
	require.EqualError(t, err, "b.yaml was not read")
}

func TestLabByItsName(t *testing.T) {
	r := scenarios.NewResolver(file("a.yaml", plainLab("lan")))
	lab, bundle, err := r.Lab("study")
	require.NoError(t, err)
	require.Equal(t, "study", lab.Name)
	require.Len(t, bundle.Pods, 3)
	lab, _, err = r.Lab("lan")
	require.NoError(t, err)
	require.Equal(t, "a.yaml", lab.Pos.File)
	_, _, err = r.Lab("lam")
	require.EqualError(t, err, `unknown lab "lam"; did you mean "lan"?`)
}

// A file with a lab of its own may hold a scenario on another lab.
func TestAScenarioMayNameALabThatStandsElsewhere(t *testing.T) {
	own := "apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: mine}\nspec: {machines: {x: {}}}\n---\n" +
		"apiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: there}\nspec:\n  labRef: study\n  steps:\n  - {in: pod/pod1, run: ping -c 1 172.16.184.1, expect: [{ping: {received: 1}}]}\n"
	r := scenarios.NewResolver(scenarios.File{Name: "a.yaml", Data: []byte(own)})
	e, err := r.Find("there")
	require.NoError(t, err)
	rep, err := scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, scenarios.ExitOK, rep.ExitCode())
	require.Equal(t, "study", rep.Lab)
}
