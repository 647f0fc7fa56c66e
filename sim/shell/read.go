package shell

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hoplab/sim/clock"
	"hoplab/sim/shell/vfs"
)

// readOptions are those of read.
type readOptions struct {
	raw, silent   bool
	array, prompt string
	delim         byte
	chars         int  // -n, -N; -1 is none
	exact         bool // -N
	timeout       time.Duration
	hasTimeout    bool
	fd            int
}

func readBuiltin(in *interp, args []string) int {
	o := readOptions{delim: '\n', chars: -1}
	names, status := in.readFlags(&o, args[1:])
	if status != 0 {
		return status
	}
	for _, n := range names {
		base, _, elem := splitElement(n)
		if !elem {
			base = n
		}
		if !validName(base) {
			in.errf("read: `%s': not a valid identifier", n)
			return 1
		}
	}
	if in.p.fd(o.fd) == nil {
		in.errf("read: %d: invalid file descriptor: %s", o.fd, vfs.EBADF)
		return 1
	}
	if o.prompt != "" && in.p.isTerminal(o.fd) {
		_, _ = fdStream{in.p, 2}.Write([]byte(o.prompt))
	}
	line, mask, status := in.readLine(o)
	in.assignRead(o, names, line, mask)
	return status
}

func (in *interp) readFlags(o *readOptions, args []string) (names []string, status int) {
	const usage = "read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]"
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		a := args[0]
		args = args[1:]
		if a == "--" {
			break
		}
		for i := 1; i < len(a); i++ {
			c := a[i]
			switch c {
			case 'r':
				o.raw = true
				continue
			case 's':
				o.silent = true
				continue
			case 'e':
				continue
			}
			if strings.IndexByte("adinNptu", c) < 0 {
				return nil, in.badOption("read", "-"+string(c), usage)
			}
			val := a[i+1:]
			if val == "" {
				if len(args) == 0 {
					in.errf("read: -%c: option requires an argument", c)
					return nil, 2
				}
				val, args = args[0], args[1:]
			}
			i = len(a)
			n, err := strconv.Atoi(val)
			switch c {
			case 'a':
				o.array = val
			case 'd':
				o.delim = 0
				if val != "" {
					o.delim = val[0]
				}
			case 'p':
				o.prompt = val
			case 'n', 'N':
				if err != nil || n < 0 {
					in.errf("read: %s: invalid number", val)
					return nil, 1
				}
				o.chars, o.exact = n, c == 'N'
			case 'u':
				if err != nil {
					in.errf("read: %s: invalid file descriptor specification", val)
					return nil, 1
				}
				o.fd = n
			case 't':
				f, err := strconv.ParseFloat(val, 64)
				if err != nil || f < 0 || f > 1e9 {
					in.errf("read: %s: invalid timeout specification", val)
					return nil, 1
				}
				o.timeout, o.hasTimeout = time.Duration(f*float64(time.Second)), true
			}
		}
	}
	return args, 0
}

// readLine reads up to the delimiter. mask tells which bytes a backslash quoted.
func (in *interp) readLine(o readOptions) (line string, mask []bool, status int) {
	f := in.p.fd(o.fd)
	f.refs++
	defer f.unref()
	var timer clock.Ref
	timedOut := false
	if o.hasTimeout {
		if o.timeout == 0 {
			return "", nil, int(b2i(!in.readable(f)))
		}
		q := &in.p.shell.lab.World().Clock
		timer = q.After(o.timeout, clock.HandlerFunc(func(uint64) { timedOut = true; in.p.Proc.Wake() }), 0)
		defer func() { q.Cancel(timer) }()
	}
	var b strings.Builder
	escaped := false
	one := make([]byte, 1)
	count := 0
	for o.chars < 0 || count < o.chars {
		in.p.step(1)
		if o.hasTimeout {
			in.p.waitReadable(f, func() bool { return timedOut })
			if timedOut {
				return b.String(), mask, 128 + int(SIGALRM)
			}
		}
		n, err := f.read(in.p, one)
		if err == vfs.EINTR { //nolint:errorlint // our own value
			in.runTraps()
			if in.stop() {
				return b.String(), mask, 1
			}
			continue
		}
		if n == 0 {
			if err == nil {
				continue
			}
			return b.String(), mask, 1
		}
		c := one[0]
		switch {
		case escaped:
			escaped = false
			if c == '\n' {
				continue
			}
			b.WriteByte(c)
			mask = append(mask, true)
			count++
			continue
		case c == '\\' && !o.raw:
			escaped = true
			continue
		case c == o.delim && !o.exact:
			return b.String(), mask, 0
		case c == 0:
			continue
		}
		b.WriteByte(c)
		mask = append(mask, false)
		if utf8.RuneStart(c) {
			count++
		}
		in.checkSize(b.Len())
		if o.chars >= 0 && count == o.chars && c >= 0x80 { // the rest of a character
			for range runeLen(c) - 1 {
				if n, _ := f.read(in.p, one); n == 1 {
					b.WriteByte(one[0])
					mask = append(mask, false)
				}
			}
		}
	}
	return b.String(), mask, 0
}

func runeLen(c byte) int {
	switch {
	case c >= 0xf0:
		return 4
	case c >= 0xe0:
		return 3
	case c >= 0xc0:
		return 2
	}
	return 1
}

// readable says that reading would not wait.
func (in *interp) readable(f *openFile) bool {
	ready, _ := blocking(f)
	return ready == nil || ready()
}

// assignRead splits a line by IFS and assigns the fields.
func (in *interp) assignRead(o readOptions, names []string, line string, mask []bool) {
	put := func(name, val string) {
		var err error
		if base, idx, ok := splitElement(name); ok {
			err = in.setElement(base, idx, val, false)
		} else {
			err = in.set(name, val)
		}
		if err != nil {
			in.errf("%s", err.Error())
		}
	}
	if o.array != "" {
		_, _ = in.unset(o.array, false)
		v, err := in.variable(o.array)
		if err != nil {
			in.errf("%s", err.Error())
			return
		}
		v.kind, v.set, v.arr = indexed, true, newArray(in.readFields(line, mask, -1))
		return
	}
	if o.exact {
		if len(names) == 0 {
			names = []string{"REPLY"}
		}
		for i, n := range names {
			if i == 0 {
				put(n, line)
			} else {
				put(n, "")
			}
		}
		return
	}
	if len(names) == 0 {
		put("REPLY", line)
		return
	}
	fields := in.readFields(line, mask, len(names))
	for i, n := range names {
		if i < len(fields) {
			put(n, fields[i])
		} else {
			put(n, "")
		}
	}
}

// readFields splits as read does: the last of n fields gets the rest.
func (in *interp) readFields(line string, mask []bool, n int) []string {
	ifs, ok := in.lookup("IFS").value()
	if !ok {
		ifs = " \t\n"
	}
	sep := func(i int) bool { return !mask[i] && strings.IndexByte(ifs, line[i]) >= 0 }
	space := func(i int) bool {
		return sep(i) && (line[i] == ' ' || line[i] == '\t' || line[i] == '\n')
	}
	var out []string
	i := 0
	for i < len(line) && space(i) {
		i++
	}
	for i < len(line) {
		if n > 0 && len(out) == n-1 {
			end := len(line)
			for end > i && space(end-1) {
				end--
			}
			// One separator at the very end does not count, if it is the only
			// one in the rest.
			if end > i && sep(end-1) {
				only := true
				for j := i; j < end-1; j++ {
					if sep(j) && !space(j) {
						only = false
					}
				}
				if only {
					end--
					for end > i && space(end-1) {
						end--
					}
				}
			}
			return append(out, line[i:end])
		}
		start := i
		for i < len(line) && !sep(i) {
			i++
		}
		out = append(out, line[start:i])
		for i < len(line) && space(i) {
			i++
		}
		if i < len(line) && sep(i) && !space(i) {
			i++
			for i < len(line) && space(i) {
				i++
			}
		}
	}
	return out
}

func mapfileBuiltin(in *interp, args []string) int {
	name, delim, trim := "MAPFILE", byte('\n'), false
	limit, skip, origin, keep, fd := 0, 0, 0, false, 0
	args = args[1:]
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		a := args[0]
		args = args[1:]
		if a == "-t" {
			trim = true
			continue
		}
		if a == "--" {
			break
		}
		val := a[2:]
		if strings.IndexByte("dnsOu", a[1]) < 0 {
			in.errf("mapfile: not modelled: %s", a)
			return 2
		}
		if val == "" {
			if len(args) == 0 {
				in.errf("mapfile: %s: option requires an argument", a)
				return 2
			}
			val, args = args[0], args[1:]
		}
		n, _ := strconv.Atoi(val)
		switch a[1] {
		case 'd':
			delim = 0
			if val != "" {
				delim = val[0]
			}
		case 'n':
			limit = n
		case 's':
			skip = n
		case 'O':
			origin, keep = n, true
		case 'u':
			fd = n
		}
	}
	if len(args) > 0 {
		name = args[0]
	}
	v, err := in.variable(name)
	if err != nil {
		in.errf("%s", err.Error())
		return 1
	}
	if v.kind == assoc {
		in.errf("mapfile: %s: not an indexed array", name)
		return 1
	}
	if !keep || v.arr == nil {
		v.arr, v.shared = &array{}, false
	}
	v.kind, v.set = indexed, true
	v.own()
	i := int64(origin)
	for count := 0; limit == 0 || count < limit; {
		line, _, status := in.readLine(readOptions{delim: delim, chars: -1, raw: true, fd: fd})
		if status != 0 && line == "" {
			break
		}
		if skip > 0 {
			skip--
			continue
		}
		if !trim && status == 0 {
			line += string(delim)
		}
		if err := in.account(len(line)); err != nil {
			return 1
		}
		v.arr.put(i, line)
		i++
		count++
		if status != 0 {
			break
		}
	}
	return 0
}
