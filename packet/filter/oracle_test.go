package filter

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

// capture is a file of testdata/pcap. The sample-* files hold packets of many
// protocols, some cut short; the time of each is its number.
type capture struct {
	path    string
	options Options
	packets []pcap.Packet
}

var captureNames = []string{"sample-1", "sample-1", "sample-1", "sample-1", "sample-101", "sample-113", "sample-276", "sample-0", "sample-0-big-endian",
	"sample-108", "sample-228", "sample-229", "sample-9", "sample-104", "sample-107"}

func openCapture(t testing.TB, name string) *capture {
	t.Helper()
	c := &capture{path: filepath.Join("testdata", "pcap", name+".pcap")}
	c.packets, c.options.LinkType = read(t, c.path)
	c.options.BigEndian = strings.HasSuffix(name, "big-endian")
	return c
}

// mine gives what a filter selects here, in the form of the recordings: "E " with
// a fault, or the checksum of what tcpdump -ddd prints and the numbers of the packets.
func (c *capture) mine(expr string, unoptimize bool) string {
	o := c.options
	o.Unoptimize = unoptimize
	f, err := o.Compile(expr)
	var fault *Error
	if errors.As(err, &fault) {
		return "E " + strings.ReplaceAll(fault.Text, "\n", " ")
	}
	return fmt.Sprintf("%08x %s", crc32.ChecksumIEEE([]byte(f.Decimal())), ranges(matches(f, c.packets)))
}

// ranges shortens ascending numbers: 1-3,7.
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, strconv.Itoa(numbers[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", numbers[i], numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}

// tool is the real tcpdump.
type tool string

func findTool(t testing.TB) tool {
	path, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed")
	}
	version, _ := exec.Command(path, "--version").CombinedOutput()
	if !strings.Contains(string(version), "libpcap version 1.10.3") {
		t.Skip("tcpdump has another version of libpcap")
	}
	return tool(path)
}

// theirs gives the same as mine, of the real tcpdump.
func (x tool) theirs(t testing.TB, c *capture, expr string, unoptimize bool) string {
	t.Helper()
	args := []string{"-r", c.path}
	if unoptimize {
		args = append(args, "-O")
	}
	var out, faults bytes.Buffer
	run := func(option ...string) error {
		out.Reset()
		faults.Reset()
		cmd := exec.Command(string(x), append(append(append([]string{}, args...), option...), "--", expr)...)
		cmd.Stdout, cmd.Stderr = &out, &faults
		return cmd.Run()
	}
	if run("-ddd") != nil {
		_, text, _ := strings.Cut(faults.String(), "\ntcpdump: ")
		return "E " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", " ")
	}
	sum := crc32.ChecksumIEEE(out.Bytes())
	require.NoError(t, run("-w", "-"), expr)
	r, err := pcap.NewReader(&out)
	require.NoError(t, err)
	var numbers []int
	for {
		p, err := r.Next()
		if err == io.EOF {
			return fmt.Sprintf("%08x %s", sum, ranges(numbers))
		}
		require.NoError(t, err)
		numbers = append(numbers, int(p.Time/1e9))
	}
}

// question is one comparison.
type question struct {
	capture    string
	unoptimize bool
	expr       string
}

func ask(g grammar) question {
	q := question{capture: g.pick(captureNames...), unoptimize: g.Intn(8) == 0, expr: g.expression(g.Intn(5))}
	if g.Intn(8) == 0 {
		q.expr = g.mutate(q.expr)
	}
	return q
}

func recordedPath() string { return filepath.Join("testdata", "recorded.gz") }

// TestRecordedExpressions compares a few thousand expressions with what tcpdump
// made of them: the program, the packets, the fault. UPDATE=1 asks it anew.
func TestRecordedExpressions(t *testing.T) {
	if os.Getenv("UPDATE") == "1" {
		record(t)
	}
	file, err := os.Open(recordedPath())
	require.NoError(t, err)
	defer file.Close()
	z, err := gzip.NewReader(file)
	require.NoError(t, err)
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	captures := map[string]*capture{}
	n, faults := 0, 0
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 4)
		require.Len(t, f, 4, line)
		c := captures[f[0]]
		if c == nil {
			c = openCapture(t, f[0])
			captures[f[0]] = c
		}
		if got := c.mine(f[2], f[1] == "O"); got != f[3] {
			t.Errorf("%s: %s\n got  %s\n want %s", f[0], f[2], got, f[3])
		}
		n++
		if strings.HasPrefix(f[3], "E ") {
			faults++
		}
	}
	require.Greater(t, n, 3000)
	t.Logf("%d expressions, %d of them with a fault", n, faults)
}

func record(t *testing.T) {
	x := findTool(t)
	g := grammar{rand.New(rand.NewSource(1))}
	captures := map[string]*capture{}
	for _, name := range captureNames {
		captures[name] = openCapture(t, name)
	}
	seen := map[question]bool{}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	require.NoError(t, err)
	for faults := 0; len(seen) < 4000; {
		q := ask(g)
		if seen[q] || strings.ContainsAny(q.expr, "\t\n") {
			continue
		}
		answer := x.theirs(t, captures[q.capture], q.expr, q.unoptimize)
		if strings.HasPrefix(answer, "E ") {
			if faults++; faults > 1200 {
				continue
			}
		}
		seen[q] = true
		mark := "-"
		if q.unoptimize {
			mark = "O"
		}
		fmt.Fprintf(z, "%s\t%s\t%s\t%s\n", q.capture, mark, q.expr, answer)
	}
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(recordedPath(), b.Bytes(), 0o644))
}

// TestTcpdumpAgrees compares expressions that are not recorded with the real
// tcpdump. ORACLE=N asks for N of them with another seed each run of N.
func TestTcpdumpAgrees(t *testing.T) {
	x := findTool(t)
	n, seed := 100, int64(2)
	if v, err := strconv.Atoi(os.Getenv("ORACLE")); err == nil {
		n, seed = v, int64(v)
	}
	g := grammar{rand.New(rand.NewSource(seed))}
	for range n {
		q := ask(g)
		c := openCapture(t, q.capture)
		require.Equal(t, x.theirs(t, c, q.expr, q.unoptimize), c.mine(q.expr, q.unoptimize), "%s: %s", q.capture, q.expr)
	}
}
