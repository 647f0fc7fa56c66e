package cli

import (
	"bytes"
	"errors"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"hoplab/sim/shell/netprogs"
)

func (a *app) tcpdumpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "tcpdump ARGS...",
		Short: "Read capture files as tcpdump does (-r FILE)",
		Long: `Read capture files as tcpdump does: its options, its filters, its output and its
exit status. To listen on an interface of a lab, type tcpdump in hoplab sh.`,
		Example:            `  hoplab tcpdump -nn -r capture.pcap icmp`,
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			status := netprogs.ReadDump(args, netprogs.Host{
				In: a.stdin, Out: a.stdout, Err: a.stderr, Open: a.openFile, Create: a.createFile, Text: causeText,
			})
			a.status = &status
			return nil
		},
	}
}

func (a *app) openFile(name string) (io.ReadCloser, error) {
	data, err := a.env.ReadFile(name)
	return io.NopCloser(bytes.NewReader(data)), err
}

// createFile gives a file that is written when it is closed.
func (a *app) createFile(name string) (io.WriteCloser, error) {
	f := &createdFile{a: a, name: name}
	return f, f.write() // a place that cannot be written is told at once
}

type createdFile struct {
	bytes.Buffer
	a    *app
	name string
}

func (f *createdFile) write() error {
	return f.a.env.WriteFile(f.name, func(w io.Writer) error {
		_, err := w.Write(f.Bytes())
		return err
	})
}

// Close writes the file.
func (f *createdFile) Close() error { return f.write() }

// causeText words an error of a file as strerror(3) does.
func causeText(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "No such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "Permission denied"
	}
	return cause(err).Error()
}
