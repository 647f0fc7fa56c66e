package coreutils

import (
	"encoding/base32"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func extraTools() []shell.Tool {
	l := []shell.Tool{
		{Name: "bc", Summary: "calculate with exact decimals", Usage: "[OPTION]... [FILE]...", Run: bcTool, Options: []shell.Option{flag("-l, --mathlib", "scale 20, and s c a l e"), flag("-q, --quiet", "accepted"), missing("-i, --interactive", "a prompt"), missing("if, for, while, define, print, arrays", "statements")}},
		{Name: "dd", Summary: "copy blocks", Usage: "[OPERAND]...", Run: dd, Options: []shell.Option{flag("if=FILE, of=FILE, bs=N, count=N, skip=N, seek=N", "what, where to and how much"), flag("status=none|noxfer", "what to say at the end"), flag("conv=notrunc,fsync,sync", "accepted but for sync")}},
		{Name: "shuf", Summary: "put lines into a random order", Usage: "[OPTION]... [FILE]", Run: shuf, Options: []shell.Option{flag("-n, --head-count COUNT", "no more than that"), flag("-i, --input-range LO-HI", "these numbers"), flag("-e, --echo", "the arguments"), flag("-r, --repeat", "again and again"), flag("-z, --zero-terminated", "NUL ends a line"), missing("-o, --output FILE", "write there"), missing("--random-source FILE", "where chance comes from")}},
		{Name: "base32", Summary: "encode and decode base32", Usage: "[OPTION]... [FILE]", Run: base32Tool, Options: []shell.Option{flag("-d, --decode", "decode"), flag("-w, --wrap COLS", "characters a line, 0: all on one"), missing("-i, --ignore-garbage", "ignore other characters")}},
		{Name: "cksum", Summary: "print checksums", Usage: "[FILE]...", Run: cksum, Options: []shell.Option{missing("-a, --algorithm TYPE", "another sum")}},
		{Name: "factor", Summary: "print prime factors", Usage: "[NUMBER]...", Run: factor},
		{Name: "groups", Summary: "print the groups of the user", Run: func(c *shell.Call) int { fmt.Fprintln(c.Out, "root"); return 0 }},
	}
	for _, t := range [][2]string{{"df", "free space on disks"}, {"free", "free memory"}, {"who", "users who are logged in"}, {"lsof", "open files"}, {"tar", "archives"}, {"gzip", "compressed files"}, {"gunzip", "compressed files"}, {"zcat", "compressed files"}, {"patch", "changes to files"}} {
		l = append(l, shell.Tool{Name: t[0], Summary: "not modelled: " + t[1], Options: []shell.Option{missing(t[0], t[1])}, Run: func(c *shell.Call) int { return c.NotModelled(1, t[1]) }})
	}
	return l
}

// size is a number of dd: 4k, 1M, 2x3.
func ddSize(s string) (int, bool) {
	total := 1
	for part := range strings.SplitSeq(s, "x") {
		digits := strings.TrimRight(part, "cwbkKMGB")
		n, err := strconv.Atoi(digits)
		unit, ok := map[string]int{"": 1, "c": 1, "w": 2, "b": 512, "k": 1024, "K": 1024, "kB": 1000, "KB": 1000, "M": 1 << 20, "MB": 1000000, "G": 1 << 30, "GB": 1000000000}[part[len(digits):]]
		if err != nil || !ok || n < 0 || n > 1<<40 {
			return 0, false
		}
		total *= n * unit
	}
	return total, true
}

func dd(c *shell.Call) int {
	bs, count, skip, seek := 512, -1, 0, 0
	in, out, quiet, noxfer, notrunc, pad := "", "", false, false, false, false
	for _, a := range c.Args[1:] {
		k, v, ok := strings.Cut(a, "=")
		if !ok {
			return c.Fail(1, "unrecognized operand '%s'\nTry 'dd --help' for more information.", a)
		}
		num := map[string]*int{"bs": &bs, "ibs": &bs, "obs": &bs, "count": &count, "skip": &skip, "seek": &seek}[k]
		switch {
		case num != nil:
			n, ok := ddSize(v)
			if !ok || strings.HasSuffix(k, "bs") && n == 0 {
				return c.Fail(1, "invalid number: '%s'", v)
			}
			*num = n
		case k == "if":
			in = v
		case k == "of":
			out = v
		case k == "status":
			quiet, noxfer = v == "none", v == "noxfer"
		case k == "conv":
			for f := range strings.SplitSeq(v, ",") {
				switch f {
				case "notrunc":
					notrunc = true
				case "sync":
					pad = true
				case "fsync", "fdatasync", "noerror":
				default:
					return c.NotModelled(1, "conv="+f)
				}
			}
		case k == "iflag" && v == "fullblock", k == "oflag" && v == "sync":
		default:
			return c.NotModelled(1, a)
		}
	}
	if seek > 0 || notrunc {
		return c.NotModelled(1, "seek= and conv=notrunc")
	}
	if bs > maxInput {
		return c.Fail(1, "memory exhausted by input buffer of size %d bytes", bs)
	}
	r, w := c.In, c.Out
	if in != "" {
		f, err := c.Open(in)
		if err != nil {
			return c.Fail(1, "failed to open '%s': %s", in, vfs.Text(err))
		}
		defer f.Close()
		r = f
	}
	if out != "" {
		f, err := c.Create(out, false)
		if err != nil {
			return c.Fail(1, "failed to open '%s': %s", out, vfs.Text(err))
		}
		defer f.Close()
		w = f
	}
	start := c.Time()
	buf := make([]byte, bs)
	full, part, outFull, outPart, bytes := 0, 0, 0, 0, 0
	code := 0
	for i := 0; count < 0 || i < count+skip; i++ {
		c.Step(1)
		var n int
		var err error
		if in == "" {
			n, err = r.Read(buf)
		} else {
			n, err = io.ReadFull(r, buf)
		}
		if n == 0 {
			if err != nil && err != io.EOF { //nolint:errorlint // as io.Reader has it
				code = c.Fail(1, "error reading '%s': %s", in, vfs.Text(err))
			}
			break
		}
		if i < skip {
			continue
		}
		if n == bs {
			full++
		} else {
			part++
			if pad {
				clear(buf[n:])
				n = bs
			}
		}
		if _, err := w.Write(buf[:n]); err != nil {
			code = c.Fail(1, "error writing '%s': %s", out, vfs.Text(err))
			break
		}
		if n == bs {
			outFull++
		} else {
			outPart++
		}
		bytes += n
	}
	if quiet {
		return code
	}
	fmt.Fprintf(c.Err, "%d+%d records in\n%d+%d records out\n", full, part, outFull, outPart)
	if !noxfer {
		d := c.Time().Sub(start).Seconds()
		rate := "Infinity B/s"
		if d > 0 {
			rate = ddUnits(float64(bytes)/d, 1000, "kMGT", "B") + "/s"
		}
		text := fmt.Sprintf("%d bytes", bytes)
		if bytes == 1 {
			text = "1 byte"
		}
		switch {
		case bytes >= 1024:
			text += fmt.Sprintf(" (%s, %s)", ddUnits(float64(bytes), 1000, "kMGT", "B"), ddUnits(float64(bytes), 1024, "KMGT", "iB"))
		case bytes >= 1000:
			text += fmt.Sprintf(" (%s)", ddUnits(float64(bytes), 1000, "kMGT", "B"))
		}
		fmt.Fprintf(c.Err, "%s copied, %s s, %s\n", text, strconv.FormatFloat(d, 'g', 6, 64), rate)
	}
	return code
}

func ddUnits(f, base float64, units, suffix string) string {
	if f < base {
		return fmt.Sprintf("%.0f B", f)
	}
	i := 0
	for f /= base; f >= base && i < len(units)-1; i++ {
		f /= base
	}
	digits := 1
	if f >= 10 {
		digits = 0
	}
	return fmt.Sprintf("%.*f %c%s", digits, f, units[i], suffix)
}

func shuf(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	var l []string
	switch {
	case a.Has("-i"):
		s := a.Value("-i", "")
		lo, hi, ok := strings.Cut(s, "-")
		from, err1 := strconv.Atoi(lo)
		to, err2 := strconv.Atoi(hi)
		if !ok || err1 != nil || err2 != nil || from > to+1 {
			return c.Fail(1, "invalid input range: '%s'", s)
		}
		if to-from > 1<<20 {
			return c.NotModelled(1, "a range of more than a million numbers")
		}
		for n := from; n <= to; n++ {
			l = append(l, strconv.Itoa(n))
		}
	case a.Has("-e"):
		l = a.Operands
	default:
		if len(a.Operands) > 1 {
			return c.Fail(1, "extra operand '%s'\nTry 'shuf --help' for more information.", a.Operands[1])
		}
		if !each(c, a.Operands, func(_ string, r io.Reader) error {
			in := newLines(r)
			if a.Has("-z") {
				in.sep = 0
			}
			for {
				c.Step(1)
				s, err := in.next()
				if err != nil {
					return err
				}
				l = append(l, s)
			}
		}) {
			return 1
		}
	}
	n := len(l)
	if a.Has("-n") {
		var err error
		if n, err = strconv.Atoi(a.Value("-n", "")); err != nil || n < 0 {
			return c.Fail(1, "invalid line count: '%s'", a.Value("-n", ""))
		}
	}
	seed := c.Lab.Seed()*6364136223846793005 + uint64(c.Process.PID)
	random := func(n int) int { // splitmix64
		seed += 0x9e3779b97f4a7c15
		z := (seed ^ seed>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return int((z ^ z>>31) % uint64(n))
	}
	end := byte('\n')
	if a.Has("-z") {
		end = 0
	}
	out := output(c)
	defer out.Flush()
	if a.Has("-r") {
		for i := 0; len(l) > 0 && (!a.Has("-n") || i < n); i++ {
			c.Step(1)
			out.WriteString(l[random(len(l))])
			if err := out.WriteByte(end); err != nil {
				return 1
			}
		}
		return 0
	}
	l = append([]string(nil), l...)
	for i := 0; i < min(n, len(l)); i++ {
		c.Step(1)
		j := i + random(len(l)-i)
		l[i], l[j] = l[j], l[i]
		out.WriteString(l[i])
		out.WriteByte(end)
	}
	return 0
}

func base32Tool(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	wrap, err := strconv.Atoi(a.Value("-w", "76"))
	if err != nil || wrap < 0 {
		return c.Fail(1, "invalid wrap size: '%s'", a.Value("-w", ""))
	}
	good := true
	ok = each(c, a.Operands, func(_ string, r io.Reader) error {
		b, err := all(r)
		if err != nil {
			return err
		}
		if a.Has("-d") {
			text, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(string(b), "\n", ""))
			_, _ = c.Out.Write(text)
			if err != nil {
				c.Errorf("invalid input")
				good = false
			}
			return nil
		}
		s := base32.StdEncoding.EncodeToString(b)
		for wrap > 0 && len(s) > 0 {
			n := min(wrap, len(s))
			fmt.Fprintln(c.Out, s[:n])
			s = s[n:]
		}
		fmt.Fprint(c.Out, s)
		return nil
	})
	return status(ok && good)
}

// cksum is the checksum of POSIX: a CRC over the data and its length.
func cksum(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	return status(each(c, a.Operands, func(name string, r io.Reader) error {
		b, err := all(r)
		if err != nil {
			return err
		}
		crc := uint32(0)
		add := func(x byte) {
			crc ^= uint32(x) << 24
			for range 8 {
				if crc&(1<<31) != 0 {
					crc = crc<<1 ^ 0x04c11db7
				} else {
					crc <<= 1
				}
			}
		}
		for _, x := range b {
			add(x)
		}
		for n := len(b); n > 0; n >>= 8 {
			add(byte(n))
		}
		if name == "-" {
			name = ""
		} else {
			name = " " + name
		}
		fmt.Fprintf(c.Out, "%d %d%s\n", ^crc, len(b), name)
		return nil
	}))
}

func factor(c *shell.Call) int {
	words := c.Args[1:]
	if len(words) == 0 {
		eachLine(c, nil, func(s string) error {
			words = append(words, strings.Fields(s)...)
			return nil
		})
	}
	code := 0
	for _, w := range words {
		n, ok := new(big.Int).SetString(w, 10)
		if !ok || n.Sign() < 0 {
			code = c.Fail(1, "'%s' is not a valid positive integer", w)
			continue
		}
		if n.BitLen() > 63 {
			return c.NotModelled(1, "numbers of more than 63 bits")
		}
		x := n.Int64()
		fmt.Fprintf(c.Out, "%d:", x)
		for p := int64(2); p*p <= x; p++ {
			c.Step(1)
			for x%p == 0 {
				fmt.Fprintf(c.Out, " %d", p)
				x /= p
			}
		}
		if x > 1 {
			fmt.Fprintf(c.Out, " %d", x)
		}
		fmt.Fprintln(c.Out)
	}
	return code
}
