package topology

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHostileInput gives the loader what would exhaust memory, stack or time.
func TestHostileInput(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		prev := string(n[0] - 1)
		bomb += "a" + n + ": &a" + n + " [" + strings.TrimSuffix(strings.Repeat("*a"+prev+", ", 10), ", ") + "]\n"
	}
	tests := []struct {
		name, src, want string // want is part of the error
	}{
		{"a file over the limit", strings.Repeat("#", maxSource+1), "bytes; 4194304 are the most"},
		{"more documents than allowed", strings.Repeat("---\n{apiVersion: v1, kind: Secret}\n", 101), "more than 100 documents"},
		{"100 kB of opening brackets", strings.Repeat("[", 100_000), "not YAML"},
		{"100 kB of opening braces", strings.Repeat("{", 100_000), "not YAML"},
		{"100 kB of nested flow mappings", strings.Repeat("{a: ", 25_000), "not YAML"},
		{"balanced brackets that are too deep", "a: " + strings.Repeat("[", 500) + strings.Repeat("]", 500), "nested more than 64 deep"},
		{"100 kB of nested block lists", strings.Repeat("- ", 50_000), "not YAML"},
		{"100 kB of nested explicit keys", strings.Repeat("? ", 50_000), "not YAML"},
		{"deep indentation", deepIndentation(400), "nested more than 64 deep"},
		{"a cascade of aliases", bomb, "aliases stand for more than 100000 nodes"},
		{"an anchor that contains itself", "a: &a [*a]", "nested more than 64 deep"},
		{"an anchor that contains itself many times", "a: &a [*a, *a, *a, *a]", "nested more than 64 deep"},
		{"an alias of nothing", "a: *b", "unknown anchor"},
		{"1 MB of list elements", strings.Repeat("- a\n", 250_000), "expected a mapping with apiVersion and kind"},
		{"400 kB of unknown keys", "apiVersion: hoplab/v1\nkind: Lab\n" + manyKeys(30_000), "unknown key"},
		{"800 kB of unknown references to 5,000 machines", manyReferences(5_000, 64), "unknown machine"},
		{"binary rubbish", "\x00\x01\x02\xff\xfe", "not YAML"},
		{"invalid UTF-8", "a: \xff\xff", "not YAML"},
		{"a control character", "a: \x07", "not YAML"},
		{"one line of 4 MB", "apiVersion: hoplab/v1\nkind: " + strings.Repeat("L", 4_000_000), `unknown kind "LLLLLLLL`},
		{"4 MB of quotes", strings.Repeat("'", 4_000_000), "expected a mapping"},
		{"4 MB of tabs", strings.Repeat("\t", 4_000_000), "not YAML"},
		{"4 MB of colons", strings.Repeat(": ", 2_000_000), "not YAML"},
		{"4 MB of comments", strings.Repeat("#\n", 2_000_000), "no document"},
		{"400 kB of comments in a list", strings.Repeat("- #\n#\n", 60_000), "expected a mapping"},
		{"3 MB of comments behind keys", "a: # x\n" + strings.Repeat("  # y\n", 600_000), "apiVersion is missing"},
		{"1 MB of comments in brackets", "[" + strings.Repeat("a, #\n", 150_000), "not YAML"},
		{"4 MB of empty documents", strings.Repeat("---\n", 1_000_000), "more than 100 documents"},
		{"4 MB of blank lines in a block", "a: |\n" + strings.Repeat(" \n", 2_000_000), "apiVersion is missing"},
		{"600 kB of addresses on one interface", oneInterface("type: dummy, address: [" + strings.Repeat("10.0.0.1/8, ", 50_000) + "]"), "50000 addresses; 256 are the most"},
		{"400 kB of ports on one bridge", oneInterface("type: bridge, ports: [" + strings.Repeat("e, ", 130_000) + "]"), "e cannot be a port"},
		{"1 MB of anchors", strings.Repeat("- &a a\n", 150_000), "expected a mapping"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse("lab.yaml", []byte(tt.src))
			took := time.Since(start)
			require.Error(t, err)
			require.IsType(t, Errors{}, err)
			require.Contains(t, err.Error(), tt.want)
			require.Less(t, len(err.Error()), 20_000)
			require.Less(t, took, time.Minute, "a slow machine and the race detector are allowed for")
		})
	}
}

func oneInterface(fields string) string {
	return "apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: x}\nspec: {machines: {m: {interfaces: {e: {" + fields + "}}}}}\n"
}

func deepIndentation(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("k" + strings.Repeat("x", i%5) + itoa(i) + ": 1\n")
	}
	return b.String()
}

func manyReferences(machines, width int) string {
	var b strings.Builder
	b.WriteString("apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: x}\nspec:\n  machines:\n")
	pad := strings.Repeat("x", width-6)
	for i := range machines {
		b.WriteString("    m" + pad + itoa(i) + ": {interfaces: {eth0: {veth: 'n" + pad + itoa(i) + ":e'}}}\n")
	}
	return b.String()
}
