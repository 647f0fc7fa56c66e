package iptables

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	nf "hoplab/sim/netfilter"
	"hoplab/sim/netfilter/ipset"
)

// TestListingsAreThoseOfTheRecordings loads the rules of a recorded machine,
// gives them the counters that it had, and prints them as it did.
func TestListingsAreThoseOfTheRecordings(t *testing.T) {
	for _, name := range []string{"testdata/kernel.txt", "testdata/listing.txt"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, part := range strings.Split("\n"+string(text), "\n## ")[1:] {
			title, part, _ := strings.Cut(part, "\n")
			t.Run(title, func(t *testing.T) { listing(t, part) })
		}
	}
}

func listing(t *testing.T, text string) {
	tables := nf.New(env{})
	parts := strings.Split("\n"+text, "\n$ ")
	for line := range strings.Lines(strings.TrimPrefix(parts[0], "\n")) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "ipset "); ok {
			c, err := ipset.Parse(strings.Fields(rest))
			require.NoError(t, err)
			_, err = c.Apply(tables.Sets())
			require.NoError(t, err)
			continue
		}
		code, _, stderr := shell(t, tables, strings.TrimPrefix(line, "iptables "))
		require.Zero(t, code, "%s: %s", line, stderr)
	}
	for _, p := range parts[1:] {
		cmd, want, _ := strings.Cut(p, "\n")
		if !strings.HasPrefix(cmd, "iptables ") {
			continue // ipset list has its own test
		}
		if cmd == "iptables -t nat -L -n -v" {
			count(t, tables.Table(nf.NAT), want)
		}
		_, got, _ := shell(t, tables, strings.TrimPrefix(cmd, "iptables "))
		require.Equal(t, strings.TrimSuffix(want, "\n"), strings.TrimSuffix(got, "\n"), cmd)
	}
}

// count gives chains and rules the counters of a listing.
func count(t *testing.T, tb *nf.Table, listing string) {
	var c *nf.Chain
	i := 0
	for line := range strings.Lines(listing) {
		f := strings.Fields(line)
		number := func(s string) uint64 {
			n, err := strconv.ParseUint(s, 10, 64)
			require.NoError(t, err, line)
			return n
		}
		switch {
		case len(f) == 0 || f[0] == "pkts":
		case f[0] == "Chain":
			c, i = tb.Chain(f[1]), 0
			require.NotNil(t, c)
			if c.Builtin() {
				c.Packets, c.Bytes = number(f[4]), number(f[6])
			}
		default:
			c.Rules()[i].SetCounters(number(f[0]), number(f[1]))
			i++
		}
	}
}
