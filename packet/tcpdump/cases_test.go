package tcpdump

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

// recorded is one run of tcpdump 4.99.3: testdata/cases.json.
type recorded struct {
	ID       string   `json:"id"`
	Category string   `json:"category"`
	Args     []string `json:"args"`
	Pcap     string   `json:"pcap"`
	Expected string   `json:"expected"`
}

// flags is what a case's arguments ask for.
type flags struct {
	Options
	times string // -t, -tttt or empty
}

// parseFlags returns false when a case needs what this package does not do.
func parseFlags(c recorded) (f flags, ok bool) {
	for _, a := range c.Args {
		switch a {
		case "-r", "-nn", c.Pcap:
		case "-t", "-tttt":
			f.times = a
		case "-e":
			f.Link = true
		case "-v", "-vv", "-vvv":
			f.Verbose += len(a) - 1
		case "-q":
			f.Quiet = true
		case "-S":
			f.AbsoluteSeq = true
		case "-K":
			f.NoChecksums = true
		default:
			return f, false
		}
	}
	return f, true
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
			return packets, r.Interfaces()[0].LinkType
		}
		p.Data = bytes.Clone(p.Data)
		packets = append(packets, p)
	}
}

// print prints a capture file as tcpdump -r would.
func print(t testing.TB, path string, f flags) string {
	packets, link := read(t, path)
	p := Printer{Options: f.Options}
	var out []byte
	for _, packet := range packets {
		// A packet without bytes has no time.
		if len(packet.Data) > 0 {
			switch at := time.Unix(0, packet.Time).UTC(); f.times {
			case "":
				out = append(out, at.Format("15:04:05.000000 ")...)
			case "-tttt":
				out = append(out, at.Format("2006-01-02 15:04:05.000000 ")...)
			}
		}
		out = p.AppendLine(out, link, packet.Data, packet.OrigLen)
		out = append(out, '\n')
	}
	return string(out)
}

// coreTotals is how many cases of the lab's scope the recording of tcpdump has
// for each set of flags. Those that are not in testdata need what this package
// leaves out: IPv6, DNS, LLC, cooked links.
var coreTotals = map[string]int{"-nn -t": 124, "-nn -tttt": 111, "-nn -e": 106, "-nn -v": 112, "-nn -vv": 112, "-nn -q": 104}

func TestLinesEqualTcpdumpByteForByte(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("testdata", "cases.json"))
	require.NoError(t, err)
	var cases []recorded
	require.NoError(t, json.Unmarshal(file, &cases))
	require.NotEmpty(t, cases)
	passed := map[string]int{}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			f, ok := parseFlags(c)
			require.True(t, ok, "flags %v", c.Args)
			want, err := os.ReadFile(filepath.Join("testdata", c.Expected))
			require.NoError(t, err)
			got := print(t, filepath.Join("testdata", c.Pcap), f)
			if got != string(want) {
				t.Errorf("tcpdump %s\n%s", strings.Join(c.Args, " "), firstDifference(got, string(want)))
				return
			}
			passed[strings.Join(c.Args[2:], " ")]++
		})
	}
	for _, kind := range slices.Sorted(maps.Keys(coreTotals)) {
		t.Logf("%s: %d of %d", kind, passed[kind], coreTotals[kind])
	}
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
