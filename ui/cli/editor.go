package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"github.com/peterh/liner"
)

// newEditor gives the terminal's line editor, nil where there is none.
func newEditor(c Completer) LineEditor {
	if !liner.TerminalSupported() {
		return nil
	}
	cooked, err := liner.TerminalMode()
	if err != nil {
		return nil
	}
	e := &editor{State: liner.NewLiner(), cooked: cooked, history: historyFile()}
	if e.raw, err = liner.TerminalMode(); err != nil {
		_ = e.State.Close()
		return nil
	}
	e.SetCtrlCAborts(true)
	e.SetTabCompletionStyle(liner.TabPrints)
	e.SetWordCompleter(liner.WordCompleter(c))
	if f, err := os.Open(e.history); err == nil {
		_, _ = e.ReadHistory(f)
		_ = f.Close()
	}
	return e
}

// editor is a line editor with history.
type editor struct {
	*liner.State
	cooked, raw liner.ModeApplier
	history     string // file; empty for none
}

// Prompt reads a line.
func (e *editor) Prompt(prompt string) (string, error) {
	line, err := e.State.Prompt(prompt)
	if errors.Is(err, liner.ErrPromptAborted) {
		err = errInterrupted
	}
	return line, err
}

// Remember puts a line into the history.
func (e *editor) Remember(line string) { e.AppendHistory(line) }

// Lend gives the terminal back its own mode, in which Ctrl-C is a signal.
func (e *editor) Lend() { _ = e.cooked.ApplyMode() }

// TakeBack takes it again.
func (e *editor) TakeBack() { _ = e.raw.ApplyMode() }

// Close writes the history and restores the terminal.
func (e *editor) Close() error {
	err := e.State.Close()
	if e.history == "" {
		return err
	}
	var b bytes.Buffer
	if _, werr := e.WriteHistory(&b); werr != nil {
		return errors.Join(err, werr)
	}
	if werr := os.MkdirAll(filepath.Dir(e.history), 0o700); werr != nil {
		return errors.Join(err, werr)
	}
	return errors.Join(err, os.WriteFile(e.history, b.Bytes(), 0o600))
}

// historyFile is where lines are remembered, empty if there is no such place.
func historyFile() string { return stateFile("sh_history") }

// stateFile is a file in the folder for state of the XDG Base Directory
// Specification, or of the system. Empty if there is none.
func stateFile(name string) string {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" || !filepath.IsAbs(dir) {
		if runtime.GOOS == "windows" {
			dir = os.Getenv("LOCALAPPDATA")
		} else if home, err := os.UserHomeDir(); err == nil {
			dir = filepath.Join(home, ".local", "state")
		}
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "hoplab", name)
}
