package iptables

import (
	"bufio"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/clock"
	nf "hoplab/sim/netfilter"
	"hoplab/sim/netfilter/ipset"
)

// env is a namespace without anything in it.
type env struct{}

func (env) AddrType(uint32, int32) uint8            { return 1 }
func (env) ReversePath(*nf.Packet, nf.RPFlags) bool { return true }
func (env) Rand() uint32                            { return 4 }
func (env) Now() clock.Instant                      { return 0 }

// shell runs lines as a shell would and gives exit code, stdout and stderr.
func shell(t *testing.T, tables *nf.Tables, line string) (code int, stdout, stderr string) {
	t.Helper()
	args, err := Split(line)
	require.NoError(t, err, line)
	c, err := Parse(args)
	if err == nil {
		stdout, err = c.Apply(tables, "test")
		stderr = c.Notice
	}
	if err != nil {
		var e *Error
		require.True(t, errors.As(err, &e), "%s: %T is no *Error", line, err)
		code = e.Code
		stderr += e.Msg + "\n"
	}
	return code, stdout, stderr
}

// record is one command of testdata/commands.txt: what real iptables 1.8.9
// said and what the tables were after it.
type record struct {
	line, want string
}

func records(t testing.TB, name string) []record {
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	var all []record
	for s := bufio.NewScanner(f); s.Scan(); {
		if line, ok := strings.CutPrefix(s.Text(), "### "); ok {
			all = append(all, record{line: line})
		} else {
			all[len(all)-1].want += s.Text() + "\n"
		}
	}
	return all
}

var (
	baseRules = regexp.MustCompile(`^-P .* ACCEPT|^-N UC|^-N EMPTY|^-A FORWARD -j UC|^-A UC -s 9`)
	baseList  = regexp.MustCompile(`^Chain|^ pkts|^$`)
)

func prefix(b *strings.Builder, p, text string, skip *regexp.Regexp) {
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if text != "" && (skip == nil || !skip.MatchString(line)) {
			b.WriteString(p + " " + line + "\n")
		}
	}
}

// TestCommandsPrintWhatRealIptablesPrints runs each recorded command on the
// state that the recording started from.
func TestCommandsPrintWhatRealIptablesPrints(t *testing.T) {
	for _, r := range records(t, "testdata/commands.txt") {
		t.Run(r.line, func(t *testing.T) {
			tables := nf.New(env{})
			require.NoError(t, tables.Sets().Create("S4", ipset.HashNet, ipset.Options{}, false))
			for _, line := range []string{"-N UC", "-N EMPTY", "-t nat -N UC", "-A FORWARD -j UC", "-A UC -s 9.9.9.9 -j ACCEPT"} {
				code, _, stderr := shell(t, tables, line)
				require.Zero(t, code, stderr)
			}
			code, stdout, stderr := shell(t, tables, r.line)
			if strings.Contains(stderr, "not modelled: ") {
				require.Equal(t, 2, code)
				require.Regexp(t, unmodelled, r.line)
				return
			}
			var b strings.Builder
			b.WriteString("rc " + string(rune('0'+code)) + "\n")
			prefix(&b, "out", stdout, nil)
			prefix(&b, "err", stderr, nil)
			for _, table := range []string{"raw", "mangle", "nat", "filter"} {
				_, text, _ := shell(t, tables, "-t "+table+" -S")
				prefix(&b, table, text, baseRules)
				_, text, _ = shell(t, tables, "-t "+table+" -L -n -v")
				prefix(&b, table+".L", text, baseList)
			}
			require.Equal(t, r.want, b.String(), "iptables %s", r.line)
		})
	}
}

// unmodelled are the recorded lines that are refused on purpose.
var unmodelled = regexp.MustCompile(`QUEUE|TCPMSS|physdev|u32|owner|mac-source|hashlimit|recent|--string|tcpmss|pkttype|--zone|--packets-eq|3000-4000/1000`)
