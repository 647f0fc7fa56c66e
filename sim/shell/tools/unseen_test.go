package tools_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"
)

// cornerMasks are what differs between two runs of the real kernel, or between the
// kernel of these recordings, which is younger, and Linux 6.1.
var cornerMasks = []struct {
	re   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`LOWERLAYERDOWN`), "DOWN          "}, // younger kernels say DOWN where the peer is in another namespace
	{regexp.MustCompile(`time=[0-9.]+ ms`), "time=T ms"},
	{regexp.MustCompile(`time \d+ms`), "time Tms"},
	{regexp.MustCompile(`= [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms`), "= RTT"},
	{regexp.MustCompile(`expires -?\d+sec`), "expires Nsec"},
	{regexp.MustCompile(`\bid [1-9]\d*,`), "id N,"},
	{regexp.MustCompile(`\bid=(\d+)`), "id=N"},
	{regexp.MustCompile(` +\[(bad udp cksum|udp sum ok).*?\]`), ""},
	{regexp.MustCompile(`cksum 0x[0-9a-f]+ \((in)?correct[^)]*\)`), "cksum C"},
	{regexp.MustCompile(`\d+\.\d+ ?ms`), "T ms"},
	{regexp.MustCompile(`(?m)^((?:icmp|udp|tcp|unknown) +\d+ )\d+ `), "$1 T "},
	{regexp.MustCompile(`([sd]port=)(3[2-9]\d{3}|[45]\d{4}|6[0-5]\d{3})\b`), "${1}E"},
	{regexp.MustCompile(`TS val \d+ ecr \d+`), "TS val V ecr E"},
	{regexp.MustCompile(`(?m)^(.*lladdr \S+ )(REACHABLE|STALE|DELAY|PROBE)`), "${1}VALID"},
	{regexp.MustCompile(`wscale \d+`), "wscale W"},
	{regexp.MustCompile(`win \d+`), "win W"},
	{regexp.MustCompile(`seq \d{6,}(:\d+)?`), "seq S"},
	{regexp.MustCompile(`ack \d{6,}`), "ack S"},
	{regexp.MustCompile(`use=\d+`), "use=U"},
	{regexp.MustCompile(`qlen \d+`), "qlen Q"},
	{regexp.MustCompile(`protocol 1 port \d+`), "protocol 1 port P"}, // a checksum read as a port
	{regexp.MustCompile(`IpOutRequests.*\n(IpOutTransmits.*\n)?`), "IpOutRequests\n"},
	{regexp.MustCompile(`IpExtOutOctets .*`), "IpExtOutOctets"},
}

var (
	// endPort is a port of tcpdump that nobody chose; those of traceroute stay.
	endPort = regexp.MustCompile(`(\d\.\d+\.\d+\.\d+)\.(3[2-9]\d{3}|[45]\d{4}|6[0-5]\d{3})\b`)
	// anyOrder are lines of tables that the kernel hashes.
	anyOrder = regexp.MustCompile(`^(?:(icmp|udp|tcp|unknown) +\d+ |[0-9.]+ dev \S+ (lladdr|FAILED|INCOMP))`)
)

func maskCorner(s string) string {
	for _, m := range cornerMasks {
		s = m.re.ReplaceAllString(s, m.with)
	}
	s = endPort.ReplaceAllStringFunc(s, func(x string) string {
		i := strings.LastIndexByte(x, '.')
		if n, err := strconv.Atoi(x[i+1:]); err == nil && 33434 <= n && n <= 33534 {
			return x
		}
		return x[:i] + ".E"
	})
	lines := strings.Split(s, "\n")
	for i := 0; i < len(lines); i++ {
		n := i
		for n < len(lines) && anyOrder.MatchString(lines[n]) {
			n++
		}
		slices.Sort(lines[i:n])
		i = max(i, n-1)
	}
	return strings.Join(lines, "\n")
}

// Scripts about the corners of IPv4, each run on a real kernel (6.18, tools as
// everywhere else) and here: everything that their tools and tcpdumps print.
func TestCornersLikeARealKernel(t *testing.T) {
	scripts, err := filepath.Glob("testdata/unseen/*.sh")
	require.NoError(t, err)
	require.Greater(t, len(scripts), 40)
	prelude, err := os.ReadFile("testdata/unseen/prelude")
	require.NoError(t, err)
	for _, script := range scripts {
		name := strings.TrimSuffix(filepath.Base(script), ".sh")
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(script)
			require.NoError(t, err)
			want, err := os.ReadFile(strings.TrimSuffix(script, ".sh") + ".txt")
			require.NoError(t, err)
			lab := sim.Empty()
			defer lab.Close()
			var out bytes.Buffer
			s, err := tools.NewShell(lab, shell.Options{Start: sim.HostName, Stdout: &out, Stderr: &out})
			require.NoError(t, err)
			defer s.Close()
			status, err := s.RunScript("SCRIPT", string(prelude)+string(src))
			require.NoError(t, err, out.String())
			got := maskCorner(out.String() + "exit " + strconv.Itoa(status) + "\n")
			if w := maskCorner(string(want)); got != w {
				t.Errorf("- is the kernel, + the simulator\n%s", strings.Join(head(lineDiff(strings.Split(w, "\n"), strings.Split(got, "\n")), 40), "\n"))
			}
			require.NoError(t, lab.Accounting().Check())
		})
	}
}
