package coreutils

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func sedTools() []shell.Tool {
	return []shell.Tool{{Name: "sed", Summary: "edit a stream of lines", Usage: "[OPTION]... {SCRIPT} [FILE]...", Run: sed, Options: []shell.Option{
		flag("-n, --quiet, --silent", "print only what p says"), flag("-e, --expression SCRIPT", "a script; may be given several times"), flag("-f, --file FILE", "a script from a file"), flag("-i[SUFFIX], --in-place[=SUFFIX]", "change the files themselves"), flag("-E, -r, --regexp-extended", "extended expressions"), flag("-s, --separate", "files one by one"), flag("-u, --unbuffered", "write line by line"), flag("-z, --null-data", "NUL ends lines"), flag("--posix", "accepted"),
		missing("-l, --line-length N", "width of l"), missing("--debug", "show the program"), missing("--follow-symlinks", "with -i")}}}
}

// sedAddr is an address of sed.
type sedAddr struct {
	kind byte // 'n' line, '$' last, '/' expression, '+' lines behind, '~' step
	n    int
	step int
	re   *regexp.Regexp // nil: the last one used
}

// sedCmd is one command.
type sedCmd struct {
	a, b   *sedAddr
	not    bool
	name   byte
	text   string // of a, i, c; label; file
	re     *regexp.Regexp
	with   []sedPart
	nth    int
	global bool
	print  bool
	from   []rune // of y
	to     []rune
	jump   int // of {, b, t, T
	in     bool
	end    int // last line of an open range
}

// sedPart is a piece of a replacement: text, a group, or a change of case.
type sedPart struct {
	text  string
	group int  // -1: none
	fold  byte // of \U \L \u \l \E
}

type sedParser struct {
	s        string
	i        int
	extended bool
	cmds     []*sedCmd
	open     []int
}

type sedError string

// Error is the message.
func (e sedError) Error() string { return string(e) }

func (p *sedParser) fail(format string, args ...any) error {
	return sedError(fmt.Sprintf("-e expression #1, char %d: %s", min(p.i, len(p.s)), fmt.Sprintf(format, args...)))
}

func (p *sedParser) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *sedParser) space() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\t') {
		p.i++
	}
}

func (p *sedParser) number() int {
	start := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	n, _ := strconv.Atoi(p.s[start:p.i])
	return n
}

// delimited reads up to an unquoted delimiter. In a regular expression, the
// delimiter does not count inside of brackets.
func (p *sedParser) delimited(d byte, isRegex bool) (string, bool) {
	var b strings.Builder
	for p.i < len(p.s) {
		c := p.s[p.i]
		switch {
		case c == d:
			p.i++
			return b.String(), true
		case c == '\\' && p.i+1 < len(p.s):
			p.i++
			n := p.s[p.i]
			p.i++
			switch {
			case n == d && n != '\\':
				if isRegex && strings.IndexByte(`|+?(){}`, n) >= 0 {
					b.WriteByte('\\')
				}
				b.WriteByte(n)
			case n == '\n':
				b.WriteString("\\\n")
			default:
				b.WriteByte('\\')
				b.WriteByte(n)
			}
			continue
		case c == '[' && isRegex:
			end := bracketEnd(p.s, p.i)
			if end <= len(p.s) && end > p.i+1 && p.s[end-1] == ']' {
				b.WriteString(strings.ReplaceAll(p.s[p.i:end], `\n`, "\n"))
				p.i = end
				continue
			}
		case c == '\n' && isRegex:
			return "", false
		}
		b.WriteByte(c)
		p.i++
	}
	return "", false
}

func (p *sedParser) regex(s string, fold, multi bool) (*regexp.Regexp, error) {
	if s == "" {
		return nil, nil
	}
	if backref(s) {
		return nil, p.fail("not modelled: back-references in patterns")
	}
	if !p.extended {
		s = basicToExtended(s)
	}
	s = shell.GoRegexp(s)
	flags := ""
	if fold {
		flags += "i"
	}
	if multi {
		flags += "m"
	}
	if flags != "" {
		s = "(?" + flags + ":" + s + ")"
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, p.fail("%s", grepError(err))
	}
	re.Longest()
	return re, nil
}

func (p *sedParser) address() (*sedAddr, error) {
	switch c := p.peek(); {
	case c >= '0' && c <= '9':
		a := &sedAddr{kind: 'n', n: p.number()}
		if p.peek() == '~' {
			p.i++
			a.kind, a.step = '~', p.number()
		}
		return a, nil
	case c == '$':
		p.i++
		return &sedAddr{kind: '$'}, nil
	case c == '/' || c == '\\':
		if c == '\\' {
			p.i++
			c = p.peek()
		}
		p.i++
		s, ok := p.delimited(c, true)
		if !ok {
			return nil, p.fail("unterminated address regex")
		}
		fold, multi := false, false
		for p.peek() == 'I' || p.peek() == 'M' {
			fold = fold || p.peek() == 'I'
			multi = multi || p.peek() == 'M'
			p.i++
		}
		re, err := p.regex(s, fold, multi)
		return &sedAddr{kind: '/', re: re}, err
	}
	return nil, nil
}

func (p *sedParser) parse() error {
	for {
		for p.i < len(p.s) && (unicode.IsSpace(rune(p.s[p.i])) || p.s[p.i] == ';') {
			p.i++
		}
		if p.i >= len(p.s) {
			break
		}
		if p.s[p.i] == '#' {
			for p.i < len(p.s) && p.s[p.i] != '\n' {
				p.i++
			}
			continue
		}
		if err := p.command(); err != nil {
			return err
		}
	}
	if len(p.open) > 0 {
		p.i = 0
		return p.fail("unmatched `{'")
	}
	labels := map[string]int{}
	for i, c := range p.cmds {
		if c.name == ':' {
			labels[c.text] = i
		}
	}
	for _, c := range p.cmds {
		if c.name == 'b' || c.name == 't' || c.name == 'T' {
			c.jump = len(p.cmds)
			if c.text != "" {
				n, ok := labels[c.text]
				if !ok {
					return sedError("can't find label for jump to `" + c.text + "'")
				}
				c.jump = n
			}
		}
	}
	return nil
}

func (p *sedParser) command() error {
	c := &sedCmd{}
	var err error
	if c.a, err = p.address(); err != nil {
		return err
	}
	if c.a != nil {
		p.space()
		if p.peek() == ',' {
			p.i++
			p.space()
			switch d := p.peek(); d {
			case '+', '~':
				p.i++
				c.b = &sedAddr{kind: '+', n: p.number()}
				if d == '~' {
					c.b = &sedAddr{kind: 'm', n: c.b.n}
				}
			default:
				if c.b, err = p.address(); err != nil {
					return err
				}
				if c.b == nil {
					return p.fail("unexpected `,'")
				}
			}
		}
	}
	p.space()
	for p.peek() == '!' {
		c.not = true
		p.i++
		p.space()
	}
	c.name = p.peek()
	if c.name == 0 {
		return p.fail("missing command")
	}
	p.i++
	p.cmds = append(p.cmds, c)
	switch c.name {
	case '{':
		p.open = append(p.open, len(p.cmds)-1)
		return nil
	case '}':
		if len(p.open) == 0 {
			return p.fail("unexpected `}'")
		}
		n := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		p.cmds[n].jump = len(p.cmds)
	case '=', 'd', 'D', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', 'z', 'l', 'F':
	case 'q', 'Q':
		p.space()
		c.nth = p.number()
	case 'a', 'i', 'c':
		return p.textArg(c)
	case ':':
		p.space()
		start := p.i
		for p.i < len(p.s) && p.s[p.i] != '\n' && p.s[p.i] != ';' {
			p.i++
		}
		c.text = strings.TrimSpace(p.s[start:p.i])
		if c.text == "" {
			return p.fail("\":\" lacks a label")
		}
		return nil
	case 'b', 't', 'T':
		p.space()
		start := p.i
		for p.i < len(p.s) && strings.IndexByte("\n;}", p.s[p.i]) < 0 {
			p.i++
		}
		c.text = strings.TrimSpace(p.s[start:p.i])
		return nil
	case 'r', 'w', 'R', 'W':
		if c.name == 'R' || c.name == 'W' {
			return p.fail("not modelled: %c", c.name)
		}
		p.space()
		start := p.i
		for p.i < len(p.s) && p.s[p.i] != '\n' {
			p.i++
		}
		if c.text = p.s[start:p.i]; c.text == "" {
			return p.fail("missing filename in r/R/w/W commands")
		}
		return nil
	case 's':
		if err := p.substitute(c); err != nil {
			return err
		}
	case 'y':
		if err := p.transliterate(c); err != nil {
			return err
		}
	case 'e', 'v', 'L':
		return p.fail("not modelled: %c", c.name)
	default:
		return p.fail("unknown command: `%c'", c.name)
	}
	p.space()
	switch p.peek() {
	case 0, '\n', ';', '}', '#':
		return nil
	}
	p.i++
	if c.name == 's' {
		return p.fail("unknown option to `s'")
	}
	return p.fail("extra characters after command")
}

// textArg reads the text of a, i and c: on the same line (GNU) or behind a
// backslash and a line end.
func (p *sedParser) textArg(c *sedCmd) error {
	p.space()
	if p.peek() == '\\' {
		p.i++
		skip := p.i
		for skip < len(p.s) && (p.s[skip] == ' ' || p.s[skip] == '\t') {
			skip++
		}
		if skip < len(p.s) && p.s[skip] == '\n' {
			p.i = skip + 1
		}
	}
	if p.i >= len(p.s) {
		return p.fail("expected \\ after `a', `c' or `i'")
	}
	var b strings.Builder
	for p.i < len(p.s) {
		ch := p.s[p.i]
		p.i++
		if ch == '\\' && p.i < len(p.s) {
			n := p.s[p.i]
			p.i++
			if n == 't' {
				n = '\t'
			}
			b.WriteByte(n)
			continue
		}
		if ch == '\n' {
			break
		}
		b.WriteByte(ch)
	}
	c.text = b.String() + "\n"
	return nil
}

func (p *sedParser) substitute(c *sedCmd) error {
	d := p.peek()
	if d == 0 || d == '\n' || d == '\\' {
		return p.fail("unterminated `s' command")
	}
	p.i++
	pat, ok := p.delimited(d, true)
	if !ok {
		return p.fail("unterminated `s' command")
	}
	with, ok := p.delimited(d, false)
	if !ok {
		return p.fail("unterminated `s' command")
	}
	fold, multi := false, false
flags:
	for {
		switch f := p.peek(); {
		case f == 'g':
			c.global = true
		case f == 'p':
			c.print = true
		case f == 'i' || f == 'I':
			fold = true
		case f == 'm' || f == 'M':
			multi = true
		case f >= '1' && f <= '9':
			c.nth = p.number()
			continue
		case f == 'w':
			p.i++
			p.space()
			start := p.i
			for p.i < len(p.s) && p.s[p.i] != '\n' {
				p.i++
			}
			c.text = p.s[start:p.i]
			break flags
		case f == 'e':
			return p.fail("not modelled: flag e of s")
		default:
			break flags
		}
		p.i++
	}
	var err error
	if c.re, err = p.regex(pat, fold, multi); err != nil {
		return err
	}
	groups := 9
	if c.re != nil {
		groups = c.re.NumSubexp()
	}
	c.with, err = p.replacement(with, groups)
	return err
}

func (p *sedParser) replacement(s string, groups int) ([]sedPart, error) {
	var l []sedPart
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			l = append(l, sedPart{text: b.String(), group: -1})
			b.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '&':
			flush()
			l = append(l, sedPart{group: 0})
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch c := s[i]; {
			case c >= '0' && c <= '9':
				if int(c-'0') > groups {
					return nil, p.fail("invalid reference \\%c on `s' command's RHS", c)
				}
				flush()
				l = append(l, sedPart{group: int(c - '0')})
			case c == 'n':
				b.WriteByte('\n')
			case c == 't':
				b.WriteByte('\t')
			case c == 'r':
				b.WriteByte('\r')
			case strings.IndexByte("ULulE", c) >= 0:
				flush()
				l = append(l, sedPart{group: -1, fold: c})
			default:
				b.WriteByte(c)
			}
		default:
			b.WriteByte(s[i])
		}
	}
	flush()
	return l, nil
}

func (p *sedParser) transliterate(c *sedCmd) error {
	d := p.peek()
	p.i++
	from, ok1 := p.delimited(d, false)
	to, ok2 := p.delimited(d, false)
	if !ok1 || !ok2 {
		return p.fail("unterminated `y' command")
	}
	un := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`)
	c.from, c.to = []rune(un.Replace(from)), []rune(un.Replace(to))
	if len(c.from) != len(c.to) {
		return p.fail("strings for `y' command are different lengths")
	}
	return nil
}

// sedder is one run of sed.
type sedder struct {
	c       *shell.Call
	cmds    []*sedCmd
	quiet   bool
	out     *bufio.Writer
	inPlace bool
	files   []string
	cur     *lines
	curFile io.Closer
	ahead   *string
	aheadNL bool
	sep     string

	space, hold string
	noNL        bool
	line        int
	appends     []sedAppend
	lastRE      *regexp.Regexp
	code        int
	writers     map[string]*bufio.Writer
	wnames      []string
	quit        bool
	name        string
	tmp         *strings.Builder
	unbuffered  bool
}

type sedAppend struct {
	text string
	file bool
}

func sed(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	script := strings.Join(a.Values("-e"), "\n")
	files := a.Operands
	for _, f := range a.Values("-f") {
		r, err := c.Open(f)
		if err != nil {
			return c.Fail(1, "couldn't open file %s: %s", f, vfs.Text(err))
		}
		b, _ := all(r)
		r.Close()
		script += "\n" + string(b)
	}
	if !a.Has("-e") && !a.Has("-f") {
		if len(files) == 0 {
			fmt.Fprintf(c.Err, "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n")
			return 1
		}
		script, files = files[0], files[1:]
	}
	s := &sedder{c: c, out: output(c), quiet: a.Has("-n"), sep: "\n", unbuffered: a.Has("-u"), writers: map[string]*bufio.Writer{}}
	if first, _, _ := strings.Cut(script, "\n"); first == "#n" {
		s.quiet = true
	}
	if a.Has("-z") {
		s.sep = "\x00"
	}
	p := &sedParser{s: script, extended: a.Has("-E")}
	if err := p.parse(); err != nil {
		return c.Fail(1, "%v", err)
	}
	s.cmds = p.cmds
	if len(files) == 0 {
		files = []string{"-"}
	}
	s.inPlace = a.Has("-i")
	if s.inPlace || a.Has("-s") {
		for _, f := range files {
			s.one(f, a.Value("-i", ""))
			if s.quit {
				break
			}
		}
	} else {
		s.files = files
		s.run()
	}
	if err := s.out.Flush(); err != nil {
		return c.Fail(4, "couldn't flush stdout: %s", vfs.Text(err))
	}
	for _, n := range s.wnames {
		s.writers[n].Flush()
	}
	return s.code
}

// one edits a file on its own.
func (s *sedder) one(name, suffix string) {
	s.files, s.line = []string{name}, 0
	if !s.inPlace {
		s.run()
		return
	}
	if i, err := s.c.View.Stat(name); err != nil || i.IsDir() {
		if err == nil {
			s.c.Errorf("couldn't edit %s: not a regular file", name)
		} else {
			s.c.Errorf("can't read %s: %s", name, vfs.Text(err))
		}
		s.code = 4
		if err != nil {
			s.code = 2
		}
		return
	}
	old, err := s.c.View.ReadFile(name)
	if err != nil {
		s.c.Errorf("couldn't edit %s: not a regular file", name)
		s.code = 4
		return
	}
	stdout := s.out
	s.tmp = &strings.Builder{}
	s.out = bufio.NewWriter(s.tmp)
	s.run()
	s.out.Flush()
	if s.quit {
		for {
			l, ok := s.read()
			if !ok {
				break
			}
			s.tmp.WriteString(l)
			if !s.noNL {
				s.tmp.WriteString(s.sep)
			}
		}
	}
	s.out = stdout
	if suffix != "" {
		if err := s.c.View.WriteFile(name+suffix, old, 0o644); err != nil {
			s.c.Errorf("cannot rename %s: %s", name, vfs.Text(err))
			s.code = 4
		}
	}
	if err := s.c.View.WriteFile(name, []byte(s.tmp.String()), 0o644); err != nil {
		s.c.Errorf("couldn't open temporary file for %s: %s", name, vfs.Text(err))
		s.code = 4
	}
}

// read is the next line of input.
func (s *sedder) read() (string, bool) {
	if s.ahead != nil {
		l := *s.ahead
		s.ahead = nil
		s.noNL = s.aheadNL
		return l, true
	}
	for {
		if s.cur == nil {
			if len(s.files) == 0 {
				return "", false
			}
			name := s.files[0]
			s.files = s.files[1:]
			var r io.Reader = s.c.In
			s.curFile = nil
			if name != "-" {
				f, err := s.c.Open(name)
				if i, e := s.c.View.Stat(name); err == nil && e == nil && i.IsDir() {
					f.Close()
					fmt.Fprintf(s.c.Err, "sed: couldn't edit %s: not a regular file\n", name)
					s.code = 2
					continue
				}
				if err != nil {
					s.c.Errorf("can't read %s: %s", name, vfs.Text(err))
					s.code = 2
					continue
				}
				r, s.curFile = f, f
			}
			s.name = name
			s.cur = newLines(r)
			s.cur.sep = s.sep[0]
		}
		l, err := s.cur.next()
		if err == nil {
			s.noNL = s.cur.last && len(s.files) == 0
			return l, true
		}
		if s.curFile != nil {
			s.curFile.Close()
		}
		s.cur = nil
	}
}

// last says that the line at hand is the last one.
func (s *sedder) last() bool {
	if s.ahead != nil {
		return false
	}
	no := s.noNL
	l, ok := s.read()
	if !ok {
		return true
	}
	s.ahead, s.aheadNL = &l, s.noNL
	s.noNL = no
	return false
}

func (s *sedder) print(text string) {
	s.out.WriteString(text)
	if !s.noNL || s.ahead != nil {
		s.out.WriteString(s.sep)
	}
}

func (s *sedder) flushAppends() {
	for _, a := range s.appends {
		if !a.file {
			s.out.WriteString(a.text)
			continue
		}
		if f, err := s.c.Open(a.text); err == nil {
			_, _ = io.Copy(s.out, f)
			f.Close()
		}
	}
	s.appends = nil
}

func (s *sedder) run() {
	restart := false
	for !s.quit {
		s.c.Step(1)
		if !restart {
			l, ok := s.read()
			if !ok {
				return
			}
			s.space = l
			s.line++
		}
		restart = false
		end := s.cycle()
		if end != 'd' && end != 'D' && end != 'Q' && !s.quiet {
			s.print(s.space)
		}
		s.flushAppends()
		if end == 'D' {
			if i := strings.IndexByte(s.space, '\n'); i >= 0 {
				s.space = s.space[i+1:]
				restart = true
			}
		}
		if end == 'q' || end == 'Q' {
			s.quit = true
		}
		if s.unbuffered {
			s.out.Flush()
		}
	}
}

func (s *sedder) hit(a *sedAddr) bool {
	switch a.kind {
	case 'n':
		return s.line == a.n
	case '$':
		return s.last()
	case '~':
		if a.step == 0 {
			return s.line == a.n
		}
		return s.line >= a.n && (s.line-a.n)%a.step == 0
	}
	return s.regexp(a.re).MatchString(s.space)
}

func (s *sedder) regexp(re *regexp.Regexp) *regexp.Regexp {
	if re == nil {
		re = s.lastRE
	}
	if re == nil {
		re = regexp.MustCompile("")
	}
	s.lastRE = re
	return re
}

func (s *sedder) selected(c *sedCmd) bool {
	switch {
	case c.a == nil:
		return true
	case c.b == nil:
		return s.hit(c.a)
	}
	if c.in {
		switch c.b.kind {
		case '/', '$':
			if s.hit(c.b) {
				c.in = false
			}
			return true
		}
		if s.line >= c.end {
			c.in = false
		}
		return s.line <= c.end
	}
	zero := c.a.kind == 'n' && c.a.n == 0 && c.b.kind == '/'
	if zero && s.line == 1 {
		c.in = !s.hit(c.b)
		return true
	}
	if !s.hit(c.a) {
		return false
	}
	c.in = true
	switch c.b.kind {
	case 'n':
		c.end = c.b.n
		c.in = c.end > s.line
	case '+':
		c.end = s.line + c.b.n
		c.in = c.b.n > 0
	case 'm':
		c.end = s.line
		if c.b.n > 0 {
			c.end = (s.line + c.b.n - 1) / c.b.n * c.b.n
		}
		c.in = c.end > s.line
	case '$':
		c.in = !s.last()
	}
	return true
}

// cycle runs the script once and returns how it ended: 0 or the command.
func (s *sedder) cycle() byte {
	replaced := false
	for i := 0; i < len(s.cmds); i++ {
		c := s.cmds[i]
		s.c.Step(1)
		if s.selected(c) == c.not {
			if c.name == '{' {
				i = c.jump - 1
			}
			continue
		}
		switch c.name {
		case '=':
			fmt.Fprintf(s.out, "%d\n", s.line)
		case 'F':
			fmt.Fprintln(s.out, s.name)
		case 'd':
			return 'd'
		case 'D':
			if !strings.Contains(s.space, "\n") {
				return 'd'
			}
			return 'D'
		case 'p':
			s.print(s.space)
		case 'P':
			l, _, _ := strings.Cut(s.space, "\n")
			s.out.WriteString(l + s.sep)
		case 'g':
			s.space = s.hold
		case 'G':
			s.space += "\n" + s.hold
		case 'h':
			s.hold = s.space
		case 'H':
			s.hold += "\n" + s.space
		case 'x':
			s.space, s.hold = s.hold, s.space
		case 'z':
			s.space = ""
		case 'l':
			s.out.WriteString(visible(s.space) + "$\n")
		case 'n':
			if s.last() {
				if s.quiet {
					return 'Q'
				}
				return 'q'
			}
			if !s.quiet {
				s.print(s.space)
			}
			s.flushAppends()
			s.space, _ = s.read()
			s.line++
		case 'N':
			if s.last() {
				return 'q'
			}
			s.flushAppends()
			l, _ := s.read()
			s.space += "\n" + l
			s.line++
		case 'q', 'Q':
			s.code = c.nth
			return c.name
		case 'a':
			s.appends = append(s.appends, sedAppend{text: c.text})
		case 'i':
			s.out.WriteString(c.text)
		case 'c':
			if c.b == nil || c.not || !c.in {
				s.out.WriteString(c.text)
			}
			return 'd'
		case 'r':
			s.appends = append(s.appends, sedAppend{text: c.text, file: true})
		case 'w':
			s.writeTo(c.text)
		case 'y':
			s.space = strings.Map(func(r rune) rune {
				for k, f := range c.from {
					if f == r {
						return c.to[k]
					}
				}
				return r
			}, s.space)
		case 'b':
			i = c.jump - 1
		case 't', 'T':
			if replaced == (c.name == 't') {
				i = c.jump - 1
			}
			replaced = false
		case 's':
			if s.subst(c) {
				replaced = true
			}
		}
		if len(s.space)+len(s.hold) > maxLine {
			s.c.Errorf("memory exhausted")
			s.code = 4
			return 'Q'
		}
	}
	return 0
}

func (s *sedder) writeTo(name string) {
	switch name {
	case "/dev/stdout":
		s.print(s.space)
		return
	case "/dev/stderr":
		fmt.Fprintln(s.c.Err, s.space)
		return
	}
	w := s.writers[name]
	if w == nil {
		f, err := s.c.Create(name, false)
		if err != nil {
			s.c.Errorf("couldn't open file %s: %s", name, vfs.Text(err))
			s.code = 4
			return
		}
		w = bufio.NewWriter(f)
		s.writers[name] = w
		s.wnames = append(s.wnames, name)
	}
	w.WriteString(s.space + "\n")
}

func (s *sedder) subst(c *sedCmd) bool {
	re := s.regexp(c.re)
	var b strings.Builder
	last, n, done := 0, 0, false
	limit := -1
	if !c.global && c.nth <= 1 {
		limit = 1
	}
	for _, m := range re.FindAllStringSubmatchIndex(s.space, limit) {
		if n++; n < c.nth {
			continue
		}
		b.WriteString(s.space[last:m[0]])
		s.expand(&b, c.with, m)
		last, done = m[1], true
		if !c.global || b.Len() > maxLine {
			break
		}
	}
	if !done {
		return false
	}
	b.WriteString(s.space[last:])
	s.space = b.String()
	if c.print {
		s.print(s.space)
	}
	if c.text != "" {
		s.writeTo(c.text)
	}
	return true
}

// expand writes a replacement; \U and the like change what follows.
func (s *sedder) expand(b *strings.Builder, parts []sedPart, m []int) {
	var fold, once byte
	for _, p := range parts {
		if p.fold != 0 {
			switch p.fold {
			case 'E':
				fold = 0
			case 'U', 'L':
				fold = p.fold
			default:
				once = p.fold
			}
			continue
		}
		text := p.text
		if p.group >= 0 {
			if 2*p.group >= len(m) || m[2*p.group] < 0 {
				continue
			}
			text = s.space[m[2*p.group]:m[2*p.group+1]]
		}
		switch fold {
		case 'U':
			text = strings.ToUpper(text)
		case 'L':
			text = strings.ToLower(text)
		}
		if once != 0 && text != "" {
			r := []rune(text)
			if once == 'u' {
				r[0] = unicode.ToUpper(r[0])
			} else {
				r[0] = unicode.ToLower(r[0])
			}
			text, once = string(r), 0
		}
		b.WriteString(text)
	}
}

// visible is how l prints a line.
func visible(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\':
			b.WriteString(`\\`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\n':
			b.WriteString(`\n`)
		case c < 32 || c >= 127:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
