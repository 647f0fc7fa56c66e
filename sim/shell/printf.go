package shell

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxWidth is the widest field of printf.
const maxWidth = 1 << 20

func printfBuiltin(in *interp, args []string) int {
	args = args[1:]
	varName := ""
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		if args[0] == "--" {
			args = args[1:]
			break
		}
		if args[0] != "-v" || len(args) < 2 {
			return in.badOption("printf", args[0][:2], "printf [-v var] format [arguments]")
		}
		varName = args[1]
		args = args[2:]
	}
	if len(args) == 0 {
		fmt.Fprintf(fdStream{in.p, 2}, "printf: usage: printf [-v var] format [arguments]\n")
		return 2
	}
	f := formatter{args: args[1:], now: in.now, errf: func(s string) { in.errf("printf: %s", s) }, grow: func(n int) { in.p.step(1); in.checkSize(n) }, started: in.started}
	f.run(args[0])
	out := f.b.String()
	if varName != "" {
		var err error
		if base, idx, ok := splitElement(varName); ok {
			err = in.setElement(base, idx, out, false)
		} else if !validName(varName) {
			in.errf("printf: `%s': not a valid identifier", varName)
			return 2
		} else {
			err = in.set(varName, out)
		}
		if err != nil {
			in.errf("%s", err.Error())
			return 1
		}
		return f.status
	}
	if n := in.print("printf", out); n != 0 {
		return n
	}
	return f.status
}

// formatter is printf: it uses the format again as long as arguments are left.
type formatter struct {
	b       strings.Builder
	args    []string
	used    int
	status  int
	stopped bool
	now     func() time.Time
	errf    func(string)
	grow    func(int)
	started any
}

func (f *formatter) run(format string) {
	for {
		before := f.used
		f.once(format)
		if f.stopped || f.used >= len(f.args) || f.used == before {
			return
		}
		f.grow(f.b.Len())
	}
}

func (f *formatter) next() (string, bool) {
	if f.used < len(f.args) {
		f.used++
		return f.args[f.used-1], true
	}
	f.used++
	return "", false
}

func (f *formatter) fail(format string, args ...any) {
	f.errf(fmt.Sprintf(format, args...))
	f.status = 1
}

func (f *formatter) once(s string) {
	for i := 0; i < len(s) && !f.stopped; {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			n, _ := escape(&f.b, s[i:], printfEscapes)
			i += n
		case s[i] != '%':
			f.b.WriteByte(s[i])
			i++
		case i+1 < len(s) && s[i+1] == '%':
			f.b.WriteByte('%')
			i += 2
		default:
			i = f.conversion(s, i)
		}
	}
}

// spec is one conversion: %-08.3d.
type spec struct {
	flags       string
	width, prec int
	hasPrec     bool
}

func (f *formatter) conversion(s string, i int) int {
	start := i
	i++
	var sp spec
	for i < len(s) && strings.IndexByte("-+ #0'", s[i]) >= 0 {
		if s[i] != '\'' {
			sp.flags += s[i : i+1]
		}
		i++
	}
	number := func() int {
		if i < len(s) && s[i] == '*' {
			i++
			a, _ := f.next()
			n, _ := strconv.Atoi(a)
			return n
		}
		n := 0
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			n = min(n*10+int(s[i]-'0'), maxWidth)
			i++
		}
		return n
	}
	if sp.width = number(); sp.width < 0 {
		sp.flags += "-"
		sp.width = -sp.width
	}
	sp.width = min(sp.width, maxWidth)
	if i < len(s) && s[i] == '.' {
		i++
		sp.prec, sp.hasPrec = min(number(), maxWidth), true
		if sp.prec < 0 {
			sp.hasPrec = false
		}
	}
	for i < len(s) && strings.IndexByte("hlLjzt", s[i]) >= 0 {
		i++
	}
	if i >= len(s) {
		f.fail("`%s': missing format character", s[start:])
		f.stopped = true
		return i
	}
	c := s[i]
	i++
	switch c {
	case 's':
		a, _ := f.next()
		f.text(sp, a)
	case 'q', 'Q':
		a, _ := f.next()
		f.text(sp, quoteBackslash(a))
	case 'b':
		a, _ := f.next()
		f.text(sp, f.expandB(a))
	case 'c':
		a, _ := f.next()
		if a != "" {
			a = a[:1]
		}
		f.text(sp, a)
	case 'd', 'i':
		f.integer(sp, f.int(), 'd')
	case 'u', 'x', 'X', 'o':
		f.unsigned(sp, uint64(f.int()), c)
	case 'e', 'E', 'f', 'F', 'g', 'G', 'a', 'A':
		f.float(sp, c)
	case '(':
		end := strings.Index(s[i:], ")T")
		if end < 0 {
			f.fail("`%s': invalid format character", s[start:i])
			f.stopped = true
			return i
		}
		a, ok := f.next()
		t := f.now()
		if ok && a != "-1" && a != "-2" {
			n, err := strconv.ParseInt(a, 10, 64)
			if err != nil {
				f.fail("%s: invalid number", a)
			}
			t = time.Unix(n, 0).UTC()
		}
		layout := s[i : i+end]
		if layout == "" {
			layout = "%X"
		}
		f.text(sp, FormatTime(t, layout))
		i += end + 2
	case 'n':
		f.fail("not modelled: %%n")
		f.stopped = true
	default:
		f.fail("`%c': invalid format character", c)
		f.stopped = true
	}
	return i
}

func (f *formatter) expandB(a string) string {
	var b strings.Builder
	for j := 0; j < len(a); {
		if a[j] != '\\' || j+1 == len(a) {
			b.WriteByte(a[j])
			j++
			continue
		}
		n, stop := escape(&b, a[j:], printfB)
		if stop {
			f.stopped = true
			break
		}
		j += n
	}
	return b.String()
}

func (f *formatter) text(sp spec, s string) {
	if sp.hasPrec {
		n := 0
		for i := range s {
			if n == sp.prec {
				s = s[:i]
				break
			}
			n++
		}
	}
	f.pad(sp, s)
}

func (f *formatter) pad(sp spec, s string) {
	n := sp.width - utf8.RuneCountInString(s)
	if n <= 0 {
		f.b.WriteString(s)
		return
	}
	f.grow(f.b.Len() + n)
	if strings.Contains(sp.flags, "-") {
		f.b.WriteString(s)
		f.b.WriteString(strings.Repeat(" ", n))
		return
	}
	f.b.WriteString(strings.Repeat(" ", n))
	f.b.WriteString(s)
}

// int reads an argument as a number: 10, 0x1f, 'a.
func (f *formatter) int() int64 {
	a, ok := f.next()
	if !ok || a == "" {
		return 0
	}
	if a[0] == '\'' || a[0] == '"' {
		r, _ := utf8.DecodeRuneInString(a[1:])
		if len(a) == 1 {
			return 0
		}
		return int64(r)
	}
	t := strings.TrimSpace(a)
	n, err := strconv.ParseInt(cNumber(t), 0, 64)
	if err == nil {
		return n
	}
	if u, err := strconv.ParseUint(cNumber(t), 0, 64); err == nil {
		return int64(u)
	}
	end := len(t)
	for ; end > 0; end-- {
		if v, err := strconv.ParseInt(cNumber(t[:end]), 0, 64); err == nil {
			n = v
			break
		}
	}
	if end == 0 {
		n = 0
	}
	if strings.Trim(t, "0123456789+-") == "" && end < len(t) && end > 10 {
		f.fail("warning: %s: Numerical result out of range", a)
		return math.MaxInt64
	}
	f.fail("%s: invalid number", a)
	return n
}

// cNumber keeps Go's own prefixes out: in C there is no 0b, 0o and no _.
func cNumber(s string) string {
	t := strings.TrimLeft(s, "+-")
	if len(t) > 1 && t[0] == '0' && (t[1] == 'o' || t[1] == 'O' || t[1] == 'b' || t[1] == 'B') || strings.Contains(t, "_") {
		return "!"
	}
	return s
}

func (f *formatter) integer(sp spec, n int64, _ byte) {
	sign := ""
	digits := strconv.FormatInt(n, 10)
	switch {
	case n < 0:
		sign, digits = "-", digits[1:]
	case strings.Contains(sp.flags, "+"):
		sign = "+"
	case strings.Contains(sp.flags, " "):
		sign = " "
	}
	f.number(sp, sign, digits)
}

func (f *formatter) number(sp spec, sign, digits string) {
	if sp.hasPrec {
		if n := sp.prec - len(digits); n > 0 {
			digits = strings.Repeat("0", n) + digits
		}
		if sp.prec == 0 && digits == "0" {
			digits = ""
		}
	} else if n := sp.width - len(sign) - len(digits); n > 0 && strings.Contains(sp.flags, "0") && !strings.Contains(sp.flags, "-") {
		digits = strings.Repeat("0", n) + digits
	}
	f.pad(sp, sign+digits)
}

func (f *formatter) unsigned(sp spec, n uint64, c byte) {
	digits, prefix := "", ""
	alt := strings.Contains(sp.flags, "#")
	switch c {
	case 'u':
		digits = strconv.FormatUint(n, 10)
	case 'o':
		digits = strconv.FormatUint(n, 8)
		if alt && digits[0] != '0' {
			digits = "0" + digits
		}
	default:
		digits = strconv.FormatUint(n, 16)
		if alt && n != 0 {
			prefix = "0x"
		}
		if c == 'X' {
			digits, prefix = strings.ToUpper(digits), strings.ToUpper(prefix)
		}
	}
	f.number(sp, prefix, digits)
}

func (f *formatter) float(sp spec, c byte) {
	a, _ := f.next()
	x := 0.0
	if a != "" {
		if a[0] == '\'' || a[0] == '"' {
			r, _ := utf8.DecodeRuneInString(a[1:])
			x = float64(r)
		} else if v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(a), "_", "!"), 64); err == nil {
			x = v
		} else {
			f.fail("%s: invalid number", a)
			for end := len(a); end > 0; end-- {
				if v, err := strconv.ParseFloat(a[:end], 64); err == nil {
					x = v
					break
				}
			}
		}
	}
	if c == 'a' || c == 'A' {
		f.fail("not modelled: %%%c", c)
		return
	}
	f.b.WriteString(fmt.Sprintf("%"+sp.flags+widthText(sp)+string(c), x))
}

func widthText(sp spec) string {
	s := ""
	if sp.width > 0 {
		s = strconv.Itoa(sp.width)
	}
	if sp.hasPrec {
		s += "." + strconv.Itoa(min(sp.prec, 1000))
	}
	return s
}

// FormatTime is strftime(3) in the C locale.
func FormatTime(t time.Time, layout string) string {
	var b strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' || i+1 == len(layout) {
			b.WriteByte(layout[i])
			continue
		}
		i++
		pad := byte(0)
		for i+1 < len(layout) && strings.IndexByte("-_0^", layout[i]) >= 0 {
			pad = layout[i]
			i++
		}
		digits := 9
		if layout[i] >= '1' && layout[i] <= '9' && i+1 < len(layout) && layout[i+1] == 'N' {
			digits = int(layout[i] - '0')
			i++
		}
		colon := false
		if layout[i] == ':' && i+1 < len(layout) && layout[i+1] == 'z' {
			colon = true
			i++
		}
		s := timeField(t, layout[i], digits, colon)
		switch {
		case pad == '-':
			if s = strings.TrimLeft(s, "0 "); s == "" {
				s = "0"
			}
		case pad == '_' && len(s) > 1 && s[0] == '0':
			trimmed := strings.TrimLeft(s[:len(s)-1], "0")
			s = strings.Repeat(" ", len(s)-1-len(trimmed)) + trimmed + s[len(s)-1:]
		case pad == '0':
			s = strings.ReplaceAll(s, " ", "0")
		case pad == '^':
			s = strings.ToUpper(s)
		}
		b.WriteString(s)
	}
	return b.String()
}

func timeField(t time.Time, c byte, digits int, colon bool) string {
	two := func(n int) string { return fmt.Sprintf("%02d", n) }
	sp := func(n int) string { return fmt.Sprintf("%2d", n) }
	hour12 := (t.Hour()+11)%12 + 1
	switch c {
	case '%':
		return "%"
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'Y':
		return strconv.Itoa(t.Year())
	case 'C':
		return two(t.Year() / 100)
	case 'y':
		return two(t.Year() % 100)
	case 'm':
		return two(int(t.Month()))
	case 'd':
		return two(t.Day())
	case 'e':
		return sp(t.Day())
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay())
	case 'H':
		return two(t.Hour())
	case 'k':
		return sp(t.Hour())
	case 'I':
		return two(hour12)
	case 'l':
		return sp(hour12)
	case 'M':
		return two(t.Minute())
	case 'S':
		return two(t.Second())
	case 'N':
		return fmt.Sprintf("%09d", t.Nanosecond())[:digits]
	case 's':
		return strconv.FormatInt(t.Unix(), 10)
	case 'p':
		return t.Format("PM")
	case 'P':
		return t.Format("pm")
	case 'a':
		return t.Format("Mon")
	case 'A':
		return t.Format("Monday")
	case 'b', 'h':
		return t.Format("Jan")
	case 'B':
		return t.Format("January")
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1)
	case 'w':
		return strconv.Itoa(int(t.Weekday()))
	case 'G':
		y, _ := t.ISOWeek()
		return strconv.Itoa(y)
	case 'V':
		_, w := t.ISOWeek()
		return two(w)
	case 'U':
		return two((t.YearDay() + 6 - int(t.Weekday())) / 7)
	case 'W':
		return two((t.YearDay() + 6 - (int(t.Weekday())+6)%7) / 7)
	case 'F':
		return t.Format("2006-01-02")
	case 'T', 'X':
		return t.Format("15:04:05")
	case 'R':
		return t.Format("15:04")
	case 'r':
		return t.Format("03:04:05 PM")
	case 'D', 'x':
		return t.Format("01/02/06")
	case 'c':
		return t.Format("Mon Jan _2 15:04:05 2006")
	case 'z':
		if colon {
			return t.Format("-07:00")
		}
		return t.Format("-0700")
	case 'Z':
		return t.Format("MST")
	}
	return "%" + string(c)
}
