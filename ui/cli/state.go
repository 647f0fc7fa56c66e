package cli

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// remember keeps a line in the folder for state. That it cannot is no trouble.
func remember(key, value string) {
	if file := stateFile(key); file != "" {
		_ = os.MkdirAll(filepath.Dir(file), 0o700)
		_ = os.WriteFile(file, []byte(value+"\n"), 0o600)
	}
}

// recall is what was kept, empty if nothing was.
func recall(key string) string {
	file := stateFile(key)
	if file == "" {
		return ""
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

// maxSaved is how many files of like names there may be.
const maxSaved = 1000

// saveNew writes a file that is not there yet: NAME, NAME-2, NAME-3 …
func saveNew(name string, write func(io.Writer) error) (string, error) {
	ext := filepath.Ext(name)
	for n := 1; ; n++ {
		file := name
		if n > 1 {
			file = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
		}
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) && n < maxSaved {
			continue
		}
		if err != nil {
			return file, cause(err)
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			return file, errors.Join(err, os.Remove(file))
		}
		return file, nil
	}
}

// clip puts a text on the clipboard of the terminal: OSC 52 of xterm's control
// sequences. It goes to the terminal in one write, between two of the screen's.
func clip(text string) {
	_, _ = os.Stdout.WriteString("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a")
}
