package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExitCodesAndDiagnostics(t *testing.T) {
	drops := readFile(t, "testdata/drops.yaml")
	for _, tt := range []struct {
		line   string
		code   int
		stdout string // what stdout begins with
		stderr string // what stderr holds; empty: nothing at all
	}{
		{"", 0, "cross-node-ping: Pod to pod across nodes (IPIP)\n", ""},
		{"--lang ko", 0, "cross-node-ping: 다른 노드 간 파드 통신 (IPIP)\n", ""},
		{"--help", 0, "hoplab simulates a whole Kubernetes cluster", ""},
		{"help", 0, "hoplab simulates a whole Kubernetes cluster", ""},
		{"help run", 0, "Run scenarios and show every hop", ""},
		{"help rnu", 2, "", `unknown command "rnu"; did you mean "run"?`},
		{"rnu", 2, "", `unknown command "rnu"; did you mean "run"?`},
		{"drops.yaml", 2, "", "did you mean hoplab run drops.yaml?"},
		{"frobnicate", 2, "", "hoplab --help lists the commands"},
		{"--no-colour", 2, "", "unknown flag: --no-colour; did you mean --no-color?"},
		{"-x", 2, "", "unknown shorthand flag: 'x' in -x"},

		{"list", 0, "same-node-ping ", ""},
		{"list --lang ko", 0, "same-node-ping   같은 노드", ""},
		{"list --lang fr", 2, "", `invalid --lang "fr"; expected en or ko`},
		{"list drops.yaml", 0, "drops  Where packets end\n", ""},
		{"list gone.yaml", 2, "", "cannot read gone.yaml: file does not exist"},

		{"run", 2, "", "which scenario? hoplab list shows the built-in ones"},
		{"run same-node-ping", 0, "same-node-ping: ", ""},
		{"run cros-node-ping", 2, "", `unknown scenario "cros-node-ping"; did you mean "cross-node-ping"?`},
		{"run drops.yaml", 1, "drops: Where packets end\n", ""},
		{"run drops.yaml:drop", 2, "", `drops.yaml has no scenario "drop"; did you mean "drops"?`},
		{"run gone.yaml", 2, "", "cannot read gone.yaml: file does not exist"},
		{"run gone.yaml also.yaml", 2, "", "cannot read also.yaml"},
		{"run dir/", 2, "", "cannot read dir/"},
		{"run drops.yaml --fromat json", 2, "", "unknown flag: --fromat; did you mean --format?"},
		{"run drops.yaml --format jsn", 2, "", `invalid --format "jsn"; did you mean "json"?`},
		{"run drops.yaml --format xml", 2, "", `invalid --format "xml"; expected text or json`},
		{"run drops.yaml --width 5", 2, "", "invalid --width 5; expected a number from 60 to 10000"},
		{"run drops.yaml --width 0", 2, "", "invalid --width 0; expected a number from 60 to 10000"},
		{"run drops.yaml --width", 2, "", "flag needs an argument: --width"},
		{"run drops.yaml --seed -1", 2, "", `invalid --seed "-1"; expected a number from 0 to 18446744073709551615`},

		{"validate", 2, "", "which file? hoplab validate FILE..."},
		{"validate drops.yaml", 0, "drops.yaml: ok (1 lab, 1 scenario)\n", ""},
		{"validate gone.yaml", 2, "", "cannot read gone.yaml: file does not exist"},

		{"expand", 2, "", "which file? hoplab expand FILE"},
		{"expand study", 0, "apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: study}\n", ""},
		{"expand stdy", 2, "", `unknown lab "stdy"; did you mean "study"?`},
		{"expand drops.yaml --lab drops", 0, "apiVersion: hoplab/v1\n", ""},
		{"expand drops.yaml --lab drop", 2, "", `drops.yaml has no lab "drop"; did you mean "drops"?`},
		{"expand drops.yaml study", 2, "", "one file at a time, not 2"},
		{"expand study --lab drops", 2, "", "--lab drops chooses a lab of a file"},
		{"expand two.yaml", 2, "", "two.yaml holds 2 labs; choose one with --lab: one, two"},
		{"expand scenario.yaml", 2, "", "scenario.yaml holds no lab"},

		{"version", 0, "hoplab ", ""},
		{"version 2", 2, "", `version takes no argument, not "2"`},
	} {
		t.Run("hoplab "+tt.line, func(t *testing.T) {
			s := &system{files: map[string]string{
				"drops.yaml":    drops,
				"two.yaml":      "apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: one}\nspec: {machines: {a: {}}}\n---\napiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: two}\nspec: {machines: {b: {}}}\n",
				"scenario.yaml": "apiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: s}\nspec: {labRef: study, steps: [{wait: 1s}]}\n",
			}}
			got := s.run(t, tt.line)
			require.Equal(t, tt.code, got.code, got.stderr)
			require.True(t, strings.HasPrefix(got.stdout, tt.stdout), got.stdout)
			if tt.stdout == "" {
				require.Empty(t, got.stdout)
			}
			if tt.stderr == "" {
				require.Empty(t, got.stderr)
			}
			require.Contains(t, got.stderr, tt.stderr)
		})
	}
}

func TestWithoutArgumentsATerminalGetsTheList(t *testing.T) {
	got := (&system{terminal: true}).run(t, "")
	require.Zero(t, got.code)
	list := (&system{}).run(t, "list").stdout
	require.Equal(t, list+"\nhoplab run NAME shows one, hop by hop; hoplab --help lists all commands.\n", got.stdout)
}

// machine is a lab with one machine a, whose fields are the argument.
func machine(fields string) string {
	return "apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: l}\nspec:\n  segments: {s: {cidr: 10.0.0.0/24}}\n  machines:\n    a:\n" +
		"      interfaces: {eth0: {segment: s, address: 10.0.0.1/24}}\n" + fields
}

const pool = "---\napiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: p}\nspec: {cidr: 10.244.0.0/16, ipipMode: Always}\n"

func step(text string) string {
	return machine("") + "---\napiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: s}\nspec:\n  steps:\n  - " + text + "\n"
}

func TestBadFilesAreRefusedWithTheirPlace(t *testing.T) {
	node := strings.Replace(machine("      role: node\n"), "spec:\n", "spec:\n  seed: 1\n", 1)
	for _, tt := range []struct{ name, text, want string }{
		{"an empty file", "", `x\.yaml:1:1: `},
		{"only a comment", "# nothing\n", `x\.yaml:1:1: `},
		{"not YAML", "a: b: c\n", `x\.yaml:1:`},
		{"bytes that are no text", "\x00\xff\xfe", `x\.yaml:1:`},
		{"a list instead of an object", "- a\n", `x\.yaml:1:1: `},
		{"wrong types", "apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: l}\nspec: {seed: many, machines: {a: {}}}\n", `x\.yaml:4:14: spec\.seed: `},
		{"an unknown field", machine("      rotes: []\n"), `x\.yaml:9:7: .*did you mean "routes"`},
		{"overlapping addresses", machine("    b:\n      interfaces: {eth0: {segment: s, address: 10.0.0.1/24}}\n"), `x\.yaml:10:48: .*10\.0\.0\.1`},
		{"an unknown segment", machine("    b: {interfaces: {eth0: {segment: t}}}\n"), `x\.yaml:9:38: .*"t"`},
		{"a route to an unknown device", machine("      routes: [\"10.9.0.0/16 dev eth9\"]\n"), `x\.yaml:9:16: .*eth9`},
		{"a route that is none", machine("      routes: [\"10.9.0.0/99 dev eth0\"]\n"), `x\.yaml:9:16: `},
		{"an iptables rule that is none", machine("      iptables: [\"-A FORWARD -j NOWHERE\"]\n"), `x\.yaml:9:18: `},
		{"a sysctl that does not exist", machine("      sysctls: {net.ipv4.nothing: 1}\n"), `x\.yaml:9:`},
		{"a pod on a missing node", node + pool + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeName: gone, containers: [{name: c, image: i}]}\n", `x\.yaml:\d+:\d+: .*gone`},
		{"a pool too small for its blocks", node + strings.Replace(pool, "/16", "/28", 1), `x\.yaml:\d+:\d+: `},
		{"a scenario on an unknown machine", step("{in: zz, run: ping -c 1 10.0.0.1}"), `x\.yaml:15:\d+: .*"?zz"?`},
		{"a step with an unknown interface", step("{in: a, run: ping -c 1 10.0.0.1, tap: [\"a:eth7\"]}"), `x\.yaml:15:\d+: .*eth7`},
		{"a filter that is none", step("{in: a, run: ping -c 1 10.0.0.1, expect: [packets: {at: \"a:eth0\", filter: \"frob 1\"}]}"), `x\.yaml:15:\d+: `},
		{"a command with an open quote", step("{in: a, run: \"echo 'x\"}"), `x\.yaml:15:\d+: .*without closing quote`},
		{"an expectation that says nothing", step("{in: a, run: ping -c 1 10.0.0.1, expect: [route: {}]}"), `x\.yaml:15:\d+: .*to is missing`},
		{"nesting of brackets", strings.Repeat("[", 100<<10), `x\.yaml:1:`},
		{"nesting of mappings", strings.Repeat("{a: ", 25<<10), `x\.yaml:1:`},
		{"a file that is too large", strings.Repeat("# 23456789\n", 1<<19), `x\.yaml:`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &system{files: map[string]string{"x.yaml": tt.text}}
			for _, command := range []string{"validate", "run"} {
				got := s.run(t, command+" x.yaml")
				if command == "run" && got.code == 3 { // a lab alone is not built
					require.NotContains(t, tt.text, "kind: Scenario")
					continue
				}
				require.Equal(t, 2, got.code, "%s: %s", command, got.stderr)
				require.Empty(t, got.stdout, command)
				require.Regexp(t, "^"+tt.want, got.stderr, command)
				require.Less(t, strings.Count(got.stderr, "\n"), 25, got.stderr)
			}
			require.Contains(t, []int{0, 2}, s.run(t, "expand x.yaml").code)
			require.Contains(t, []int{0, 2}, s.run(t, "list x.yaml").code)
		})
	}
}

func TestAFaultIsToldOnce(t *testing.T) {
	s := &system{files: map[string]string{"x.yaml": machine("      routes: [\"10.9.0.0/16 dev eth9\"]\n") + strings.Repeat("---\napiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: s}\nspec: {steps: [{wait: 1s}]}\n", 1)}}
	require.Equal(t, 1, strings.Count(s.run(t, "validate x.yaml x.yaml").stderr, "\n"))
}

func FuzzMain(f *testing.F) {
	for _, s := range []string{"", "run", "run x.yaml --format json", "run x.yaml:drops --pcap o --seed 3", "validate x.yaml -", "expand x.yaml --lab drops --no-color", "--lang ko list", "help run", "run - --width 80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		s := &system{files: map[string]string{"x.yaml": step("{in: a, run: ping -c 1 10.0.0.1}")}, stdin: "kind: Lab"}
		if code := s.run(t, line).code; code < 0 || code > 3 {
			t.Fatalf("exit code %d", code)
		}
	})
}
