package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"hoplab/ui"
)

// Env is what a command needs of the operating system. Nil functions stand for
// a system that has nothing.
type Env struct {
	IsTerminal func(stream any) bool
	Getenv     func(key string) string
	ReadFile   func(name string) ([]byte, error)
	ReadDir    func(name string) ([]string, error) // names of the files in a directory, sorted
	// WriteFile calls write and puts what it wrote into the file, all or
	// nothing.
	WriteFile func(name string, write func(w io.Writer) error) error
	// ReadTree reads a folder with all that is in it.
	ReadTree func(dir string) (fs.FS, error)
	// WriteTree writes files below a folder, which it makes where there is none.
	WriteTree func(dir string, files []TreeFile) error
	// Signals begins to take SIGINT and SIGTERM from the system until stop is
	// called; their numbers come by the channel.
	Signals func() (numbers <-chan int, stop func())
	// Readable waits until a stream has something to read, at most for d. Nil
	// where the system cannot tell: then reading blocks.
	Readable func(stream any, d time.Duration) bool
	// SaveNew is WriteFile into the current folder, under a like name where there
	// is such a file already. It gives the name.
	SaveNew func(name string, write func(w io.Writer) error) (string, error)
	// Remember keeps a line until the next run; Recall gives it back.
	Remember func(key, value string)
	Recall   func(key string) string
	// Light asks the terminal whether its background is light, and gives what was
	// typed while it waited for the answer; nil where there is none to ask.
	Light func() (light bool, typed string)
	// Clip puts a text on the terminal's clipboard.
	Clip func(text string)
	// Screen shows the lab on the terminal until its reader quits; nil where there
	// is none to draw on.
	Screen func(o ui.Options, in io.Reader, out io.Writer) error
	// Editor gives the terminal's line editor; nil where there is none.
	Editor func(Completer) LineEditor
}

// OS is the real one. A closed pipe is from now on an error of the write
// instead of a signal, so that it can be told like any other.
func OS() Env {
	signal.Ignore(syscall.SIGPIPE)
	return Env{IsTerminal: isTerminal, Getenv: os.Getenv, ReadFile: os.ReadFile, ReadDir: readDir, WriteFile: writeFile,
		ReadTree: readTree, WriteTree: writeTree, Signals: signals, Readable: readable, Editor: newEditor,
		SaveNew: saveNew, Remember: remember, Recall: recall, Clip: clip, Light: light, Screen: screen}
}

func (e Env) complete() Env {
	if e.IsTerminal == nil {
		e.IsTerminal = func(any) bool { return false }
	}
	if e.Getenv == nil {
		e.Getenv = func(string) string { return "" }
	}
	if e.ReadFile == nil {
		e.ReadFile = func(name string) ([]byte, error) {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
	}
	if e.ReadDir == nil {
		e.ReadDir = func(string) ([]string, error) { return nil, nil }
	}
	if e.WriteFile == nil {
		e.WriteFile = func(name string, _ func(io.Writer) error) error {
			return &fs.PathError{Op: "create", Path: name, Err: fs.ErrPermission}
		}
	}
	if e.ReadTree == nil {
		e.ReadTree = func(dir string) (fs.FS, error) {
			return nil, &fs.PathError{Op: "open", Path: dir, Err: fs.ErrNotExist}
		}
	}
	if e.WriteTree == nil {
		e.WriteTree = func(dir string, _ []TreeFile) error {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: fs.ErrPermission}
		}
	}
	if e.Signals == nil {
		e.Signals = func() (<-chan int, func()) { return nil, func() {} }
	}
	if e.SaveNew == nil {
		e.SaveNew = func(name string, write func(io.Writer) error) (string, error) { return name, e.WriteFile(name, write) }
	}
	if e.Remember == nil {
		e.Remember = func(string, string) {}
	}
	if e.Recall == nil {
		e.Recall = func(string) string { return "" }
	}
	if e.Light == nil {
		e.Light = func() (bool, string) { return false, "" }
	}
	if e.Editor == nil {
		e.Editor = func(Completer) LineEditor { return nil }
	}
	return e
}

// screen shows the lab until its reader quits or the program is told to end: by kill, or
// because the terminal goes away.
func screen(o ui.Options, in io.Reader, out io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return ui.Run(ctx, o, in, out)
}

// signals takes SIGINT and SIGTERM.
func signals() (<-chan int, func()) {
	c, numbers, end := make(chan os.Signal, 1), make(chan int, 1), make(chan struct{})
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		for {
			select {
			case s := <-c:
				n := int(syscall.SIGTERM)
				if s == os.Interrupt {
					n = int(syscall.SIGINT)
				}
				select {
				case numbers <- n:
				default: // one is on its way already
				}
			case <-end:
				return
			}
		}
	}()
	return numbers, func() {
		signal.Stop(c)
		close(end)
	}
}

// isTerminal says that a stream is a terminal: a character device that is not
// the null device.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

func readDir(name string) ([]string, error) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// writeFile writes to a new file beside the old one and renames it when all
// is written. What is no regular file (a device, a pipe) is written to directly.
func writeFile(name string, write func(io.Writer) error) (err error) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return fmt.Errorf("%s is a directory", name)
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := createBeside(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// createBeside creates a file of a name that nobody uses, with the permissions
// that a new file gets.
func createBeside(name string) (*os.File, error) {
	const attempts = 1000
	dir, base := filepath.Split(name)
	for i := 0; ; i++ {
		f, err := os.OpenFile(filepath.Join(dir, "."+base+"."+strconv.Itoa(i)+".tmp"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil || !errors.Is(err, fs.ErrExist) || i == attempts {
			return f, err
		}
	}
}
