package shell_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hoplab/sim/clock"
	"hoplab/sim/shell"
	"hoplab/sim/shell/coreutils"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"

	"github.com/stretchr/testify/require"
)

// quickly fails if f takes more than a few seconds of real time.
func quickly(t *testing.T, f func()) {
	t.Helper()
	start := time.Now()
	f()
	require.Less(t, time.Since(start), 20*time.Second)
}

func TestSleepingTakesNoRealTime(t *testing.T) {
	start := time.Now()
	got, s, err := run(t, `date +%s > a; sleep 3600; sleep 1d & wait; date +%s > b; echo $(( $(cat b) - $(cat a) )) $SECONDS`, nil)
	require.NoError(t, err)
	require.Equal(t, "90000 90000\n", got.out)
	require.Less(t, time.Since(start), 5*time.Second)
	require.Equal(t, clock.Instant(90000*time.Second), s.Lab().Now())
}

func TestTheSameScriptGivesTheSameBytes(t *testing.T) {
	for _, file := range []string{"language", "tools"} {
		for _, c := range scriptCases(t, "testdata/"+file+".txt") {
			a, _, _ := run(t, c.src, nil)
			b, _, _ := run(t, c.src, nil)
			require.Equal(t, a, b, c.name)
		}
	}
}

func TestOrderOfProcessesIsFixed(t *testing.T) {
	src := `for i in 1 2 3 4 5; do (for j in 1 2 3; do echo $i.$j; sleep 0.$i; done) & done; wait; declare -A m; for k in {a..z}; do m[$k]=$RANDOM; done; echo ${!m[@]} ${m[@]}; ls -i / | head -3; mktemp; head -c 8 /dev/urandom | od -An -tx1; echo $$ $BASHPID $!`
	first, _, err := run(t, src, nil)
	require.NoError(t, err)
	require.Contains(t, first.out, "5.3")
	for range 3 {
		again, _, _ := run(t, src, nil)
		require.Equal(t, first, again)
	}
}

func TestHostileScriptsAreHeld(t *testing.T) {
	limits := func(o *shell.Options) { o.Timeout = 20 * time.Second }
	for _, c := range []struct {
		name, src string
		check     func(t *testing.T, got result, err error)
	}{
		{"a fork bomb", `:(){ :|:& };:; sleep 1; echo alive`, func(t *testing.T, got result, _ error) {
			require.Contains(t, got.err, "fork: retry: Resource temporarily unavailable")
		}},
		{"a loop without end", `while :; do :; done`, timedOut},
		{"a loop of subshells", `while :; do (:); done`, timedOut},
		{"a loop of a tool", `awk 'BEGIN{while(1) x++}'`, timedOut},
		{"a loop of a filter", `jq -n 'def f: f; f'`, timedOut},
		{"a loop of an editor", `echo x | sed ':a;ba'`, timedOut},
		{"yes to nowhere", `yes > /dev/null`, timedOut},
		{"zeros to nowhere", `cat /dev/zero > /dev/null`, timedOut},
		{"a line without end", `tr '\0' x < /dev/zero | sort`, nil},
		{"arithmetic without end", `for ((;;)); do ((x++)); done`, timedOut},
		{"a C loop without body", `until false; do continue; done`, timedOut},
		{"too much output", `yes`, func(t *testing.T, _ result, err error) {
			var o *shell.OutputError
			require.ErrorAs(t, err, &o)
		}},
		{"a string of a gigabyte", `x=a; while :; do x=$x$x; done`, memory},
		{"an array of a gigabyte", `x=$(printf '%01000d' 0); while :; do a+=("$x"); done`, memory},
		{"a huge field", `printf '%1000000000d' 1 | wc -c; printf '%s\n' {1..100000000}`, nil},
		{"a huge substitution", `x=$(yes)`, nil},
		{"a huge pattern", `x=$(printf '%05000d' 0); y=${x//0*0*0*0*1/}; [[ $x == *0*0*0*0*0*0*0*0*1 ]] || echo no`, nil},
		{"a huge file", `while :; do cat f f >> g; cp g f; echo x >> f; done 2> /dev/null`, nil},
		{"many files", `for i in {1..1000}; do for j in {1..1000}; do : > $i.$j; done; done 2> /dev/null`, nil},
		{"functions without end", `f() { f; }; f`, func(t *testing.T, got result, _ error) {
			require.Contains(t, got.err, "maximum function nesting level exceeded")
		}},
		{"eval without end", `x='eval "$x"'; eval "$x"`, nil},
		{"sourcing itself", `echo '. ./s' > s; . ./s`, nil},
		{"substitution without end", `f() { echo $(f); }; f`, nil},
		{"a trap that raises itself", `trap 'kill -USR1 $$' USR1; kill -USR1 $$; while :; do :; done`, timedOut},
		{"nobody writes", `mkfifo x; read < <(sleep 1000000)`, nil},
		{"deep parentheses", strings.Repeat("(", 100_000), nil},
		{"deep substitutions", strings.Repeat("$(", 100_000), nil},
		{"deep arithmetic", `echo $((` + strings.Repeat("(", 50_000) + `1`, nil},
		{"arithmetic by text", `x='y+y' y='x+x'; echo $((x))`, nil},
		{"deep awk", `awk 'BEGIN{print ` + strings.Repeat("(", 50_000) + `1}'`, nil},
		{"deep expr", `expr ` + strings.Repeat("'(' ", 5000), nil},
		{"many words of sed", `sed '` + strings.Repeat("{", 5000) + `' <<< x`, nil},
		{"it ignores every signal", `trap '' INT TERM HUP QUIT; while :; do sleep 1; done`, timedOut},
		{"it hides behind setsid", `setsid nohup sleep 1000000 & disown`, nil},
		{"a seq of everything", `seq 1 1000000000000 > /dev/null`, timedOut},
		{"a wide table", `seq -s' ' 100000 | column -t > /dev/null; seq 100000 | sort -R`, nil},
		{"xargs without end", `yes | xargs echo > /dev/null`, nil},
		{"find through links", `ln -s . loop; mkdir d; ln -s .. d/up; find . > /dev/null; ls -R . > /dev/null; cat loop/loop/loop/loop/nope; ln -s self self; cat self`, func(t *testing.T, got result, _ error) {
			require.Contains(t, got.err, "Too many levels of symbolic links")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			quickly(t, func() {
				got, _, err := run(t, c.src, limits)
				if c.check != nil {
					c.check(t, got, err)
				}
			})
		})
	}
}

func timedOut(t *testing.T, _ result, err error) {
	t.Helper()
	var x *shell.TimeoutError
	require.ErrorAs(t, err, &x)
}

func memory(t *testing.T, got result, _ error) {
	t.Helper()
	require.Contains(t, got.err, "cannot allocate")
	require.Equal(t, 2, got.status)
}

func TestNothingOfTheHostIsThere(t *testing.T) {
	marker := t.TempDir()
	require.NoError(t, os.WriteFile(marker+"/secret", []byte("of the host"), 0o644))
	src := strings.ReplaceAll(`
cat /etc/passwd | wc -l
cat MARKER/secret; ls MARKER
echo x > MARKER/written
cat ../../../../../../..MARKER/secret
ln -s MARKER link; cat link/secret
cd MARKER || echo no such folder
/bin/sh -c 'echo lab shell'
/bin/cat MARKER/secret
echo mine > /etc/x; cat /etc/x
cat /proc/self/environ /proc/1/environ
python3 -c 'print(1)'; perl -e 1; curl file://MARKER/secret; nc -h; ssh x; docker ps; gcc
echo ~nobody ~daemon
. MARKER/secret
exec < MARKER/secret
awk 'BEGIN{while ((getline l < "MARKER/secret") > 0) print l; print "x" > "MARKER/awk"}'
sed -n 'w MARKER/sed' <<< x; jq -n 'input_filename, $ENV.PATH, env.GOPATH'; jq -n 'include "x"; 1'
echo x > /dev/tcp/127.0.0.1/80
cd /proc/self/fd; cat /proc/self/cwd/secret
`, "MARKER", marker)
	got, s, err := run(t, src, nil)
	require.NoError(t, err)
	require.NotContains(t, got.out+got.err, "of the host")
	require.Contains(t, got.out, "lab shell")
	require.Contains(t, got.out, "mine")
	require.Contains(t, got.out, "~nobody ~daemon")
	require.Contains(t, got.err, "python3: command not found")
	_, err = s.View().ReadFile(marker + "/written")
	require.Error(t, err)
	left, err := os.ReadDir(marker)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestTheFolderInIsReadOnly(t *testing.T) {
	in := fstest.MapFS{"a.txt": {Data: []byte("from outside\n")}, "sub/b.sh": {Data: []byte("echo in $1"), Mode: 0o755}}
	got, _, err := run(t, `cat /in/a.txt; ls /in; bash /in/sub/b.sh x; echo y > /in/a.txt; echo $?; rm /in/a.txt; mkdir /in/d; echo z > /in/new; cp /in/a.txt c; cat c; cat /in/../in/sub/../a.txt; cat /in/../../etc/hosts | wc -l; for f in /in/*; do echo $f; done; mv /in/a.txt m; touch /in/a.txt; cat /in/nope`, func(o *shell.Options) { o.In = in })
	require.NoError(t, err)
	require.Equal(t, "from outside\na.txt\nsub\nin x\n1\nfrom outside\nfrom outside\n1\n/in/a.txt\n/in/sub\n", got.out)
	require.Equal(t, 3, strings.Count(got.err, "Read-only file system"), got.err)
	require.Equal(t, "from outside\n", string(in["a.txt"].Data))
}

func TestOutIsHandedOver(t *testing.T) {
	_, s, err := run(t, `mkdir -p /out/cap; echo 1 > /out/a; printf 'x\0y' > /out/cap/b; ln -s /etc/hosts /out/l; exit 3`, nil)
	require.NoError(t, err)
	var l []string
	require.NoError(t, s.Out("/out", func(name string, _ vfs.Info, data []byte) error {
		l = append(l, name+"="+string(data))
		return nil
	}))
	require.Equal(t, []string{"a=1\n", "cap=", "cap/b=x\x00y", "l=127.0.0.1\tlocalhost\n"}, l)
}

// settings is a Dynamic with one file for each namespace.
type settings struct{ m map[string]string }

func (d settings) Stat(_ *stack.Namespace, p string) (vfs.Info, error) {
	switch p {
	case "":
		return vfs.Info{FileMode: fs.ModeDir | 0o555}, nil
	case "forward":
		return vfs.Info{FileName: p, FileMode: 0o644}, nil
	}
	return vfs.Info{}, vfs.ENOENT
}

func (d settings) List(*stack.Namespace, string) ([]vfs.Info, error) {
	return []vfs.Info{{FileName: "forward", FileMode: 0o644}}, nil
}

func (d settings) Read(ns *stack.Namespace, _ string) ([]byte, error) {
	return []byte(d.m[ns.Name] + "\n"), nil
}

func (d settings) Write(ns *stack.Namespace, _ string, b []byte) error {
	if s := strings.TrimSpace(string(b)); s == "0" || s == "1" {
		d.m[ns.Name] = s
		return nil
	}
	return vfs.EINVAL
}

func TestDynamicFilesBelongToTheNamespace(t *testing.T) {
	d := settings{map[string]string{"host": "0"}}
	var out, errOut strings.Builder
	s, err := shell.New(newLab(t), shell.Options{Tools: coreutils.Tools(), Stdout: &out, Stderr: &errOut})
	require.NoError(t, err)
	require.NoError(t, s.Mount("/proc/sys/net/test", d))
	_, err = s.RunScript("s", `cd /proc/sys/net; cat test/forward; echo 1 > test/forward; cat test/forward; ls test; echo 2 > test/forward; echo $?; > test/nope; rm test/forward; echo test/*; [ -f test/forward ] && echo file; cd test; cat forward; cat ../test/forward/x`)
	require.NoError(t, err)
	require.Equal(t, "0\n1\nforward\n1\ntest/forward\nfile\n1\n", out.String())
	require.Contains(t, errOut.String(), "echo: write error: Invalid argument")
	require.Equal(t, "1", d.m["host"])
}

func TestCtrlCEndsWhatRunsInTheForeground(t *testing.T) {
	n := 0
	got, _, err := run(t, `trap 'echo cleaned up' EXIT; while :; do :; done`, func(o *shell.Options) {
		o.Signal = func() shell.Signal {
			if n++; n == 100 {
				return shell.SIGINT
			}
			return 0
		}
	})
	require.NoError(t, err)
	require.Equal(t, result{out: "cleaned up\n", status: 130}, got)

	// A script waits for its command and dies of SIGINT only if that did.
	n = 0
	got, _, err = run(t, `sleep 10 & (trap 'echo caught; exit 0' INT; while :; do :; done); echo goes on`, func(o *shell.Options) {
		o.Signal = func() shell.Signal {
			if n++; n == 100 {
				return shell.SIGINT
			}
			return 0
		}
	})
	require.NoError(t, err)
	require.Equal(t, result{out: "caught\ngoes on\n"}, got)

	n = 0
	got, _, err = run(t, `trap '' INT; while :; do :; done`, func(o *shell.Options) {
		o.Signal = func() shell.Signal {
			if n++; n > 100 {
				return shell.SIGKILL
			}
			return shell.SIGINT
		}
	})
	require.NoError(t, err)
	require.Equal(t, 137, got.status)
}

func TestAScriptThatWaitsForNothingIsEnded(t *testing.T) {
	_, _, err := run(t, `exec 3<> f; cat <(cat <(read x < <(read y; wait))) & wait`, nil)
	if err != nil {
		var d *shell.DeadlockError
		require.True(t, errors.As(err, &d), err)
	}
}

func TestTheInteractiveShellKeepsItsState(t *testing.T) {
	var out, errOut strings.Builder
	s, err := shell.New(newLab(t), shell.Options{Tools: coreutils.Tools(), Stdout: &out, Stderr: &errOut, TTY: true})
	require.NoError(t, err)
	term, err := s.Terminal("")
	require.NoError(t, err)
	line := func(text string) (int, string) {
		out.Reset()
		errOut.Reset()
		n, err := term.Run(text)
		require.NoError(t, err)
		return n, out.String() + errOut.String()
	}
	n, got := line("x=5; f() { echo f $1; }; cd /tmp")
	require.Zero(t, n)
	require.Empty(t, got)
	require.Equal(t, "root@host:/tmp# ", term.Prompt())
	_, got = line("f $x; pwd; false")
	require.Equal(t, "f 5\n/tmp\n", got)
	_, got = line("echo $?")
	require.Equal(t, "1\n", got)
	n, got = line("nosuch")
	require.Equal(t, 127, n)
	require.Equal(t, "bash: nosuch: command not found\n", got)
	_, got = line("echo $((1/0)); echo not")
	require.Equal(t, "bash: 1/0: division by 0 (error token is \"0\")\n", got)
	_, got = line("sleep 5 &")
	require.Regexp(t, `^\[1\] \d+\n$`, got)
	_, got = line("sleep 6; echo y")
	require.Contains(t, got, "y\n[1]+  Done")
	_, got = line("if true; then")
	require.Contains(t, got, "syntax error")
	require.True(t, shell.Incomplete("if true; then"))
	require.True(t, shell.Incomplete("echo 'a"))
	require.False(t, shell.Incomplete("echo a"))

	// Ctrl-C ends the line and not the shell.
	term.Start("sleep 1000; echo never")
	for len(s.Processes()) < 2 {
		s.Lab().Step()
	}
	s.Lab().Step()
	s.Interrupt(shell.SIGINT)
	require.NoError(t, s.Drive(term.Ready))
	require.Equal(t, 130, term.Status())
	term.Start("while :; do :; done") // off the processor now and then
	s.Lab().Step()
	s.Interrupt(shell.SIGINT)
	require.NoError(t, s.Drive(term.Ready))
	require.Equal(t, 130, term.Status())
	_, got = line("echo $x")
	require.Equal(t, "5\n", got)
	line("exit 7")
	require.True(t, term.Done())
	require.Equal(t, 7, term.Status())
}

func TestACallersToolsRunLikeAnyOther(t *testing.T) {
	tools := append(coreutils.Tools(), shell.Tool{Name: "where", Dir: "/usr/sbin", Summary: "tell the namespace", Usage: "[-x]",
		Options: []shell.Option{{Flag: "-x", Help: "extra"}, {Flag: "-y", Help: "why", NotModelled: true}},
		Run: func(c *shell.Call) int {
			a, ok := c.Getopt(true)
			if !ok {
				return 9
			}
			if len(a.Operands) > 0 {
				n, found := c.Exec(nil, a.Operands)
				if !found {
					return c.Fail(1, "cannot run %s", a.Operands[0])
				}
				return n
			}
			_, _ = c.Out.Write([]byte(c.NS.Name + "\n"))
			return 0
		}})
	got, _, err := run(t, `where; where | cat; x=$(where); echo $x; type where; where -y; echo $?; where -z; echo $?; where --help; where echo exec; where sh -c 'exit 4'; echo $?; where nosuch; echo $?; where where where`, func(o *shell.Options) { o.Tools = tools })
	require.NoError(t, err)
	require.Equal(t, `host
host
host
where is /usr/sbin/where
9
9
Usage: where [-x]
tell the namespace.

  -x                       extra

Not modelled:
  -y                       why
exec
4
1
host
`, got.out)
	require.Equal(t, "where: not modelled: -y\nwhere: invalid option -- 'z'\nTry 'where --help' for more information.\nwhere: cannot run nosuch\n", got.err)
}

func TestEveryToolTellsWhatIsModelled(t *testing.T) {
	s, err := shell.New(newLab(t), shell.Options{Tools: coreutils.Tools()})
	require.NoError(t, err)
	for _, tool := range s.Tools() {
		require.NotEmpty(t, tool.Summary, tool.Name)
		for _, o := range tool.Options {
			require.NotEmpty(t, o.Help, "%s %s", tool.Name, o.Flag)
		}
	}
}

// FuzzScripts runs small scripts: whatever they are, they end and nothing panics.
func FuzzScripts(f *testing.F) {
	for _, file := range []string{"language", "tools"} {
		for _, c := range scriptCases(f, "testdata/"+file+".txt") {
			f.Add(c.src)
		}
	}
	for _, s := range []string{"echo ${x@", "a[", "((", "${!x[", "[[ a =~ ( ]]", "x=$((", "case x in", "echo {1..3", "f() f", "<<", "<<<", "$'\\", "awk '", "sed 's/", "printf %", "a[1+]=2", "let x=", "${x/#/}", "${@:1", "((a[b[c]]))", "declare -A m; m[a b]=1", "0&0\xe5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 2000 {
			return
		}
		_, _, _ = run(t, src, func(o *shell.Options) {
			o.Timeout = 20 * time.Second
			o.MaxProcesses = 30
			o.MaxMemory = 4 << 20
			o.MaxDisk = 8 << 20
			o.MaxOutput = 1 << 20
		})
	})
}

func BenchmarkOneLine(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		run(b, "echo hello", nil)
	}
}

func BenchmarkCommands(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		run(b, "for i in {1..1000}; do sleep 0; done", nil)
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "commands/s")
}

func TestAProgramThatReadsTheKeyboardDoesNotStopTheLab(t *testing.T) {
	var out strings.Builder
	in := &strings.Reader{}
	s, err := shell.New(newLab(t), shell.Options{Tools: coreutils.Tools(), Stdin: in, InputReady: func() bool { return in.Len() > 0 }, Stdout: &out, Stderr: &out, TTY: true})
	require.NoError(t, err)
	term, err := s.Terminal("")
	require.NoError(t, err)
	_, err = term.Run("")
	require.NoError(t, err)

	term.Start("(sleep 1; echo meanwhile) & read x; echo got $x")
	for s.Lab().Step() { // until nothing happens by itself any more
	}
	require.True(t, s.Reading())
	require.False(t, term.Ready())
	require.Contains(t, out.String(), "meanwhile\n")
	in.Reset("a line\n")
	s.Typed()
	require.NoError(t, s.Drive(term.Ready))
	require.Contains(t, out.String(), "got a line\n")
	require.False(t, s.Reading())

	term.Start("cat; echo never")
	for s.Lab().Step() {
	}
	require.True(t, s.Reading())
	s.Interrupt(shell.SIGINT)
	require.NoError(t, s.Drive(term.Ready))
	require.Equal(t, 130, term.Status())
	require.NotContains(t, out.String(), "never")
}
