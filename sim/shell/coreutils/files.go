package coreutils

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func fileTools() []shell.Tool {
	return []shell.Tool{
		{Name: "ls", Summary: "list folders", Usage: "[OPTION]... [FILE]...", Run: ls, Options: []shell.Option{
			flag("-l", "long"), flag("-a, --all", "also what begins with a dot"), flag("-A, --almost-all", "the same without . and .."), flag("-1", "one a line"), flag("-d, --directory", "folders themselves"), flag("-R, --recursive", "what is below, too"), flag("-r, --reverse", "backwards"), flag("-t", "newest first"), flag("-S", "largest first"), flag("-h, --human-readable", "sizes with K, M, G"), flag("-F, --classify", "mark folders and the like"), flag("-p", "a slash behind folders"), flag("-i, --inode", "numbers of files"), flag("-n, --numeric-uid-gid", "long, with numbers"), flag("-C", "in columns"), flag("-L, --dereference", "through links"), flag("--color[=WHEN]", "ignored"), flag("--full-time", "long, with full times"), missing("-Z, --context", "security context"), missing("-s, --size", "blocks")}},
		{Name: "cp", Summary: "copy files", Usage: "[OPTION]... SOURCE... DEST", Run: cp, Options: []shell.Option{
			flag("-r, -R, --recursive", "whole folders"), flag("-a, --archive", "with links and times"), flag("-p, --preserve[=LIST]", "keep times and permissions"), flag("-f, --force", "accepted"), flag("-n, --no-clobber", "do not replace"), flag("-v, --verbose", "say what is done"), flag("-t, --target-directory DIR", "into that folder"), flag("-T, --no-target-directory", "DEST is no folder"), flag("-u, --update", "only what is newer"), flag("-d, -P, --no-dereference", "links as links"), flag("-L, --dereference", "through links"), missing("-i, --interactive", "ask"), missing("-l, --link", "link"), missing("-s, --symbolic-link", "link")}},
		{Name: "mv", Summary: "move files", Usage: "[OPTION]... SOURCE... DEST", Run: mv, Options: []shell.Option{
			flag("-f, --force", "accepted"), flag("-n, --no-clobber", "do not replace"), flag("-v, --verbose", "say what is done"), flag("-t, --target-directory DIR", "into that folder"), flag("-T, --no-target-directory", "DEST is no folder"), missing("-i, --interactive", "ask"), missing("-u, --update", "only what is newer")}},
		{Name: "rm", Summary: "remove files", Usage: "[OPTION]... [FILE]...", Run: rm, Options: []shell.Option{
			flag("-r, -R, --recursive", "whole folders"), flag("-f, --force", "nothing about missing files"), flag("-v, --verbose", "say what is done"), flag("-d, --dir", "empty folders"), missing("-i, -I, --interactive", "ask")}},
		{Name: "rmdir", Summary: "remove empty folders", Usage: "[OPTION]... DIR...", Run: rmdir, Options: []shell.Option{flag("-p, --parents", "and those above"), flag("-v, --verbose", "say what is done"), flag("--ignore-fail-on-non-empty", "nothing about those that are not empty")}},
		{Name: "mkdir", Summary: "make folders", Usage: "[OPTION]... DIR...", Run: mkdir, Options: []shell.Option{flag("-p, --parents", "and those above; fine if it is there"), flag("-m, --mode MODE", "permissions"), flag("-v, --verbose", "say what is done")}},
		{Name: "ln", Summary: "make links", Usage: "[OPTION]... TARGET... LINK", Run: ln, Options: []shell.Option{
			flag("-s, --symbolic", "symbolic"), flag("-f, --force", "replace"), flag("-n, --no-dereference", "a link to a folder is a file"), flag("-T, --no-target-directory", "LINK is no folder"), flag("-v, --verbose", "say what is done"), missing("-r, --relative", "relative to the link")}},
		{Name: "touch", Summary: "make files, or change their times", Usage: "[OPTION]... FILE...", Run: touch, Options: []shell.Option{
			flag("-c, --no-create", "make none"), flag("-d, --date STRING", "that time"), flag("-a", "accepted"), flag("-m", "accepted"), flag("-r, --reference FILE", "the time of that file"), missing("-t STAMP", "that time"), missing("-h, --no-dereference", "links")}},
		{Name: "chmod", Summary: "change permissions", Usage: "[OPTION]... MODE FILE...", Run: chmod, Options: []shell.Option{flag("-R, --recursive", "whole folders"), flag("-v, --verbose", "accepted"), flag("-f, --silent, --quiet", "say little")}},
		{Name: "chown", Summary: "change owners: everything belongs to root here", Usage: "OWNER FILE...", Run: chown, Options: []shell.Option{flag("-R, --recursive", "whole folders")}},
		{Name: "mktemp", Summary: "make a temporary file", Usage: "[OPTION]... [TEMPLATE]", Run: mktemp, Options: []shell.Option{flag("-d, --directory", "a folder"), flag("-u, --dry-run", "only the name"), flag("-q, --quiet", "no messages"), flag("-p, --tmpdir DIR", "there"), flag("-t", "in the folder for temporary files"), flag("--suffix SUFF", "behind the template")}},
		{Name: "readlink", Summary: "print where a link leads", Usage: "[OPTION]... FILE...", Run: readlink, Options: []shell.Option{flag("-f, --canonicalize", "the whole path; the last part may be missing"), flag("-e, --canonicalize-existing", "the whole path"), flag("-m, --canonicalize-missing", "the whole path; any part may be missing"), flag("-n, --no-newline", "no line end"), flag("-q, -s, --quiet, --silent", "no messages"), flag("-v, --verbose", "messages")}},
		{Name: "realpath", Summary: "print absolute paths", Usage: "[OPTION]... FILE...", Run: realpath, Options: []shell.Option{flag("-e, --canonicalize-existing", "must exist"), flag("-m, --canonicalize-missing", "need not exist"), flag("-s, --strip, --no-symlinks", "do not follow links"), flag("-q, --quiet", "no messages"), missing("--relative-to DIR", "relative path")}},
		{Name: "basename", Summary: "print the last part of a path", Usage: "NAME [SUFFIX]", Run: basename, Options: []shell.Option{flag("-a, --multiple", "several names"), flag("-s, --suffix SUFFIX", "take it off"), flag("-z, --zero", "NUL ends lines")}},
		{Name: "dirname", Summary: "print a path without its last part", Usage: "NAME...", Run: dirname, Options: []shell.Option{flag("-z, --zero", "NUL ends lines")}},
		{Name: "find", Summary: "find files", Usage: "[PATH]... [EXPRESSION]", Run: find, Options: []shell.Option{
			flag("-name GLOB", "the name matches"), flag("-iname GLOB", "the name matches, case ignored"), flag("-path GLOB", "the path matches"), flag("-type f|d|l|c", "the kind"), flag("-maxdepth N", "no deeper"), flag("-mindepth N", "not above"), flag("-empty", "empty"), flag("-print", "print"), flag("-print0", "print with NUL"), flag("-delete", "remove"), flag("-exec COMMAND ; | +", "run a command"), flag("-not EXPR, ! EXPR", "not"), flag("-o", "or"), flag("-a", "and"), flag("-quit", "end"), flag("-prune", "do not go into"),
			missing("-mtime, -newer, -size, -perm, -regex, -printf", "the others")}},
		{Name: "du", Summary: "tell how much files hold", Usage: "[-s] [-b] [FILE]...", Run: du, Options: []shell.Option{flag("-s, --summarize", "only the total"), flag("-b, --bytes", "in bytes"), flag("--apparent-size", "sizes and not blocks"), flag("-h, --human-readable", "with K, M, G"), flag("-k", "in KiB")}},
		{Name: "stat", Summary: "describe files", Usage: "[-c FORMAT] FILE...", Run: stat, Options: []shell.Option{flag("-c, --format FORMAT", "%n %s %F %a %A %Y %i %h %U %G"), flag("-L, --dereference", "through links"), missing("-f, --file-system", "the file system")}},
		{Name: "mkfifo", Summary: "make named pipes", Usage: "[-m MODE] NAME...", Run: mkfifo, Options: []shell.Option{flag("-m, --mode MODE", "permissions, as a number")}},
		{Name: "truncate", Summary: "change the size of files", Usage: "-s SIZE FILE...", Run: truncate, Options: []shell.Option{flag("-s, --size SIZE", "bytes"), flag("-c, --no-create", "make none")}},
	}
}

// modeText is -rw-r--r--.
func modeText(m fs.FileMode) string {
	b := []byte("-rwxrwxrwx")
	switch {
	case m.IsDir():
		b[0] = 'd'
	case m&fs.ModeSymlink != 0:
		b[0] = 'l'
	case m&fs.ModeCharDevice != 0:
		b[0] = 'c'
	case m&fs.ModeNamedPipe != 0:
		b[0] = 'p'
	}
	for i := range 9 {
		if m&(1<<(8-i)) == 0 {
			b[i+1] = '-'
		}
	}
	special := func(i int, on bool, x, none byte) {
		if !on {
			return
		}
		if b[i] == 'x' {
			b[i] = x
		} else {
			b[i] = none
		}
	}
	special(3, m&fs.ModeSetuid != 0, 's', 'S')
	special(6, m&fs.ModeSetgid != 0, 's', 'S')
	special(9, m&fs.ModeSticky != 0, 't', 'T')
	return string(b)
}

func human(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10)
	}
	f := float64(n)
	for _, u := range "KMGT" {
		if f /= 1024; f < 1024 {
			if f < 10 {
				return fmt.Sprintf("%.1f%c", f+0.0499, u)
			}
			return fmt.Sprintf("%.0f%c", f+0.4999, u)
		}
	}
	return fmt.Sprintf("%.0fP", f/1024)
}

// lister is one run of ls.
type lister struct {
	c     *shell.Call
	a     *shell.Args
	out   *bufio.Writer
	code  int
	first bool
}

func ls(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 2
	}
	l := &lister{c: c, a: a, out: output(c), first: true}
	names := a.Operands
	if len(names) == 0 {
		names = []string{"."}
	}
	var files, dirs []vfs.Info
	for _, n := range names {
		i, err := l.info(n)
		if err != nil {
			l.out.Flush()
			c.Errorf("cannot access '%s': %s", n, vfs.Text(err))
			l.code = 2
			continue
		}
		i.FileName = n
		target := i
		if i.Mode()&fs.ModeSymlink != 0 && !a.Has("-l") {
			if t, err := c.View.Stat(n); err == nil {
				target = t
			}
		}
		if target.IsDir() && !a.Has("-d") {
			dirs = append(dirs, i)
		} else {
			files = append(files, i)
		}
	}
	if len(files) > 0 {
		l.sort(files)
		l.list("", files, false)
		l.first = false
	}
	l.sort(dirs)
	for _, d := range dirs {
		l.dir(d.FileName, len(names) > 1 || a.Has("-R"), 0)
	}
	l.out.Flush()
	return l.code
}

func (l *lister) info(name string) (vfs.Info, error) {
	if l.a.Has("-L") {
		return l.c.View.Stat(name)
	}
	return l.c.View.Lstat(name)
}

func (l *lister) dir(name string, title bool, depth int) {
	list, err := l.c.View.ReadDir(name)
	if err != nil || depth > 200 {
		l.out.Flush()
		l.c.Errorf("cannot open directory '%s': %s", name, vfs.Text(err))
		l.code = 2
		return
	}
	if !l.first {
		l.out.WriteByte('\n')
	}
	l.first = false
	if title {
		l.out.WriteString(name + ":\n")
	}
	var keep []vfs.Info
	if l.a.Has("-a") {
		for _, n := range []string{".", ".."} {
			if i, err := l.c.View.Stat(path.Join(name, n)); err == nil {
				i.FileName = n
				keep = append(keep, i)
			}
		}
	}
	for _, i := range list {
		if i.Name()[0] != '.' || l.a.Has("-a") || l.a.Has("-A") {
			keep = append(keep, i)
		}
	}
	l.sort(keep)
	l.list(name, keep, true)
	if !l.a.Has("-R") {
		return
	}
	for _, i := range keep {
		if i.IsDir() && i.Name() != "." && i.Name() != ".." {
			l.c.Step(1)
			l.dir(strings.TrimSuffix(name, "/")+"/"+i.Name(), true, depth+1)
		}
	}
}

func (l *lister) sort(list []vfs.Info) {
	slices.SortStableFunc(list, func(a, b vfs.Info) int {
		n := 0
		switch l.a.Last("-t", "-S") {
		case "-t":
			n = b.Time.Compare(a.Time)
		case "-S":
			n = int(b.FileSize - a.FileSize)
		}
		if n == 0 {
			n = strings.Compare(a.FileName, b.FileName)
		}
		if l.a.Has("-r") {
			n = -n
		}
		return n
	})
}

func (l *lister) suffix(i vfs.Info) string {
	switch {
	case i.IsDir() && (l.a.Has("-F") || l.a.Has("-p")):
		return "/"
	case !l.a.Has("-F"):
		return ""
	case i.Mode()&fs.ModeSymlink != 0:
		return "@"
	case i.Mode().IsRegular() && i.Mode()&0o111 != 0:
		return "*"
	}
	return ""
}

func (l *lister) list(dir string, list []vfs.Info, total bool) {
	long := l.a.Has("-l") || l.a.Has("-n") || l.a.Has("--full-time")
	if !long {
		var names []string
		for _, i := range list {
			s := i.FileName + l.suffix(i)
			if l.a.Has("-i") {
				s = fmt.Sprintf("%d %s", i.Ino, s)
			}
			names = append(names, s)
		}
		if l.a.Last("-1", "-C") == "-C" || l.c.IsTerminal(1) && !l.a.Has("-1") {
			l.columns(names)
			return
		}
		for _, s := range names {
			l.out.WriteString(s + "\n")
		}
		return
	}
	var blocks int64
	wLinks, wSize := 1, 1
	size := func(i vfs.Info) string {
		switch {
		case i.Mode()&fs.ModeCharDevice != 0:
			return fmt.Sprintf("1, %d", map[vfs.Device]int{vfs.Null: 3, vfs.Zero: 5, vfs.Full: 7, vfs.Random: 8, vfs.TTY: 0}[i.Dev])
		case l.a.Has("-h"):
			return human(i.FileSize)
		}
		return strconv.FormatInt(i.FileSize, 10)
	}
	for _, i := range list {
		if i.Mode()&fs.ModeSymlink == 0 && i.Ino != 0 {
			blocks += (i.FileSize + 4095) / 4096 * 4
		}
		wLinks = max(wLinks, len(strconv.Itoa(i.Links)))
		wSize = max(wSize, len(size(i)))
	}
	if total {
		if l.a.Has("-h") {
			fmt.Fprintf(l.out, "total %s\n", human(blocks*1024))
		} else {
			fmt.Fprintf(l.out, "total %d\n", blocks)
		}
	}
	owner := "root root"
	if l.a.Has("-n") {
		owner = "0 0"
	}
	for _, i := range list {
		if l.a.Has("-i") {
			fmt.Fprintf(l.out, "%d ", i.Ino)
		}
		layout := "%b %e %H:%M"
		if now := l.c.Time(); i.Time.After(now) || now.Sub(i.Time) > 365*24*time.Hour/2 {
			layout = "%b %e  %Y"
		}
		if l.a.Has("--full-time") {
			layout = "%F %T.%N %z"
		}
		fmt.Fprintf(l.out, "%s %*d %s %*s %s %s%s", modeText(i.Mode()), wLinks, i.Links, owner, wSize, size(i), shell.FormatTime(i.Time, layout), i.FileName, l.suffix(i))
		if i.Mode()&fs.ModeSymlink != 0 {
			fmt.Fprintf(l.out, " -> %s", i.Target)
		}
		l.out.WriteByte('\n')
	}
}

// columns prints names for a screen of 80 characters, as few lines as possible.
func (l *lister) columns(names []string) {
	if len(names) == 0 {
		return
	}
	for rows := 1; ; rows++ {
		cols := (len(names) + rows - 1) / rows
		width := make([]int, cols)
		sum := 0
		for i, s := range names {
			width[i/rows] = max(width[i/rows], utf8.RuneCountInString(s)+2)
		}
		for _, w := range width {
			sum += w
		}
		if sum-2 > 80 && rows < len(names) {
			continue
		}
		for r := range rows {
			for k := 0; r+k*rows < len(names); k++ {
				s := names[r+k*rows]
				l.out.WriteString(s)
				if r+(k+1)*rows < len(names) {
					l.out.WriteString(strings.Repeat(" ", width[k]-utf8.RuneCountInString(s)))
				}
			}
			l.out.WriteByte('\n')
		}
		return
	}
}

// targets works out where each source of cp, mv and ln goes.
func targets(c *shell.Call, a *shell.Args) (pairs [][2]string, code int) {
	names := a.Operands
	dir := a.Value("-t", "")
	if dir == "" {
		switch len(names) {
		case 0:
			return nil, c.Fail(1, "missing file operand\nTry '%s --help' for more information.", c.Name())
		case 1:
			return nil, c.Fail(1, "missing destination file operand after '%s'\nTry '%s --help' for more information.", names[0], c.Name())
		}
		dest := names[len(names)-1]
		names = names[:len(names)-1]
		i, err := c.View.Stat(dest)
		isDir := err == nil && i.IsDir() && !a.Has("-T")
		if isDir && a.Has("-n") && c.Name() == "ln" {
			if li, err := c.View.Lstat(dest); err == nil && li.Mode()&fs.ModeSymlink != 0 {
				isDir = false
			}
		}
		if !isDir {
			if len(names) > 1 {
				if err != nil {
					return nil, c.Fail(1, "target '%s': %s", dest, vfs.Text(err))
				}
				return nil, c.Fail(1, "target '%s' is not a directory", dest)
			}
			return [][2]string{{names[0], dest}}, 0
		}
		dir = dest
	}
	for _, n := range names {
		pairs = append(pairs, [2]string{n, strings.TrimSuffix(dir, "/") + "/" + path.Base(n)})
	}
	return pairs, 0
}

func cp(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	pairs, code := targets(c, a)
	for _, p := range pairs {
		if !copyTree(c, a, p[0], p[1], 0) {
			code = 1
		}
	}
	return code
}

func copyTree(c *shell.Call, a *shell.Args, from, to string, depth int) bool {
	c.Step(1)
	keepLinks := a.Has("-a") || a.Has("-d") || a.Has("-r") && !a.Has("-L") && depth > 0
	stat := c.View.Stat
	if keepLinks {
		stat = c.View.Lstat
	}
	i, err := stat(from)
	if err != nil {
		c.Errorf("cannot stat '%s': %s", from, vfs.Text(err))
		return false
	}
	if a.Has("-n") {
		if _, err := c.View.Lstat(to); err == nil {
			return true
		}
	}
	if a.Has("-u") {
		if old, err := c.View.Stat(to); err == nil && !i.Time.After(old.Time) {
			return true
		}
	}
	say := func() {
		if a.Has("-v") {
			fmt.Fprintf(c.Out, "'%s' -> '%s'\n", from, to)
		}
	}
	finish := func() {
		if a.Has("-a") || a.Has("-p") {
			_ = c.View.Chtime(to, i.Time)
			_ = c.View.Chmod(to, i.Mode())
		}
	}
	switch {
	case i.IsDir():
		if !a.Has("-r") && !a.Has("-a") {
			c.Errorf("-r not specified; omitting directory '%s'", from)
			return false
		}
		if depth > 100 || strings.HasPrefix(c.View.Abs(to)+"/", c.View.Abs(from)+"/") {
			c.Errorf("cannot copy a directory, '%s', into itself, '%s'", from, to)
			return false
		}
		list, err := c.View.ReadDir(from)
		if err != nil {
			c.Errorf("cannot access '%s': %s", from, vfs.Text(err))
			return false
		}
		if t, err := c.View.Stat(to); err != nil || !t.IsDir() {
			if err := c.View.Mkdir(to, i.Mode().Perm()|0o700); err != nil {
				c.Errorf("cannot create directory '%s': %s", to, vfs.Text(err))
				return false
			}
			say()
		}
		ok := true
		for _, e := range list {
			ok = copyTree(c, a, strings.TrimSuffix(from, "/")+"/"+e.Name(), strings.TrimSuffix(to, "/")+"/"+e.Name(), depth+1) && ok
		}
		finish()
		return ok
	case i.Mode()&fs.ModeSymlink != 0:
		_ = c.View.Unlink(to)
		if err := c.View.Symlink(i.Target, to); err != nil {
			c.Errorf("cannot create symbolic link '%s': %s", to, vfs.Text(err))
			return false
		}
		say()
		return true
	}
	if t, err := c.View.Stat(to); err == nil && (t.Ino == i.Ino && i.Ino != 0) {
		c.Errorf("'%s' and '%s' are the same file", from, to)
		return false
	}
	if err := copyFile(c, from, to, i.Mode().Perm()); err != nil {
		if strings.HasSuffix(to, "/") && errors.Is(err, vfs.EISDIR) {
			err = vfs.ENOTDIR
		}
		if errors.Is(err, vfs.ENOENT) || errors.Is(err, vfs.ENOTDIR) {
			c.Errorf("cannot create regular file '%s': %s", to, vfs.Text(err))
		} else {
			c.Errorf("error writing '%s': %s", to, vfs.Text(err))
		}
		return false
	}
	say()
	finish()
	return true
}

func copyFile(c *shell.Call, from, to string, perm fs.FileMode) error {
	r, err := c.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	_, statErr := c.View.Stat(to)
	w, err := c.Create(to, false)
	if err != nil {
		return err
	}
	defer w.Close()
	if statErr != nil {
		_ = c.View.Chmod(to, perm)
	}
	_, err = io.Copy(w, r)
	return err
}

func mv(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	pairs, code := targets(c, a)
	for _, p := range pairs {
		from, to := p[0], p[1]
		if _, err := c.View.Lstat(from); err != nil {
			code = c.Fail(1, "cannot stat '%s': %s", from, vfs.Text(err))
			continue
		}
		if a.Has("-n") {
			if _, err := c.View.Lstat(to); err == nil {
				continue
			}
		}
		err := c.View.Rename(strings.TrimRight(from, "/"), strings.TrimRight(to, "/"))
		if errors.Is(err, vfs.EXDEV) {
			if i, e := c.View.Stat(from); e == nil && !i.IsDir() {
				if err = copyFile(c, from, to, i.Mode().Perm()); err == nil {
					err = c.View.Unlink(from)
				}
			}
		}
		switch {
		case errors.Is(err, vfs.EINVAL):
			code = c.Fail(1, "cannot move '%s' to a subdirectory of itself, '%s'", from, to)
		case err != nil:
			code = c.Fail(1, "cannot move '%s' to '%s': %s", from, to, vfs.Text(err))
		case a.Has("-v"):
			fmt.Fprintf(c.Out, "renamed '%s' -> '%s'\n", from, to)
		}
	}
	return code
}

func rm(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) == 0 && !a.Has("-f") {
		return c.Fail(1, "missing operand\nTry 'rm --help' for more information.")
	}
	code := 0
	for _, n := range a.Operands {
		switch b := path.Base(n); {
		case b == "." || b == "..":
			code = c.Fail(1, "refusing to remove '.' or '..' directory: skipping '%s'", n)
			continue
		case c.View.Abs(n) == "/" && a.Has("-r"):
			c.Errorf("it is dangerous to operate recursively on '/'")
			code = c.Fail(1, "use --no-preserve-root to override this failsafe")
			continue
		}
		if !remove(c, a, n, 0) {
			code = 1
		}
	}
	return code
}

func remove(c *shell.Call, a *shell.Args, name string, depth int) bool {
	c.Step(1)
	i, err := c.View.Lstat(name)
	if err != nil {
		if a.Has("-f") && (errors.Is(err, vfs.ENOENT) || errors.Is(err, vfs.ENOTDIR)) {
			return true
		}
		c.Errorf("cannot remove '%s': %s", name, vfs.Text(err))
		return false
	}
	if i.IsDir() {
		if !a.Has("-r") && !a.Has("-d") {
			c.Errorf("cannot remove '%s': Is a directory", name)
			return false
		}
		ok := true
		if a.Has("-r") && i.Ino != 0 && depth < 200 {
			list, err := c.View.ReadDir(name)
			if err == nil {
				for _, e := range list {
					ok = remove(c, a, strings.TrimSuffix(name, "/")+"/"+e.Name(), depth+1) && ok
				}
			}
		}
		if !ok {
			return false
		}
		err = c.View.Rmdir(name)
	} else {
		err = c.View.Unlink(name)
	}
	if err != nil {
		c.Errorf("cannot remove '%s': %s", name, vfs.Text(err))
		return false
	}
	if a.Has("-v") {
		what := ""
		if i.IsDir() {
			what = "directory "
		}
		fmt.Fprintf(c.Out, "removed %s'%s'\n", what, name)
	}
	return true
}

func rmdir(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) == 0 {
		return c.Fail(1, "missing operand\nTry 'rmdir --help' for more information.")
	}
	code := 0
	for _, name := range a.Operands {
		for n := name; ; {
			if err := c.View.Rmdir(n); err != nil {
				if !a.Has("--ignore-fail-on-non-empty") || !errors.Is(err, vfs.ENOTEMPTY) {
					what := ""
					if a.Has("-p") && n != name {
						what = "directory "
					}
					code = c.Fail(1, "failed to remove %s'%s': %s", what, n, vfs.Text(err))
				}
				break
			}
			if a.Has("-v") {
				fmt.Fprintf(c.Out, "rmdir: removing directory, '%s'\n", n)
			}
			if n = path.Dir(n); !a.Has("-p") || n == "." || n == "/" {
				break
			}
		}
	}
	return code
}

func mkdir(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) == 0 {
		return c.Fail(1, "missing operand\nTry 'mkdir --help' for more information.")
	}
	perm := fs.FileMode(0o777) &^ c.Umask()
	if a.Has("-m") {
		var err error
		if perm, err = parseMode(a.Value("-m", ""), 0o777); err != nil {
			return c.Fail(1, "invalid mode '%s'", a.Value("-m", ""))
		}
	}
	code := 0
	for _, n := range a.Operands {
		err := error(nil)
		if a.Has("-p") {
			if i, e := c.View.Stat(n); e == nil && i.IsDir() {
				continue
			}
			err = c.View.MkdirAll(n, 0o777&^c.Umask())
			if err == nil && a.Has("-m") {
				err = c.View.Chmod(n, perm)
			}
		} else {
			err = c.View.Mkdir(n, perm)
		}
		if err != nil {
			code = c.Fail(1, "cannot create directory '%s': %s", n, vfs.Text(err))
		} else if a.Has("-v") {
			fmt.Fprintf(c.Out, "mkdir: created directory '%s'\n", n)
		}
	}
	return code
}

func ln(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) == 1 {
		a.Operands = append(a.Operands, ".")
	}
	pairs, code := targets(c, a)
	for _, p := range pairs {
		if a.Has("-f") {
			_ = c.View.Unlink(p[1])
		}
		kind := "hard"
		var err error
		if a.Has("-s") {
			kind = "symbolic"
			err = c.View.Symlink(p[0], p[1])
		} else {
			if i, e := c.View.Lstat(p[0]); e != nil {
				code = c.Fail(1, "failed to access '%s': %s", p[0], vfs.Text(e))
				continue
			} else if i.IsDir() {
				code = c.Fail(1, "%s: hard link not allowed for directory", p[0])
				continue
			}
			err = c.View.Link(p[0], p[1])
		}
		switch {
		case err != nil:
			code = c.Fail(1, "failed to create %s link '%s': %s", kind, p[1], vfs.Text(err))
		case a.Has("-v") && a.Has("-s"):
			fmt.Fprintf(c.Out, "'%s' -> '%s'\n", p[1], p[0])
		}
	}
	return code
}

func touch(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) == 0 {
		return c.Fail(1, "missing file operand\nTry 'touch --help' for more information.")
	}
	at := c.Time()
	if a.Has("-d") {
		if at, ok = parseDate(a.Value("-d", ""), at); !ok {
			return c.Fail(1, "invalid date format '%s'", a.Value("-d", ""))
		}
	}
	if a.Has("-r") {
		i, err := c.View.Stat(a.Value("-r", ""))
		if err != nil {
			return c.Fail(1, "failed to get attributes of '%s': %s", a.Value("-r", ""), vfs.Text(err))
		}
		at = i.Time
	}
	code := 0
	for _, n := range a.Operands {
		if _, err := c.View.Stat(n); err != nil {
			if a.Has("-c") {
				continue
			}
			w, err := c.Create(n, true)
			if err != nil {
				code = c.Fail(1, "cannot touch '%s': %s", n, vfs.Text(err))
				continue
			}
			w.Close()
		}
		if err := c.View.Chtime(n, at); err != nil {
			code = c.Fail(1, "setting times of '%s': %s", n, vfs.Text(err))
		}
	}
	return code
}

// parseMode reads 755 and u+x,go-w.
func parseMode(s string, old fs.FileMode) (fs.FileMode, error) {
	if n, err := strconv.ParseUint(s, 8, 32); err == nil && n <= 0o7777 {
		m := fs.FileMode(n & 0o777)
		for bit, f := range map[uint64]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} { // any order: a set of bits
			if n&bit != 0 {
				m |= f
			}
		}
		return m, nil
	}
	m := old
	for part := range strings.SplitSeq(s, ",") {
		i := strings.IndexAny(part, "+-=")
		if i < 0 {
			return 0, vfs.EINVAL
		}
		var who fs.FileMode
		for _, w := range part[:i] {
			switch w {
			case 'u':
				who |= 0o700
			case 'g':
				who |= 0o070
			case 'o':
				who |= 0o007
			case 'a':
				who |= 0o777
			default:
				return 0, vfs.EINVAL
			}
		}
		if who == 0 {
			who = 0o777
		}
		var bits fs.FileMode
		var sticky fs.FileMode
		for _, p := range part[i+1:] {
			switch p {
			case 'r':
				bits |= 0o444
			case 'w':
				bits |= 0o222
			case 'x':
				bits |= 0o111
			case 'X':
				if old.IsDir() || old&0o111 != 0 {
					bits |= 0o111
				}
			case 't':
				sticky |= fs.ModeSticky
			default:
				return 0, vfs.EINVAL
			}
		}
		switch part[i] {
		case '+':
			m |= bits&who | sticky
		case '-':
			m &^= bits&who | sticky
		default:
			m = m&^who | bits&who | sticky
		}
	}
	return m, nil
}

func chmod(c *shell.Call) int {
	if len(c.Args) > 1 && len(c.Args[1]) > 1 && c.Args[1][0] == '-' && strings.Trim(c.Args[1][1:], "rwxXst") == "" {
		c.Args[1] = "a" + c.Args[1] // -x is a mode, not an option
	}
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) < 2 {
		after := ""
		if len(a.Operands) == 1 {
			after = " after '" + a.Operands[0] + "'"
		}
		return c.Fail(1, "missing operand%s\nTry 'chmod --help' for more information.", after)
	}
	code := 0
	var one func(n string, depth int)
	one = func(n string, depth int) {
		c.Step(1)
		i, err := c.View.Stat(n)
		if err != nil {
			code = c.Fail(1, "cannot access '%s': %s", n, vfs.Text(err))
			return
		}
		m, err := parseMode(a.Operands[0], i.Mode())
		if err != nil {
			code = c.Fail(1, "invalid mode: '%s'\nTry 'chmod --help' for more information.", a.Operands[0])
			return
		}
		if err := c.View.Chmod(n, m); err != nil {
			code = c.Fail(1, "changing permissions of '%s': %s", n, vfs.Text(err))
		}
		if a.Has("-R") && i.IsDir() && depth < 100 {
			list, _ := c.View.ReadDir(n)
			for _, e := range list {
				one(path.Join(n, e.Name()), depth+1)
			}
		}
	}
	for _, n := range a.Operands[1:] {
		one(n, 0)
	}
	return code
}

func chown(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) < 2 {
		return c.Fail(1, "missing operand\nTry 'chown --help' for more information.")
	}
	who := a.Operands[0]
	if strings.Trim(strings.ReplaceAll(strings.ReplaceAll(who, "root", ""), "0", ""), ":.") != "" {
		return c.Fail(1, "invalid user: '%s'", who)
	}
	code := 0
	for _, n := range a.Operands[1:] {
		if _, err := c.View.Stat(n); err != nil {
			code = c.Fail(1, "cannot access '%s': %s", n, vfs.Text(err))
		}
	}
	return code
}

func mktemp(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	tmpl := "tmp.XXXXXXXXXX"
	dir := ""
	if len(a.Operands) == 0 || a.Has("-p") || a.Has("-t") {
		if dir = a.Value("-p", ""); dir == "" {
			if dir = c.Getenv("TMPDIR"); dir == "" {
				dir = "/tmp"
			}
		}
	}
	if len(a.Operands) > 0 {
		tmpl = a.Operands[0]
	}
	suffix := a.Value("--suffix", "")
	if i := strings.LastIndex(tmpl, "X"); i >= 0 && i < len(tmpl)-1 && suffix == "" {
		tmpl, suffix = tmpl[:i+1], tmpl[i+1:]
	}
	stem := strings.TrimRight(tmpl, "X")
	if len(tmpl)-len(stem) < 3 {
		return c.Fail(1, "too few X's in template '%s'", tmpl)
	}
	if dir != "" {
		stem = strings.TrimSuffix(dir, "/") + "/" + stem
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	n := len(tmpl) - len(tmpl[:len(strings.TrimRight(tmpl, "X"))])
	for range 100 {
		b := make([]byte, n)
		if r, err := c.Open("/dev/urandom"); err == nil {
			_, _ = io.ReadFull(r, b)
			r.Close()
		}
		for i := range b {
			b[i] = letters[int(b[i])%len(letters)]
		}
		name := stem + string(b) + suffix
		if _, err := c.View.Lstat(name); err == nil {
			continue
		}
		var err error
		switch {
		case a.Has("-u"):
		case a.Has("-d"):
			err = c.View.Mkdir(name, 0o700)
		default:
			err = c.View.WriteFile(name, nil, 0o600)
		}
		if err != nil {
			what := "file"
			if a.Has("-d") {
				what = "directory"
			}
			return c.Fail(1, "failed to create %s via template '%s': %s", what, stem+strings.Repeat("X", n)+suffix, vfs.Text(err))
		}
		fmt.Fprintln(c.Out, name)
		return 0
	}
	return c.Fail(1, "failed to create file: %s", vfs.EEXIST)
}

func readlink(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) == 0 {
		return c.Fail(1, "missing operand\nTry 'readlink --help' for more information.")
	}
	code := 0
	for _, n := range a.Operands {
		var s string
		var err error
		switch a.Last("-f", "-e", "-m") {
		case "":
			s, err = c.View.Readlink(n)
		case "-e":
			if _, err = c.View.Stat(n); err == nil {
				s, err = c.View.RealPath(n)
			}
		case "-m":
			if s, err = c.View.RealPath(n); err != nil {
				s, err = c.View.Abs(n), nil
			}
		default:
			s, err = c.View.RealPath(n)
		}
		if err != nil {
			code = 1
			if a.Has("-v") {
				c.Errorf("%s: %s", n, vfs.Text(err))
			}
			continue
		}
		end := "\n"
		if a.Has("-n") && len(a.Operands) == 1 {
			end = ""
		}
		fmt.Fprint(c.Out, s+end)
	}
	return code
}

func realpath(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) == 0 {
		return c.Fail(1, "missing operand\nTry 'realpath --help' for more information.")
	}
	code := 0
	for _, n := range a.Operands {
		s, err := c.View.RealPath(n)
		if a.Has("-e") && err == nil {
			_, err = c.View.Stat(n)
		}
		if a.Has("-s") {
			s, err = c.View.Abs(n), nil
		}
		if err != nil && a.Has("-m") {
			s, err = c.View.Abs(n), nil
		}
		if err != nil {
			code = 1
			if !a.Has("-q") {
				c.Errorf("%s: %s", n, vfs.Text(err))
			}
			continue
		}
		fmt.Fprintln(c.Out, s)
	}
	return code
}

// baseOf is the last part of a path, as basename(1) has it.
func baseOf(s string) string {
	if s == "" {
		return ""
	}
	t := strings.TrimRight(s, "/")
	if t == "" {
		return "/"
	}
	return t[strings.LastIndexByte(t, '/')+1:]
}

func basename(c *shell.Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 1
	}
	names, suffix := a.Operands, a.Value("-s", "")
	if len(names) == 0 {
		return c.Fail(1, "missing operand\nTry 'basename --help' for more information.")
	}
	if !a.Has("-a") && !a.Has("-s") {
		if len(names) > 2 {
			return c.Fail(1, "extra operand '%s'\nTry 'basename --help' for more information.", names[2])
		}
		if len(names) == 2 {
			suffix = names[1]
		}
		names = names[:1]
	}
	for _, n := range names {
		b := baseOf(n)
		if b != suffix {
			b = strings.TrimSuffix(b, suffix)
		}
		fmt.Fprintln(c.Out, b)
	}
	return 0
}

func dirname(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) == 0 {
		return c.Fail(1, "missing operand\nTry 'dirname --help' for more information.")
	}
	for _, n := range a.Operands {
		t := strings.TrimRight(n, "/")
		i := strings.LastIndexByte(t, '/')
		switch {
		case t == "" && n != "":
			t = "/"
		case i < 0:
			t = "."
		default:
			if t = strings.TrimRight(t[:i], "/"); t == "" {
				t = "/"
			}
		}
		fmt.Fprintln(c.Out, t)
	}
	return 0
}

func du(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	out := output(c)
	defer out.Flush()
	show := func(n int64, name string) {
		switch {
		case a.Has("-b"):
			fmt.Fprintf(out, "%d\t%s\n", n, name)
		case a.Has("-h"):
			fmt.Fprintf(out, "%s\t%s\n", human(n), name)
		default:
			fmt.Fprintf(out, "%d\t%s\n", (n+1023)/1024, name)
		}
	}
	size := func(i vfs.Info) int64 {
		if a.Has("-b") || a.Has("--apparent-size") {
			return i.FileSize
		}
		return (i.FileSize + 4095) / 4096 * 4096
	}
	var sum func(name string, depth int) int64
	sum = func(name string, depth int) int64 {
		c.Step(1)
		i, err := c.View.Lstat(name)
		if err != nil {
			c.Errorf("cannot access '%s': %s", name, vfs.Text(err))
			ok = false
			return 0
		}
		n := size(i)
		if i.IsDir() && depth < 100 {
			list, _ := c.View.ReadDir(name)
			for _, e := range list {
				n += sum(strings.TrimSuffix(name, "/")+"/"+e.Name(), depth+1)
			}
			if !a.Has("-s") || depth == 0 {
				show(n, name)
			}
		} else if depth == 0 {
			show(n, name)
		}
		return n
	}
	names := a.Operands
	if len(names) == 0 {
		names = []string{"."}
	}
	for _, n := range names {
		sum(n, 0)
	}
	return status(ok)
}

func stat(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if !a.Has("-c") {
		return c.NotModelled(1, "stat without -c FORMAT")
	}
	code := 0
	for _, n := range a.Operands {
		get := c.View.Lstat
		if a.Has("-L") {
			get = c.View.Stat
		}
		i, err := get(n)
		if err != nil {
			code = c.Fail(1, "cannot statx '%s': %s", n, vfs.Text(err))
			continue
		}
		kind := "regular file"
		switch {
		case i.IsDir():
			kind = "directory"
		case i.Mode()&fs.ModeSymlink != 0:
			kind = "symbolic link"
		case i.Mode()&fs.ModeCharDevice != 0:
			kind = "character special file"
		case i.FileSize == 0:
			kind = "regular empty file"
		}
		var b strings.Builder
		f := a.Value("-c", "")
		for k := 0; k < len(f); k++ {
			if f[k] != '%' || k+1 == len(f) {
				b.WriteByte(f[k])
				continue
			}
			k++
			switch f[k] {
			case 'n':
				b.WriteString(n)
			case 's':
				fmt.Fprintf(&b, "%d", i.FileSize)
			case 'F':
				b.WriteString(kind)
			case 'a':
				fmt.Fprintf(&b, "%o", i.Mode().Perm())
			case 'A':
				b.WriteString(modeText(i.Mode()))
			case 'Y', 'X', 'Z':
				fmt.Fprintf(&b, "%d", i.Time.Unix())
			case 'y':
				b.WriteString(shell.FormatTime(i.Time, "%F %T.%N %z"))
			case 'i':
				fmt.Fprintf(&b, "%d", i.Ino)
			case 'h':
				fmt.Fprintf(&b, "%d", i.Links)
			case 'U', 'G':
				b.WriteString("root")
			case 'u', 'g':
				b.WriteString("0")
			case '%':
				b.WriteByte('%')
			default:
				return c.NotModelled(1, "%"+f[k:k+1])
			}
		}
		fmt.Fprintln(c.Out, b.String())
	}
	return code
}

func mkfifo(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	mode, err := strconv.ParseUint(a.Value("-m", "666"), 8, 12)
	if err != nil {
		return c.Fail(1, "invalid mode")
	}
	perm := fs.FileMode(mode)
	if !a.Has("-m") {
		perm &^= c.Umask()
	}
	if len(a.Operands) == 0 {
		return c.Fail(1, "missing operand\nTry 'mkfifo --help' for more information.")
	}
	code := 0
	for _, name := range a.Operands {
		if err := c.View.FIFO(name, perm); err != nil {
			code = c.Fail(1, "cannot create fifo '%s': %s", name, vfs.Text(err))
		}
	}
	return code
}

func truncate(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	size := a.Value("-s", "")
	sign := ""
	if len(size) > 0 && strings.ContainsRune("+-", rune(size[0])) {
		sign, size = size[:1], size[1:]
	}
	by, ok := count(size)
	if !ok || by > maxInput {
		return c.Fail(1, "Invalid number: '%s'", a.Value("-s", ""))
	}
	code := 0
	for _, name := range a.Operands {
		old, err := c.View.ReadFile(name)
		if err != nil && a.Has("-c") {
			continue
		}
		n := by
		switch sign {
		case "+":
			n += len(old)
		case "-":
			n = max(0, len(old)-by)
		}
		b := make([]byte, n)
		copy(b, old)
		if err := c.View.WriteFile(name, b, 0o666&^c.Umask()); err != nil {
			code = c.Fail(1, "cannot open '%s' for writing: %s", name, vfs.Text(err))
		}
	}
	return code
}
