package coreutils

import (
	"fmt"
	"math"
	"math/big"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func miscTools() []shell.Tool {
	return []shell.Tool{
		{Name: "seq", Summary: "print numbers", Usage: "[OPTION]... [FIRST [INCREMENT]] LAST", Run: seq, Options: []shell.Option{flag("-s, --separator STRING", "between numbers"), flag("-w, --equal-width", "zeros in front"), flag("-f, --format FORMAT", "as printf")}},
		{Name: "date", Summary: "print the lab's date and time", Usage: "[OPTION]... [+FORMAT]", Run: date, Options: []shell.Option{flag("-u, --utc, --universal", "UTC, as always here"), flag("-d, --date STRING", "another time: @SECONDS, ISO 8601, \"N seconds ago\""), flag("-I[FMT], --iso-8601[=FMT]", "ISO 8601: date, hours, minutes, seconds, ns"), flag("-R, --rfc-email", "RFC 5322"), flag("-r, --reference FILE", "when a file was changed"), missing("-s, --set STRING", "set the clock"), missing("-f, --file FILE", "dates from a file"), missing("--rfc-3339 FMT", "RFC 3339")}},
		{Name: "yes", Summary: "print a line without end", Usage: "[STRING]...", Run: yes},
		{Name: "expr", Summary: "evaluate an expression", Usage: "EXPRESSION", Run: expr},
		{Name: "id", Summary: "print who one is", Usage: "[OPTION]...", Run: id, Options: []shell.Option{flag("-u, --user", "number of the user"), flag("-g, --group", "number of the group"), flag("-G, --groups", "numbers of the groups"), flag("-n, --name", "names")}},
		{Name: "whoami", Summary: "print the name of the user", Run: func(c *shell.Call) int { fmt.Fprintln(c.Out, "root"); return 0 }},
		{Name: "logname", Summary: "print the name of the user", Run: func(c *shell.Call) int { fmt.Fprintln(c.Out, "root"); return 0 }},
		{Name: "hostname", Summary: "print the name of the machine", Usage: "[OPTION]", Run: hostname, Options: []shell.Option{flag("-s, --short", "the short name"), flag("-f, --fqdn", "the long name"), flag("-I, --all-ip-addresses", "the addresses of the namespace"), missing("-i, --ip-address", "the address of the name")}},
		{Name: "uname", Summary: "print the name of the system", Usage: "[OPTION]...", Run: uname, Options: []shell.Option{flag("-s, --kernel-name", "Linux"), flag("-n, --nodename", "the machine"), flag("-r, --kernel-release", "the release"), flag("-v, --kernel-version", "the version"), flag("-m, --machine", "the processor"), flag("-p, --processor", "unknown"), flag("-i, --hardware-platform", "unknown"), flag("-o, --operating-system", "GNU/Linux"), flag("-a, --all", "all of it")}},
		{Name: "nproc", Summary: "print the number of processors", Run: func(c *shell.Call) int { fmt.Fprintln(c.Out, 1); return 0 }},
		{Name: "arch", Summary: "print the processor", Run: func(c *shell.Call) int { fmt.Fprintln(c.Out, "x86_64"); return 0 }},
		{Name: "sync", Summary: "do nothing", Run: func(*shell.Call) int { return 0 }},
		{Name: "clear", Summary: "clear the screen", Run: func(c *shell.Call) int { fmt.Fprint(c.Out, "\x1b[H\x1b[2J\x1b[3J"); return 0 }},
		{Name: "tty", Summary: "print the name of the terminal", Run: tty, Usage: "[-s]", Options: []shell.Option{flag("-s, --silent, --quiet", "only the status")}},
		{Name: "which", Summary: "find commands", Usage: "[-a] NAME...", Run: which, Options: []shell.Option{flag("-a", "all")}},
		{Name: "uptime", Summary: "print how long the lab runs", Run: uptime},
		{Name: "mountpoint", Summary: "tell whether a folder is a mount point", Usage: "[-q] DIR", Run: mountpoint, Options: []shell.Option{flag("-q, --quiet", "only the status")}},
	}
}

func seq(c *shell.Call) int {
	args := c.Args
	// Negative numbers are no options.
	for i := 1; i < len(args); i++ {
		if args[i] == "-s" || args[i] == "-f" {
			i++
			continue
		}
		if _, err := strconv.ParseFloat(args[i], 64); err == nil {
			c.Args = append(append(append([]string{}, args[:i]...), "--"), args[i:]...)
			break
		}
	}
	a, ok := c.Getopt(true)
	if !ok {
		return 1
	}
	nums := a.Operands
	if len(nums) == 0 {
		return c.Fail(1, "missing operand\nTry 'seq --help' for more information.")
	}
	if len(nums) > 3 {
		return c.Fail(1, "extra operand '%s'\nTry 'seq --help' for more information.", nums[3])
	}
	vals := make([]*big.Rat, len(nums))
	prec := 0
	for i, s := range nums {
		r, ok := new(big.Rat).SetString(s)
		if !ok || len(s) > 40 || strings.ContainsAny(s, "/_eEpPxX") {
			return c.Fail(1, "invalid floating point argument: '%s'\nTry 'seq --help' for more information.", s)
		}
		vals[i] = r
		if _, frac, ok := strings.Cut(s, "."); ok && i < len(nums)-1 {
			prec = max(prec, len(frac))
		}
	}
	first, step, last := big.NewRat(1, 1), big.NewRat(1, 1), vals[len(vals)-1]
	if len(vals) > 1 {
		first = vals[0]
	}
	if len(vals) > 2 {
		step = vals[1]
	}
	if step.Sign() == 0 {
		return c.Fail(1, "invalid Zero increment value: '%s'\nTry 'seq --help' for more information.", nums[1])
	}
	format := a.Value("-f", "")
	show := func(r *big.Rat) string {
		if format != "" {
			f, _ := r.Float64()
			return formatG(format, f)
		}
		return r.FloatString(prec)
	}
	width := 0
	if a.Has("-w") {
		width = max(len(show(first)), len(show(last)))
	}
	if format != "" && strings.Count(strings.ReplaceAll(format, "%%", ""), "%") != 1 {
		return c.Fail(1, "format '%s' has no %% directive", format)
	}
	sep := a.Value("-s", "\n")
	out := output(c)
	for x, n := new(big.Rat).Set(first), 0; x.Cmp(last)*step.Sign() <= 0; x.Add(x, step) {
		if n++; n > 1 {
			out.WriteString(sep)
		}
		s := show(x)
		if pad := width - len(s); pad > 0 {
			sign := ""
			if strings.HasPrefix(s, "-") {
				sign, s = "-", s[1:]
			}
			s = sign + strings.Repeat("0", pad) + s
		}
		out.WriteString(s)
		if _, err := out.WriteString(""); err != nil {
			return 1
		}
		c.Step(1)
	}
	if first.Cmp(last)*step.Sign() <= 0 {
		out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil {
		return c.Fail(1, "write error: %s", vfs.Text(err))
	}
	return 0
}

// formatG is printf with one number: %g, %03.0f and the like.
func formatG(format string, f float64) string {
	i := strings.IndexByte(format, '%')
	for i >= 0 && i+1 < len(format) && format[i+1] == '%' {
		j := strings.IndexByte(format[i+2:], '%')
		if j < 0 {
			return format
		}
		i += 2 + j
	}
	if i < 0 {
		return format
	}
	end := i + 1
	for end < len(format) && strings.IndexByte("-+ #0123456789.", format[end]) >= 0 {
		end++
	}
	if end >= len(format) || end-i > 8 {
		return format
	}
	verb := format[end]
	if strings.IndexByte("eEfFgG", verb) < 0 {
		return format
	}
	return strings.ReplaceAll(format[:i], "%%", "%") + cFloat(format[i:end], verb, f) + strings.ReplaceAll(format[end+1:], "%%", "%")
}

// cFloat formats as C does: %g has at least two digits of exponent and six of
// precision.
func cFloat(spec string, verb byte, f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		s := strings.ToLower(strings.TrimPrefix(fmt.Sprint(f), "+"))
		return fmt.Sprintf(strings.ReplaceAll(strings.SplitN(spec, ".", 2)[0], "0", "")+"s", s)
	}
	if (verb == 'g' || verb == 'G') && !strings.Contains(spec, ".") {
		spec += ".6"
	}
	return fmt.Sprintf(spec+string(verb), f)
}

// parseDate reads what date -d is mostly given.
func parseDate(s string, now time.Time) (time.Time, bool) {
	s = strings.TrimSpace(s)
	switch s {
	case "", "now", "today":
		return now, true
	case "yesterday":
		return now.AddDate(0, 0, -1), true
	case "tomorrow":
		return now.AddDate(0, 0, 1), true
	}
	if t, ok := strings.CutPrefix(s, "@"); ok {
		f, err := strconv.ParseFloat(t, 64)
		if err != nil || math.Abs(f) > 1e12 {
			return now, false
		}
		return time.Unix(int64(math.Floor(f)), int64((f-math.Floor(f))*1e9)).UTC(), true
	}
	if t, ok := absolute(s, now); ok {
		return t, true
	}
	return relative(s, now)
}

// absolute reads a date or a time of day.
func absolute(s string, now time.Time) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05 MST", "2006-01-02 15:04", "2006-01-02", time.RFC1123Z, time.RFC1123, time.UnixDate, "15:04:05", "15:04"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if !strings.Contains(layout, "2006") {
			t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
		}
		return t.UTC(), true
	}
	return now, false
}

// relative reads "2 hours ago", "+5 minutes", "next day".
func relative(s string, now time.Time) (time.Time, bool) {
	w := strings.Fields(s)
	for i := min(2, len(w)-1); i > 0; i-- { // a date in front
		if t, ok := absolute(strings.Join(w[:i], " "), now); ok {
			now, w = t, w[i:]
			break
		}
	}
	sign := 1
	if n := len(w); n > 1 && w[n-1] == "ago" {
		sign = -1
		w = w[:n-1]
	}
	if len(w) == 0 {
		return now, false
	}
	w = strings.Fields(strings.ReplaceAll(strings.ReplaceAll(strings.Join(w, " "), "+ ", "+"), "- ", "-"))
	if len(w)%2 != 0 {
		return now, false
	}
	for i := 0; i < len(w); i += 2 {
		n, err := strconv.Atoi(strings.TrimPrefix(w[i], "+"))
		switch w[i] {
		case "next":
			n, err = 1, nil
		case "last":
			n, err = -1, nil
		}
		if err != nil || n > 1e6 || n < -1e6 {
			return now, false
		}
		n *= sign
		switch strings.TrimSuffix(w[i+1], "s") {
		case "sec", "second":
			now = now.Add(time.Duration(n) * time.Second)
		case "min", "minute":
			now = now.Add(time.Duration(n) * time.Minute)
		case "hour":
			now = now.Add(time.Duration(n) * time.Hour)
		case "day":
			now = now.AddDate(0, 0, n)
		case "week":
			now = now.AddDate(0, 0, 7*n)
		case "month":
			now = now.AddDate(0, n, 0)
		case "year":
			now = now.AddDate(n, 0, 0)
		default:
			return now, false
		}
	}
	return now, true
}

func date(c *shell.Call) int {
	layout := ""
	for i, w := range c.Args[1:] {
		if strings.HasPrefix(w, "+") {
			layout = w[1:]
			c.Args = append(append([]string{}, c.Args[:i+1]...), c.Args[i+2:]...)
			if layout == "" {
				fmt.Fprintln(c.Out)
				return 0
			}
			break
		}
	}
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) > 0 {
		if layout == "" {
			return c.NotModelled(1, "setting the clock")
		}
		return c.Fail(1, "extra operand '%s'\nTry 'date --help' for more information.", a.Operands[0])
	}
	t := c.Time().UTC()
	if a.Has("-d") {
		if t, ok = parseDate(a.Value("-d", ""), t); !ok {
			return c.Fail(1, "invalid date '%s'", a.Value("-d", ""))
		}
	}
	if a.Has("-r") {
		i, err := c.View.Stat(a.Value("-r", ""))
		if err != nil {
			return c.Fail(1, "%s: %s", a.Value("-r", ""), vfs.Text(err))
		}
		t = i.Time.UTC()
	}
	if layout == "" {
		layout = "%a %b %e %H:%M:%S %Z %Y"
		switch {
		case a.Has("-R"):
			layout = "%a, %d %b %Y %H:%M:%S %z"
		case a.Has("-I"):
			layout = map[string]string{"": "%F", "date": "%F", "hours": "%FT%H%:z", "minutes": "%FT%H:%M%:z", "seconds": "%FT%T%:z", "s": "%FT%T%:z", "ns": "%FT%T,%N%:z"}[a.Value("-I", "")]
			if layout == "" {
				return c.Fail(1, "invalid argument '%s' for '--iso-8601'", a.Value("-I", ""))
			}
		}
	}
	fmt.Fprintln(c.Out, shell.FormatTime(t, layout))
	return 0
}

func yes(c *shell.Call) int {
	s := "y"
	if len(c.Args) > 1 {
		s = strings.Join(c.Args[1:], " ")
	}
	b := []byte(strings.Repeat(s+"\n", max(1, 4096/(len(s)+1))))
	for {
		if _, err := c.Out.Write(b); err != nil {
			return c.Fail(1, "standard output: %s", vfs.Text(err))
		}
	}
}

func id(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	switch {
	case len(a.Operands) > 0 && a.Operands[0] != "root":
		return c.Fail(1, "'%s': no such user", a.Operands[0])
	case a.Has("-u"), a.Has("-g"), a.Has("-G"):
		if a.Has("-n") {
			fmt.Fprintln(c.Out, "root")
		} else {
			fmt.Fprintln(c.Out, "0")
		}
	default:
		fmt.Fprintln(c.Out, "uid=0(root) gid=0(root) groups=0(root)")
	}
	return 0
}

func hostname(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) > 0 {
		return c.NotModelled(1, "setting the name")
	}
	if a.Has("-I") {
		for _, d := range c.NS.Devices() {
			for _, x := range c.NS.Addresses(d) {
				if ip := x.Prefix.Addr(); !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
					fmt.Fprint(c.Out, ip, " ")
				}
			}
		}
		fmt.Fprintln(c.Out)
		return 0
	}
	fmt.Fprintln(c.Out, c.Shell.Hostname(c.NS))
	return 0
}

func uname(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	var l []string
	for _, f := range [][2]string{{"-s", "Linux"}, {"-n", c.Shell.Hostname(c.NS)}, {"-r", shell.KernelRelease}, {"-v", "#1 SMP"}, {"-m", "x86_64"}, {"-p", "unknown"}, {"-i", "unknown"}, {"-o", "GNU/Linux"}} {
		if a.Has(f[0]) || a.Has("-a") && f[1] != "unknown" {
			l = append(l, f[1])
		}
	}
	if len(l) == 0 {
		l = []string{"Linux"}
	}
	fmt.Fprintln(c.Out, strings.Join(l, " "))
	return 0
}

func tty(c *shell.Call) int {
	silent := len(c.Args) > 1 && c.Args[1] == "-s"
	if c.IsTerminal(0) {
		if !silent {
			fmt.Fprintln(c.Out, "/dev/pts/0")
		}
		return 0
	}
	if !silent {
		fmt.Fprintln(c.Out, "not a tty")
	}
	return 1
}

func which(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 2
	}
	code := 0
	if len(a.Operands) == 0 {
		return 1
	}
	for _, n := range a.Operands {
		found := false
		for dir := range strings.SplitSeq(c.Getenv("PATH"), ":") {
			full := path.Join(dir, n)
			if strings.Contains(n, "/") {
				full = n
			}
			if i, err := c.View.Stat(full); err == nil && !i.IsDir() && i.Mode()&0o111 != 0 {
				fmt.Fprintln(c.Out, full)
				found = true
				if !a.Has("-a") || full == n {
					break
				}
			}
		}
		if !found {
			code = 1
		}
	}
	return code
}

func uptime(c *shell.Call) int {
	d := time.Duration(c.Lab.Now())
	fmt.Fprintf(c.Out, " %s up %d min,  1 user,  load average: 0.00, 0.00, 0.00\n", shell.FormatTime(c.Time(), "%T"), int(d.Minutes()))
	return 0
}

func mountpoint(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok || len(a.Operands) != 1 {
		return 1
	}
	switch c.View.Abs(a.Operands[0]) {
	case "/", "/proc", "/sys", "/dev", "/in", "/out":
		if !a.Has("-q") {
			fmt.Fprintf(c.Out, "%s is a mountpoint\n", a.Operands[0])
		}
		return 0
	}
	if !a.Has("-q") {
		fmt.Fprintf(c.Out, "%s is not a mountpoint\n", a.Operands[0])
	}
	return 32
}

// exprParser evaluates the arguments of expr.
type exprParser struct {
	c    *shell.Call
	args []string
	i    int
	deep int
}

// exprError ends expr with status 2.
type exprError string

// Error is the message.
func (e exprError) Error() string { return string(e) }

func expr(c *shell.Call) int {
	args := c.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return c.Fail(2, "missing operand\nTry 'expr --help' for more information.")
	}
	p := &exprParser{c: c, args: args}
	s, err := p.level(0)
	if err == nil && p.i < len(args) {
		err = exprError("syntax error: unexpected argument '" + args[p.i] + "'")
	}
	if err != nil {
		return c.Fail(2, "%v", err)
	}
	fmt.Fprintln(c.Out, s)
	return status(s != "" && s != "0" && strings.Trim(s, "-0") != "")
}

// levels are the binary operators, the loosest first.
const exprLevels = "|;&;< <= = == != >= >;+ -;* / %;:"

func (p *exprParser) peek() string {
	if p.i < len(p.args) {
		return p.args[p.i]
	}
	return ""
}

func (p *exprParser) level(n int) (string, error) {
	if p.deep++; p.deep > 2000 {
		return "", exprError("the expression is nested too deeply")
	}
	defer func() { p.deep-- }()
	levels := strings.Split(exprLevels, ";")
	if n == len(levels) {
		return p.primary()
	}
	a, err := p.level(n + 1)
	for err == nil && p.i < len(p.args) && strings.Contains(" "+levels[n]+" ", " "+p.peek()+" ") && p.peek() != "" {
		op := p.peek()
		p.i++
		var b string
		if b, err = p.level(n + 1); err == nil {
			a, err = p.apply(op, a, b)
		}
	}
	return a, err
}

func (p *exprParser) primary() (string, error) {
	if p.i >= len(p.args) {
		return "", exprError("syntax error: missing argument after '" + p.args[p.i-1] + "'")
	}
	w := p.args[p.i]
	p.i++
	need := func() (string, error) { return p.primary() }
	switch w {
	case "(":
		s, err := p.level(0)
		if err == nil && p.peek() != ")" {
			err = exprError("syntax error: expecting ')' after '" + p.args[p.i-1] + "'")
		}
		p.i++
		return s, err
	case "length":
		if p.i < len(p.args) {
			s, err := need()
			return strconv.Itoa(len([]rune(s))), err
		}
	case "match":
		a, err := need()
		if err != nil {
			return "", err
		}
		b, err := need()
		if err != nil {
			return "", err
		}
		return p.apply(":", a, b)
	case "index":
		a, err := need()
		if err != nil {
			return "", err
		}
		b, err := need()
		return strconv.Itoa(strings.IndexAny(a, b) + 1), err
	case "substr":
		a, err := need()
		if err != nil {
			return "", err
		}
		from, err := need()
		if err != nil {
			return "", err
		}
		length, err := need()
		if err != nil {
			return "", err
		}
		f, err1 := strconv.Atoi(from)
		l, err2 := strconv.Atoi(length)
		rs := []rune(a)
		if err1 != nil || err2 != nil || f < 1 || l < 1 || f > len(rs) {
			return "", nil
		}
		return string(rs[f-1 : min(len(rs), f-1+l)]), nil
	}
	return w, nil
}

func (p *exprParser) apply(op, a, b string) (string, error) {
	truth := func(s string) bool { return s != "" && strings.TrimLeft(strings.TrimPrefix(s, "-"), "0") != "" }
	switch op {
	case "|":
		if truth(a) {
			return a, nil
		}
		if truth(b) {
			return b, nil
		}
		return "0", nil
	case "&":
		if truth(a) && truth(b) {
			return a, nil
		}
		return "0", nil
	case ":":
		return matchExpr(a, b)
	}
	x, ok1 := new(big.Int).SetString(a, 10)
	y, ok2 := new(big.Int).SetString(b, 10)
	if strings.Contains(" < <= = == != >= > ", " "+op+" ") {
		n := strings.Compare(a, b)
		if ok1 && ok2 {
			n = x.Cmp(y)
		}
		yes := map[string]bool{"<": n < 0, "<=": n <= 0, "=": n == 0, "==": n == 0, "!=": n != 0, ">=": n >= 0, ">": n > 0}[op]
		if yes {
			return "1", nil
		}
		return "0", nil
	}
	if !ok1 || !ok2 || len(a) > 10_000 || len(b) > 10_000 {
		return "", exprError("non-integer argument")
	}
	switch op {
	case "+":
		x.Add(x, y)
	case "-":
		x.Sub(x, y)
	case "*":
		x.Mul(x, y)
	default:
		if y.Sign() == 0 {
			return "", exprError("division by zero")
		}
		if op == "/" {
			x.Quo(x, y)
		} else {
			x.Rem(x, y)
		}
	}
	return x.String(), nil
}

// matchExpr is STRING : REGEX, anchored at the front: the first group, or how
// much matched.
func matchExpr(s, pattern string) (string, error) {
	if backref(pattern) {
		return "", exprError("not modelled: back-references in patterns")
	}
	re, err := regexp.Compile("^(?:" + shell.GoRegexp(basicToExtended(pattern)) + ")")
	if err != nil {
		return "", exprError("Invalid regular expression")
	}
	re.Longest()
	m := re.FindStringSubmatchIndex(s)
	if re.NumSubexp() > 0 {
		if m == nil || m[2] < 0 {
			return "", nil
		}
		return s[m[2]:m[3]], nil
	}
	if m == nil {
		return "0", nil
	}
	return strconv.Itoa(len([]rune(s[:m[1]]))), nil
}
