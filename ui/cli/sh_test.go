package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestShellRunsAScriptAndGivesItsStatus(t *testing.T) {
	s := &system{files: map[string]string{"s.sh": "echo $1 $(hostname); ip -br link; exit 7"}}
	got := s.run(t, "sh s.sh one")
	require.Equal(t, result{7, "one host\nlo               DOWN           00:00:00:00:00:00 <LOOPBACK> \n", ""}, got)
	require.Equal(t, result{0, "hi\n", ""}, s.exec(t, "sh", "-c", "echo hi"))
	require.Equal(t, result{127, "", "bash: line 1: nosuch: command not found\n"}, s.exec(t, "sh", "-c", "nosuch"))

	piped := &system{stdin: "echo from a pipe; read x; echo \"[$x]\"\n"}
	require.Equal(t, result{0, "from a pipe\n[]\n", ""}, piped.run(t, "sh"))
	require.Equal(t, result{0, "from a pipe\n[]\n", ""}, piped.run(t, "sh -"))

	input := &system{files: s.files, stdin: "some input\n"}
	require.Equal(t, "SOME INPUT\n", input.exec(t, "sh", "-c", "tr a-z A-Z").stdout)
}

func TestShellStartsOnTheFirstNodeOfALab(t *testing.T) {
	s := &system{files: map[string]string{}}
	const line = "ping -c 1 -q 192.168.10.102 | tail -1; ip netns exec pod1 hostname"
	got := s.exec(t, "sh", "-l", "study", "-c", line)
	require.Equal(t, "rtt min/avg/max/mdev = 0.080/0.080/0.080/0.000 ms\npod1\n", got.stdout, got.stderr)
	require.Zero(t, got.code)
	require.Equal(t, got.stdout, s.exec(t, "sh", "-l", "study", "-c", line).stdout, "a run repeats")

	// ip netns exec changes the network alone: the files stay those of the host.
	got = s.exec(t, "sh", "-l", "study", "-c", "echo here > /tmp/f; ip netns exec pod1 cat /tmp/f; ip netns exec k8s-w2 sh -c 'echo there >> /tmp/f'; cat /tmp/f")
	require.Equal(t, "here\nhere\nthere\n", got.stdout, got.stderr)

	got = s.run(t, "sh -l nosuch -c true")
	require.Equal(t, 2, got.code)
	require.Contains(t, got.stderr, "nosuch")
	got = s.run(t, "sh -l nosuch.yaml -c true")
	require.Equal(t, 2, got.code)
	require.Contains(t, got.stderr, "cannot read nosuch.yaml")
}

func TestShellSeesAndLeavesOnlyTheFoldersItIsGiven(t *testing.T) {
	s := &system{files: map[string]string{"data/a.txt": "one\n", "data/sub/b.txt": "two\n", "secret": "x"}}
	got := s.exec(t, "sh", "--in", "data", "--out", "result", "-c",
		"cat /in/a.txt /in/sub/b.txt; echo no > /in/a.txt; mkdir /out/d; echo left > /out/d/x; ln -s /etc/passwd /out/p; cat /secret; cat ../../secret; exit 5")
	require.Equal(t, 5, got.code)
	require.Equal(t, "one\ntwo\n", got.stdout)
	require.Contains(t, got.stderr, "Read-only file system")
	require.Contains(t, got.stderr, "cat: /secret: No such file or directory")
	require.Equal(t, "left\n", s.files["result/d/x"])
	require.Equal(t, "root:x:0:0:root:/root:/bin/bash\n", s.files["result/p"], "the lab's own file, not a link to the host's")
	require.Equal(t, "one\n", s.files["data/a.txt"])

	got = s.run(t, "sh --in nosuch -c true")
	require.Equal(t, result{2, "", "hoplab: cannot read nosuch: file does not exist\n"}, got)
	s.readOnly = true
	got = s.exec(t, "sh", "--out", "result", "-c", "echo never runs")
	require.Equal(t, result{2, "", "hoplab: cannot write to result: permission denied\n"}, got)
}

func TestShellEndsWhatDoesNotEnd(t *testing.T) {
	s := &system{files: map[string]string{}}
	start := time.Now()
	got := s.exec(t, "sh", "--timeout", "30s", "--out", "o", "-c", "echo begun > /out/x; while :; do :; done")
	require.Equal(t, 137, got.code)
	require.Equal(t, "hoplab: the script was ended: it had not finished after 30s of virtual time\n", got.stderr)
	require.Equal(t, "begun\n", s.files["o/x"], "what it left is kept")
	require.Less(t, time.Since(start), 20*time.Second)

	got = s.exec(t, "sh", "--timeout", "1h", "-c", "sleep 3000; echo woke")
	require.Equal(t, result{0, "woke\n", ""}, got)
}

func TestShellRefusesWhatItCannotDo(t *testing.T) {
	s := &system{files: map[string]string{}}
	for line, want := range map[string]string{
		"sh nosuch.sh":         "hoplab: cannot read nosuch.sh: file does not exist\n",
		"sh --timeout -1s -":   "hoplab: invalid --timeout -1s; expected a time such as 90s\n",
		"sh --speed -1 -":      "hoplab: invalid --speed -1; expected a number from 0\n",
		"sh -c true more":      "hoplab: -c runs one line; there is no place for \"more\"\n",
		"sh --tmeout 1s -":     "hoplab: unknown flag: --tmeout; did you mean --timeout?\n",
		"sh --timeout long -":  "hoplab: invalid --timeout \"long\"; expected a time such as 90s\n",
		"sh --seed minusone -": "hoplab: invalid --seed \"minusone\"; expected a number from 0 to 18446744073709551615\n",
	} {
		require.Equal(t, result{2, "", want}, s.run(t, line), line)
	}
}

func TestShellTalksWithAPerson(t *testing.T) {
	s := &system{terminal: true, stdin: "x=5\nping -c 1 -q 127.0.0.1\necho $? $x\nfor i in 1 2; do\necho $i\ndone\n\nip netns add pod1\nexit 3\n"}
	got := s.run(t, "sh --speed 0")
	require.Equal(t, 3, got.code, got.stderr)
	require.Equal(t, "root@host:~# root@host:~# root@host:~# 2 5\nroot@host:~# > > 1\n2\nroot@host:~# root@host:~# root@host:~# ", got.stdout)
	require.Equal(t, "ping: connect: Network is unreachable\n", got.stderr)

	end := &system{terminal: true, stdin: "false\n"} // Ctrl-D
	got = end.run(t, "sh -l study --speed 0")
	require.Equal(t, 1, got.code)
	require.Equal(t, "root@k8s-m:~# root@k8s-m:~# exit\n", got.stdout)
}

func TestShellsInsideHavePromptsToo(t *testing.T) {
	s := &system{terminal: true, stdin: "ip netns exec pod1 bash\nhostname\ncd /etc\nexit 3\necho $?\ncat\nto cat\n"}
	got := s.run(t, "sh -l study --speed 0")
	require.Equal(t, "root@k8s-m:~# pod1:~# pod1\npod1:~# pod1:/etc# root@k8s-m:~# 3\nroot@k8s-m:~# to cat\nroot@k8s-m:~# exit\n", got.stdout, got.stderr)
}

func TestCapturesAreReadByTcpdump(t *testing.T) {
	data := readFile(t, "../../packet/tcpdump/testdata/pcap/icmp-echo-ids.pcap")
	s := &system{files: map[string]string{"x.pcap": data}}
	got := s.run(t, "tcpdump -nn -t -c 1 -r x.pcap icmp")
	require.Zero(t, got.code)
	require.Contains(t, got.stdout, "ICMP echo request, id ")
	require.Equal(t, "reading from file x.pcap, link-type EN10MB (Ethernet), snapshot length 262144\n", got.stderr)
	require.Zero(t, s.run(t, "tcpdump -r x.pcap -w y.pcap").code)
	require.Equal(t, data, s.files["y.pcap"])
	require.Equal(t, result{1, "", "tcpdump: nosuch: No such file or directory\n"}, s.run(t, "tcpdump -r nosuch"))
	require.Equal(t, 1, s.run(t, "tcpdump -i eth0").code)
}

func TestFoldersOfTheHostAreReadWhole(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "in", "sub"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in", "sub", "a"), []byte("text"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in", "b"), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("s"), 0o644))
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink("../secret", filepath.Join(dir, "in", "escape")))
		require.NoError(t, os.Symlink("sub/a", filepath.Join(dir, "in", "inside")))
	}
	tree, err := readTree(filepath.Join(dir, "in"))
	require.NoError(t, err)
	require.NoError(t, fstest.TestFS(tree, "sub/a", "b"))
	_, err = fs.Stat(tree, "escape")
	require.ErrorIs(t, err, fs.ErrNotExist)
	if runtime.GOOS != "windows" {
		data, err := fs.ReadFile(tree, "inside")
		require.NoError(t, err)
		require.Equal(t, "text", string(data))
	}
}

func TestNothingIsWrittenOutsideOfTheFolder(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "new", "out")
	require.NoError(t, writeTree(out, []TreeFile{{Name: "d", Dir: true}, {Name: "d/x", Data: []byte("1")}}))
	require.Equal(t, "1", readFile(t, filepath.Join(out, "d", "x")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "victim"), []byte("v"), 0o644))
	require.Error(t, writeTree(out, []TreeFile{{Name: "../../victim", Data: []byte("2")}}))
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink("../../victim", filepath.Join(out, "link")))
		require.Error(t, writeTree(out, []TreeFile{{Name: "link", Data: []byte("2")}}))
	}
	require.Equal(t, "v", readFile(t, filepath.Join(dir, "victim")))
}

func TestWordsAreCompleted(t *testing.T) {
	s := &system{terminal: true, files: map[string]string{}, stdin: "cd /etc\n"}
	var words []string
	s.editor = func(c Completer) LineEditor {
		return &watcher{plainEditor: plainEditor{strings.NewReader(s.stdin), nopWriter{}}, ask: func() {
			for _, line := range []string{"trac", "ip netns exec po", "tcpdump -i ens", "cat hos", "cat /et", "ip netns exec pod1 tracep", "ls | gre", "ip -n k8s-w1 li"} {
				head, list, _ := c(line, len(line))
				words = append(words, head+strings.Join(list, "|"))
			}
		}}
	}
	require.Zero(t, s.run(t, "sh -l study --speed 0").code)
	require.Equal(t, []string{"tracepath |traceroute ", "ip netns exec pod1 |pod2 |pod3 ", "tcpdump -i ens5 ", "cat hostname |hosts ", "cat /etc/",
		"ip netns exec pod1 tracepath ", "ls | grep ", "ip -n k8s-w1 link "}, words[len(words)-8:])
}

// watcher asks for completions before it prompts.
type watcher struct {
	plainEditor
	ask func()
}

func (w *watcher) Prompt(p string) (string, error) {
	w.ask()
	return w.plainEditor.Prompt(p)
}

type nopWriter struct{}

func (nopWriter) Write(b []byte) (int, error) { return len(b), nil }
