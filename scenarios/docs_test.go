package scenarios_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
	"hoplab/topology"
)

// Every example of the page on scenarios runs, and there is one of each kind of
// expectation.
func TestTheExamplesOfThePageOnScenariosHold(t *testing.T) {
	page, err := os.ReadFile("../docs/scenarios.md")
	require.NoError(t, err)
	var seen []topology.ExpectKind
	for i, part := range strings.Split(string(page), "```yaml\n")[1:] {
		text, _, closed := strings.Cut(part, "```")
		require.True(t, closed)
		all, err := scenarios.NewResolver(scenarios.File{Name: "docs/scenarios.md", Data: []byte(text)}).Open("docs/scenarios.md")
		require.NoError(t, err, "example %d:\n%s", i+1, text)
		for _, e := range all {
			rep, err := scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{})
			require.NoError(t, err, e.Scenario.Name)
			for _, s := range rep.Steps {
				for _, x := range s.Expectations {
					if _, right, ok := strings.Cut(x.Message, "write eventHash: "); ok && os.Getenv("UPDATE") != "" {
						_, is, _ := strings.Cut(x.Text, "begins with ")
						updated := strings.Replace(string(page), `"`+is+`"`, right, 1)
						require.NoError(t, os.WriteFile("../docs/scenarios.md", []byte(updated), 0o644))
						x.OK = true
					}
					require.True(t, x.OK, "%s: %s\n%s\n(UPDATE=1 writes a new eventHash)", e.Scenario.Name, x.Text, x.Message)
					seen = append(seen, x.Kind)
				}
			}
			require.Equal(t, scenarios.ExitOK, rep.ExitCode(), e.Scenario.Name)
		}
	}
	for _, kind := range topology.ExpectKinds() {
		require.True(t, slices.Contains(seen, kind), "no example of %s", kind)
		require.Contains(t, string(page), "### "+string(kind)+"\n")
	}
}
