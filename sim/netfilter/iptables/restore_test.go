package iptables

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	nf "hoplab/sim/netfilter"
)

// TestRestoreSaysWhatRealRestoreSays: texts and exit codes of
// iptables-legacy-restore 1.8.9, and that a table that fails stays as it was.
func TestRestoreSaysWhatRealRestoreSays(t *testing.T) {
	const try = "\nTry `iptables-restore -h' or 'iptables-restore --help' for more information."
	const version = "iptables-restore v1.8.9 (legacy): "
	for _, c := range []struct {
		name, text string
		o          RestoreOptions
		code       int
		msg        string
		want       string // of iptables -S; "": as it was
	}{
		{"the whole table", "*filter\n:INPUT DROP [1:2]\n:c1 - [0:0]\n-A INPUT -j c1\nCOMMIT\n", RestoreOptions{}, 0, "",
			"-P INPUT DROP\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-N c1\n-A INPUT -j c1\n"},
		{"added to what is there", "*filter\n:c1 - [0:0]\n-A INPUT -j c1\nCOMMIT\n", RestoreOptions{NoFlush: true}, 0, "",
			"-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-N c1\n-N old\n-A INPUT -j old\n-A INPUT -j c1\n-A old -s 9.9.9.9/32 -j DROP\n"},
		{"a chain that is named is emptied", "*filter\n:old - [0:0]\n-A old -j ACCEPT\nCOMMIT\n", RestoreOptions{NoFlush: true}, 0, "",
			"-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-N old\n-A INPUT -j old\n-A old -j ACCEPT\n"},
		{"a comment in quotes", "*filter\n-F\n-X\n-A INPUT -m comment --comment \"a \\\"b\" -j ACCEPT\nCOMMIT\n", RestoreOptions{NoFlush: true}, 0, "",
			"-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-A INPUT -m comment --comment \"a \\\"b\" -j ACCEPT\n"},
		{"a test run changes nothing", "*filter\nCOMMIT\n", RestoreOptions{Test: true}, 0, "", ""},
		{"another table is skipped", "*filter\n-A INPUT -j nope\nCOMMIT\n*nat\nCOMMIT\n", RestoreOptions{Table: "nat"}, 0, "", ""},
		{"no such target", "*filter\n-A INPUT -j nope\nCOMMIT\n", RestoreOptions{}, 2, version + "Couldn't load target `nope':No such file or directory\n\nError occurred at line: 2" + try, ""},
		{"no such chain", "*filter\n-A NOCH -j ACCEPT\nCOMMIT\n", RestoreOptions{}, 1, "iptables-restore: line 2 failed", ""},
		{"no COMMIT", "*filter\n-A INPUT -j ACCEPT\n", RestoreOptions{}, 1, "iptables-restore: COMMIT expected at line 3", ""},
		{"no table", "-A INPUT -j ACCEPT\n", RestoreOptions{}, 1, "iptables-restore: line 1 failed", ""},
		{"an unknown table", "*foo\nCOMMIT\n", RestoreOptions{}, 2, version + "iptables-restore: unable to initialize table 'foo'\nError occurred at line: 1" + try, ""},
		{"an unknown option", "*filter\n-A INPUT --foo\nCOMMIT\n", RestoreOptions{}, 2, version + "unknown option \"--foo\"\nError occurred at line: 2" + try, ""},
		{"a policy for a chain of one's own", "*filter\n:c2 FOO [0:0]\nCOMMIT\n", RestoreOptions{}, 1, version + "Can't set policy `FOO' on `c2' line 2: Bad built-in chain name", ""},
		{"an unknown policy", "*filter\n:INPUT FOO\nCOMMIT\n", RestoreOptions{}, 1, version + "Can't set policy `FOO' on `INPUT' line 2: Bad policy name", ""},
		{"no policy", "*filter\n:c2\nCOMMIT\n", RestoreOptions{}, 2, version + "iptables-restore: line 2 policy invalid\nError occurred at line: 2" + try, ""},
		{"the kernel refuses at COMMIT", "*filter\n:new - [0:0]\n-A new -j MASQUERADE\n-A new -j ACCEPT\nCOMMIT\n", RestoreOptions{NoFlush: true}, 1, "iptables-restore: line 5 failed", ""},
		{"-t is refused", "*filter\n-t nat -A INPUT\nCOMMIT\n", RestoreOptions{}, 2, version + "The -t option cannot be used in iptables-restore.\n\nError occurred at line: 2" + try, ""},
		{"single quotes mean nothing", "*filter\n-A INPUT -m comment --comment 'a b'\nCOMMIT\n", RestoreOptions{}, 2, "Bad argument `b''\nError occurred at line: 2" + try, ""},
		{"a table is not indented", "\n# x\n *filter\nCOMMIT\n", RestoreOptions{}, 1, "iptables-restore: line 3 failed", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tables := nf.New(env{})
			for _, l := range []string{"-N old", "-A INPUT -j old", "-A old -s 9.9.9.9 -j DROP"} {
				code, _, stderr := shell(t, tables, l)
				require.Zero(t, code, stderr)
			}
			_, before, _ := shell(t, tables, "-S")
			if c.want == "" {
				c.want = before
			}
			_, err := Restore(tables, c.text, c.o, "test")
			if c.code == 0 {
				require.NoError(t, err)
			} else {
				var e *Error
				require.True(t, errors.As(err, &e))
				require.Equal(t, c.code, e.Code)
				require.Equal(t, c.msg, e.Msg)
			}
			_, after, _ := shell(t, tables, "-S")
			require.Equal(t, c.want, after)
			// References survive a rollback.
			if strings.Contains(after, "-A INPUT -j old") {
				_, list, _ := shell(t, tables, "-L old -n")
				require.Contains(t, list, "(1 references)")
			}
		})
	}
}

func TestSaveAndRestoreGiveTheSameTables(t *testing.T) {
	text := `*nat
:PREROUTING ACCEPT [1:60]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [2:120]
[3:180] -A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE --random-fully
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [7:84]
:OUTPUT ACCEPT [0:0]
:mine - [0:0]
[4:336] -A FORWARD -i cali+ -m comment --comment "cali:x y" -g mine
[0:0] -A mine -p tcp -m multiport --dports 80,443 -j REJECT --reject-with tcp-reset
COMMIT
`
	tables := nf.New(env{})
	_, err := Restore(tables, text, RestoreOptions{Counters: true}, "test")
	require.NoError(t, err)
	got, err := Save(tables, SaveOptions{Counters: true})
	require.NoError(t, err)
	// The newest table comes first.
	nat, filter, _ := strings.Cut(text, "*filter")
	require.Equal(t, "*filter"+filter+nat, got)
	got, err = Save(tables, SaveOptions{Table: "nat", Date: "Sat Sep 21 15:00:00 2024"})
	require.NoError(t, err)
	require.Equal(t, "# Generated by iptables-save v1.8.9 on Sat Sep 21 15:00:00 2024\n"+strings.Replace(nat, "[3:180] ", "", 1)+"# Completed on Sat Sep 21 15:00:00 2024\n", got)
}

func TestSplitBreaksLinesAsAShellDoes(t *testing.T) {
	for line, want := range map[string][]string{
		`-t nat -A POSTROUTING -m comment --comment "cali:x" -j cali-POSTROUTING`: {"-t", "nat", "-A", "POSTROUTING", "-m", "comment", "--comment", "cali:x", "-j", "cali-POSTROUTING"},
		`a  "b c"'d e'f\ g`: {"a", "b cd ef g"},
		`"" ''`:             {"", ""},
		`"a\"b\\c\d"`:       {`a"b\c\d`},
		`'a\b'`:             {`a\b`},
		"a # b":             {"a"},
		"a#b":               {"a#b"},
		"":                  nil,
	} {
		got, err := Split(line)
		require.NoError(t, err)
		require.Equal(t, want, got, line)
	}
	for _, line := range []string{`"a`, `'a`, `a\`} {
		_, err := Split(line)
		require.Error(t, err, line)
	}
}

func TestRulesOfOneCommandComeOrGoTogether(t *testing.T) {
	tables := nf.New(env{})
	code, _, _ := shell(t, tables, "-A INPUT -s 1.1.1.1,2.2.2.2 -m limit --limit-burst 0 -j ACCEPT")
	require.Equal(t, 1, code)
	_, out, _ := shell(t, tables, "-S INPUT")
	require.Equal(t, "-P INPUT ACCEPT\n", out)
	shell(t, tables, "-A INPUT -s 1.1.1.1 -j ACCEPT")
	code, _, _ = shell(t, tables, "-D INPUT -s 1.1.1.1,2.2.2.2 -j ACCEPT")
	require.Equal(t, 1, code, "the second one is not there")
	_, out, _ = shell(t, tables, "-S INPUT")
	require.Equal(t, "-P INPUT ACCEPT\n-A INPUT -s 1.1.1.1/32 -j ACCEPT\n", out)
}

// FuzzParse: no panic; what is accepted prints as a line that says the same;
// the rule that comes of it is found again by what -S prints of it.
func FuzzParse(f *testing.F) {
	for _, r := range records(f, "testdata/commands.txt") {
		f.Add(r.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args, err := Split(line)
		if err != nil {
			return
		}
		c, err := Parse(args)
		if err != nil {
			var e *Error
			require.True(t, errors.As(err, &e))
			return
		}
		// iptables takes words that it cannot print so that they are read
		// again: names with blanks and quotes.
		if strings.ContainsAny(c.spec.In.Name+c.spec.Out.Name+c.jump+setNames(c), " \t\r\n\v\f\"'\\#!-") || c.spec.In.Name == "+" || c.spec.Out.Name == "+" {
			return
		}
		text := c.String()
		again, err := Split(text)
		require.NoError(t, err, text)
		c2, err := Parse(again)
		require.NoError(t, err, text)
		require.Equal(t, text, c2.String())

		tables := nf.New(env{})
		for _, l := range []string{"-N UC", "-A FORWARD -j UC", "-A UC -s 9.9.9.9 -j ACCEPT"} {
			shell(t, tables, l)
		}
		if _, err := c.Apply(tables, ""); err != nil {
			var e *Error
			require.True(t, errors.As(err, &e))
			return
		}
		saved, err := Save(tables, SaveOptions{})
		require.NoError(t, err)
		_, err = Restore(tables, saved, RestoreOptions{}, "")
		require.NoError(t, err, saved)
		resaved, err := Save(tables, SaveOptions{})
		require.NoError(t, err)
		require.Equal(t, noCounters(saved), noCounters(resaved))
	})
}

func setNames(c *Command) string {
	names := ""
	for _, m := range c.spec.Matches {
		if s, ok := m.(nf.MatchSet); ok {
			names += s.Set
		}
	}
	return names
}

// noCounters takes the counters of policies out, which restore sets to 0.
func noCounters(s string) string {
	var b strings.Builder
	for l := range strings.Lines(s) {
		if l[0] == ':' {
			l = l[:strings.IndexByte(l, '[')] + "\n"
		}
		b.WriteString(l)
	}
	return b.String()
}
