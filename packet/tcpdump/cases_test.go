package tcpdump

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

// recorded is one run of tcpdump 4.99.3: testdata/cases.json.
type recorded struct {
	ID       string   `json:"id"`
	Category string   `json:"category"`
	Tier     string   `json:"tier"` // core is what a lab carries
	Args     []string `json:"args"`
	Pcap     string   `json:"pcap"`
	Expected string   `json:"expected"` // a file, or empty when nothing is printed
	Filter   string   `json:"filter"`
	Match    string   `json:"match"`
	Stdin    string   `json:"stdin"`
	Exit     int      `json:"exit"`
}

func recordings(t testing.TB) []recorded {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", "cases.json"))
	require.NoError(t, err)
	var all struct{ Cases []recorded }
	require.NoError(t, json.Unmarshal(file, &all))
	require.NotEmpty(t, all.Cases)
	return all.Cases
}

// parseFlags reads what a case's arguments ask for; most is the number of -c.
// It returns false when they ask for more than printing.
func parseFlags(c recorded) (o Options, most int, ok bool) {
	if c.Filter != "" || c.Match != "" || c.Stdin != "" || c.Exit != 0 || c.Pcap == "" {
		return o, 0, false
	}
	o.Names = &Names{}
	for i := 0; i < len(c.Args); i++ {
		switch a := c.Args[i]; a {
		case "-r":
			i++
		case "-c":
			i++
			most, _ = strconv.Atoi(c.Args[i])
		case "-#", "--number":
			o.Number = true
		case "--nano":
			o.Nano = true
		default:
			if len(a) < 2 || a[0] != '-' {
				return o, 0, false
			}
			for _, letter := range a[1:] {
				switch letter {
				case 'n':
					o.Names = nil
				case 't':
					o.Times++
				case 'e':
					o.Link = true
				case 'v':
					o.Verbose++
				case 'q':
					o.Quiet = true
				case 'S':
					o.AbsoluteSeq = true
				case 'K':
					o.NoChecksums = true
				case 'x':
					o.Hex++
				case 'X':
					o.HexASCII++
				case 'A':
					o.ASCII++
				default:
					return o, 0, false
				}
			}
		}
	}
	return o, most, true
}

// read returns the packets of a capture file and the link type.
func read(t testing.TB, path string) (packets []pcap.Packet, link int) {
	t.Helper()
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	r, err := pcap.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, 0
	}
	for {
		p, err := r.Next()
		if err != nil {
			if err != io.EOF {
				t.Logf("%s: %v", path, err)
			}
			if len(r.Interfaces()) > 0 {
				link = r.Interfaces()[0].LinkType
			}
			return packets, link
		}
		p.Data = bytes.Clone(p.Data)
		packets = append(packets, p)
	}
}

// TestLinesEqualTcpdumpByteForByte prints the recorded captures. Those outside
// of a lab's scope that are not printed yet are listed; the others must be
// equal. What asks for more than printing (filters, messages, files) is tested
// with the command.
func TestLinesEqualTcpdumpByteForByte(t *testing.T) {
	type capture struct {
		packets []pcap.Packet
		link    int
	}
	captures := map[string]capture{}
	total, passed := map[string]int{}, map[string]int{}
	var missing []string
	for _, c := range recordings(t) {
		o, most, ok := parseFlags(c)
		if !ok {
			continue
		}
		want := []byte(nil)
		if c.Expected != "" {
			var err error
			want, err = os.ReadFile(filepath.Join("testdata", c.Expected))
			require.NoError(t, err)
		}
		from, known := captures[c.Pcap]
		if !known {
			from.packets, from.link = read(t, filepath.Join("testdata", c.Pcap))
			captures[c.Pcap] = from
		}
		total[c.Tier]++
		o.LinkType = from.link
		p := New(o)
		var got []byte
		for i, packet := range from.packets {
			if most == 0 || i < most {
				got = p.Append(got, packet)
			}
		}
		switch {
		case bytes.Equal(got, want):
			passed[c.Tier]++
		case c.Tier == "core":
			t.Errorf("%s: tcpdump %s\n%s", c.ID, strings.Join(c.Args, " "), firstDifference(string(got), string(want)))
		default:
			missing = append(missing, c.ID+": "+whatIsMissing(got, want))
		}
	}
	for _, tier := range []string{"core", "extended"} {
		t.Logf("%s: %d of %d", tier, passed[tier], total[tier])
	}
	for _, m := range missing {
		t.Log(m)
	}
	require.Greater(t, total["core"], 1000)
	require.GreaterOrEqual(t, passed["extended"]*100, total["extended"]*95, "cases outside of the lab's scope")
}

// whatIsMissing names the decoders that a text lacks, or shows where it differs.
func whatIsMissing(got, want []byte) string {
	var names []string
	for _, part := range strings.Split(string(got), "[not modelled: ")[1:] {
		if name, _, ok := strings.Cut(part, "]"); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if names != nil {
		return "no decoder for " + strings.Join(names, ", ")
	}
	return firstDifference(string(got), string(want))
}

func firstDifference(got, want string) string {
	g, w := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "", ""
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d:\n got %q\nwant %q", i+1, a, b)
		}
	}
	return ""
}
