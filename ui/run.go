package ui

import (
	"context"
	"fmt"
	"io"

	tea "github.com/charmbracelet/bubbletea"
)

// Run shows the lab on a terminal until the reader quits, or the context ends. The
// terminal is left as it was.
func Run(ctx context.Context, o Options, in io.Reader, out io.Writer) error {
	a, err := newApp(o)
	if err != nil {
		return err
	}
	opts := []tea.ProgramOption{tea.WithAltScreen(), tea.WithInput(in), tea.WithOutput(out), tea.WithFPS(30), tea.WithContext(ctx), tea.WithoutSignalHandler()}
	if o.Mouse {
		opts = append(opts, tea.WithMouseCellMotion())
	}
	if _, err := tea.NewProgram(a, opts...).Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the screen ended: %w", err)
	}
	a.close()
	return nil
}
