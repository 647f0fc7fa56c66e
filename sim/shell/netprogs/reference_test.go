package netprogs

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

// recordings are runs of tcpdump 4.99.3.
const recordings = "../../../packet/tcpdump/testdata"

// recordedRun is one recorded run of tcpdump with what it printed.
type recordedRun struct {
	ID       string   `json:"id"`
	Category string   `json:"category"`
	Tier     string   `json:"tier"`
	Args     []string `json:"args"`
	Pcap     string   `json:"pcap"`
	Expected string   `json:"expected"`
	Stderr   *string  `json:"stderr"` // nil is not compared
	Stdin    string   `json:"stdin"`
	Match    string   `json:"match"`
	Packets  []int    `json:"packets"` // from 1, with match "packets"
	Exit     int      `json:"exit"`
}

// runRecorded runs the command where the recorded one ran.
func runRecorded(t *testing.T, c recordedRun) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	in := []byte(nil)
	if c.Stdin != "" {
		var err error
		in, err = os.ReadFile(filepath.Join(recordings, c.Stdin))
		require.NoError(t, err)
	}
	status = ReadDump(c.Args, Host{
		In: bytes.NewReader(in), Out: &out, Err: &errs,
		Open: func(name string) (io.ReadCloser, error) {
			data, err := os.ReadFile(filepath.Join(recordings, name))
			return io.NopCloser(bytes.NewReader(data)), err
		},
		Create: func(string) (io.WriteCloser, error) { return nil, fs.ErrPermission },
		Text: func(err error) string {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return "No such file or directory"
			case errors.Is(err, fs.ErrPermission):
				return "Permission denied"
			case strings.Contains(err.Error(), "is a directory"):
				return "Is a directory"
			}
			return err.Error()
		},
	})
	return out.String(), errs.String(), status
}

var stamp = regexp.MustCompile(`(?m)^(\d+)\.(\d{6}) `)

// printed finds the numbers of the packets in a text with the times of -tt.
func printed(t *testing.T, file, text string) (numbers []int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(recordings, file))
	require.NoError(t, err)
	r, err := pcap.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	byTime := map[int64]int{}
	for i := 1; ; i++ {
		p, err := r.Next()
		if err != nil {
			break
		}
		byTime[p.Time/1000] = i
	}
	for _, m := range stamp.FindAllStringSubmatch(text, -1) {
		micros := int64(0)
		for _, digit := range m[1] + m[2] {
			micros = micros*10 + int64(digit-'0')
		}
		numbers = append(numbers, byTime[micros])
	}
	return numbers
}

// TestTheCommandDoesWhatTcpdumpDid runs every recording: options, filters,
// messages and exit status too.
func TestTheCommandDoesWhatTcpdumpDid(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(recordings, "cases.json"))
	require.NoError(t, err)
	var all struct{ Cases []recordedRun }
	require.NoError(t, json.Unmarshal(file, &all))
	total, passed := map[string]int{}, map[string]int{}
	for _, c := range all.Cases {
		var want []byte
		if c.Expected != "" {
			want, err = os.ReadFile(filepath.Join(recordings, c.Expected))
			require.NoError(t, err)
		}
		stdout, stderr, status := runRecorded(t, c)
		fault := ""
		switch {
		case status != c.Exit:
			fault = "exit status"
		case c.Match == "packets":
			if !slices.Equal(printed(t, c.Pcap, stdout), c.Packets) {
				fault = "other packets"
			}
		case stdout != string(want):
			fault = firstDifference(stdout, string(want))
		case c.Stderr != nil && stderr != *c.Stderr:
			fault = firstDifference(stderr, *c.Stderr)
		}
		total[c.Tier]++
		switch {
		case fault == "":
			passed[c.Tier]++
		case c.Tier == "core":
			t.Errorf("%s: tcpdump %s\n%s\n%s", c.ID, strings.Join(c.Args, " "), fault, stderr)
		default:
			t.Logf("%s: tcpdump %s\n%s", c.ID, strings.Join(c.Args, " "), fault)
		}
	}
	for _, tier := range []string{"core", "extended"} {
		t.Logf("%s: %d of %d", tier, passed[tier], total[tier])
	}
	require.GreaterOrEqual(t, passed["extended"]*100, total["extended"]*95, "cases outside of the lab's scope")
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
			return " got " + a + "want " + b
		}
	}
	return ""
}
