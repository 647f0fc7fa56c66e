package netprogs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/shell"
)

const captures = "../../../packet/tcpdump/testdata/pcap"

// readDump runs tcpdump on capture files; stdout and stderr go to one place.
func readDump(args ...string) (string, int) {
	var out bytes.Buffer
	status := ReadDump(args, Host{
		In: strings.NewReader(""), Out: &out, Err: &out,
		Open: func(name string) (io.ReadCloser, error) {
			if name == os.DevNull {
				return os.Open(name)
			}
			return os.Open(filepath.Join(captures, name))
		},
		Create: func(name string) (io.WriteCloser, error) { return nil, fs.ErrNotExist },
		Text: func(err error) string {
			if errors.Is(err, fs.ErrNotExist) {
				return "No such file or directory"
			}
			return err.Error()
		},
	})
	return out.String(), status
}

// testdata/read.txt is what tcpdump 4.99.3 printed: after each ### its words,
// then stdout and stderr, then the exit status. Those are two streams, so lines
// are compared without order.
func TestFilesAreReadAsTheRealOneReadsThem(t *testing.T) {
	text, err := os.ReadFile("testdata/read.txt")
	require.NoError(t, err)
	for _, part := range strings.Split("\n"+string(text), "\n### ")[1:] {
		line, want, _ := strings.Cut(part, "\n")
		t.Run(line, func(t *testing.T) {
			out, status := readDump(strings.Fields(line)...)
			got := fmt.Sprintf("%sexit %d", out, status)
			require.ElementsMatch(t, strings.Split(strings.TrimSuffix(want, "\n"), "\n"), strings.Split(got, "\n"))
		})
	}
}

func TestWhatIsWrittenCanBeReadAgain(t *testing.T) {
	var saved bytes.Buffer
	data, err := os.ReadFile(filepath.Join(captures, "icmp-echo-ids.pcap"))
	require.NoError(t, err)
	for _, check := range []byte{0, 0x14} { // the length of a frame check sequence
		data[23] = check
		saved.Reset()
		h := Host{In: bytes.NewReader(data), Out: &saved, Err: io.Discard}
		require.Zero(t, ReadDump([]string{"-r", "-", "-w", "-"}, h))
		require.Equal(t, data, saved.Bytes())
	}
}

func TestWhatIsNotModelledIsRefusedByName(t *testing.T) {
	for _, o := range tcpdumpOptions {
		if !o.NotModelled {
			continue
		}
		flag, arg, _ := strings.Cut(o.Flag, " <")
		for word := range strings.SplitSeq(flag, ", ") {
			args := []string{word}
			if arg != "" {
				args = append(args, "1")
			}
			out, status := readDump(args...)
			require.Equal(t, 1, status, word)
			require.Equal(t, "tcpdump: not modelled: "+word+"\n", out)
		}
	}
	out, status := readDump("icmp")
	require.Equal(t, 1, status)
	require.Contains(t, out, "-r FILE")
}

func TestOptionsAreReadAsGetoptReadsThem(t *testing.T) {
	for line, want := range map[string]string{
		"-nnr x icmp -c 1":    "[{-n } {-n } {-r x} {-c 1}] [icmp] <nil>",
		"-c1 -- -n":           "[{-c 1}] [-n] <nil>",
		"--snap=5 --num":      "[{-s 5} {-# }] [] <nil>",
		"--interface eth0 -":  "[{-i eth0}] [-] <nil>",
		"-k":                  "[] [] invalid option -- 'k'",
		"-nc":                 "[{-n }] [] option requires an argument -- 'c'",
		"--foo":               "[] [] unrecognized option '--foo'",
		"--print=1":           "[] [] option '--print' doesn't allow an argument",
		"--linktype":          "[] [] option '--linktype' requires an argument",
		"--n":                 "[] [] option '--n' is ambiguous; possibilities: '--nano' '--no-optimize' '--no-promiscuous-mode' '--number'",
		"-nE x":               "[{-n }] [] not modelled: -E",
		"--count --coun":      "[{--count } {--count }] [] <nil>",
		"host 1.2.3.4 -v -vv": "[{-v } {-v } {-v }] [host 1.2.3.4] <nil>",
	} {
		opts, operands, err := shell.Getopt(tcpdumpOptions, strings.Fields(line), false)
		require.Equal(t, want, fmt.Sprint(opts, operands, err), line)
	}
}

func FuzzReadDump(f *testing.F) {
	f.Add("-nn -e -X icmp or arp", []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00"))
	f.Fuzz(func(t *testing.T, line string, data []byte) {
		h := Host{In: bytes.NewReader(data), Out: io.Discard, Err: io.Discard, Text: error.Error}
		h.Open = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
		h.Create = func(string) (io.WriteCloser, error) { return nil, fs.ErrPermission }
		ReadDump(append([]string{"-r", "-"}, strings.Fields(line)...), h)
	})
}
