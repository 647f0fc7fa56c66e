package coreutils

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func binaryTools() []shell.Tool {
	sums := []shell.Option{flag("-c, --check", "compare with lists"), flag("--status", "only the status"), flag("--quiet", "nothing about what is fine"), flag("-b, --binary", "mark with *"), flag("-t, --text", "accepted"), missing("--tag", "BSD's format")}
	l := []shell.Tool{
		{Name: "base64", Summary: "encode and decode base64", Usage: "[OPTION]... [FILE]", Run: base64Tool, Options: []shell.Option{flag("-d, --decode", "decode"), flag("-w, --wrap COLS", "characters a line, 0: all on one"), flag("-i, --ignore-garbage", "ignore other characters")}},
		{Name: "od", Summary: "print bytes as numbers", Usage: "[OPTION]... [FILE]...", Run: od, Options: []shell.Option{flag("-A, --address-radix RADIX", "d, o, x or n"), flag("-t, --format TYPE", "c, a is not, d1 u1 x1 o1, also 2, 4 and 8 bytes; z behind it adds text"), flag("-c", "-t c"), flag("-x", "-t x2"), flag("-b", "-t o1"), flag("-d", "-t u2"), flag("-v, --output-duplicates", "no * for equal lines"), flag("-N, --read-bytes N", "no more than that"), flag("-j, --skip-bytes N", "skip the front"), flag("-w, --width[=N]", "bytes a line")}},
		{Name: "xxd", Summary: "print bytes in hexadecimal", Usage: "[OPTION]... [FILE]", Run: xxd, Options: []shell.Option{flag("-p", "plain"), flag("-r", "the other way"), flag("-l LEN", "no more than that"), flag("-s SEEK", "skip the front"), flag("-c COLS", "bytes a line"), flag("-g BYTES", "bytes in a group"), flag("-u", "capitals"), missing("-i", "C"), missing("-b", "bits")}},
		{Name: "hexdump", Summary: "print bytes in hexadecimal", Usage: "[OPTION]... [FILE]...", Run: hexdump, Options: []shell.Option{flag("-C, --canonical", "bytes and text"), flag("-v, --no-squeezing", "no * for equal lines"), flag("-n, --length LEN", "no more than that"), flag("-s, --skip OFFSET", "skip the front"), missing("-e, --format FORMAT", "a format"), missing("-b, -c, -d, -o, -x", "other formats")}},
		{Name: "strings", Summary: "print text in files", Usage: "[-n MIN] [FILE]...", Run: stringsTool, Options: []shell.Option{flag("-n, --bytes MIN", "shortest text, 4 if not given"), flag("-a, --all", "accepted")}},
	}
	for _, n := range []string{"md5sum", "sha1sum", "sha256sum", "sha512sum"} {
		l = append(l, shell.Tool{Name: n, Summary: "print or check sums", Usage: "[OPTION]... [FILE]...", Run: sum, Options: sums})
	}
	return l
}

func hasher(name string) hash.Hash {
	switch name {
	case "md5sum":
		return md5.New()
	case "sha1sum":
		return sha1.New()
	case "sha512sum":
		return sha512.New()
	}
	return sha256.New()
}

func sumOf(c *shell.Call, name string) (string, error) {
	h := hasher(c.Tool.Name)
	err := eachOne(c, name, func(_ string, r io.Reader) error {
		_, err := io.Copy(h, r)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

func sum(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	code := 0
	mark := " "
	if a.Has("-b") {
		mark = "*"
	}
	if !a.Has("-c") {
		for _, n := range orStdin(a.Operands) {
			s, err := sumOf(c, n)
			if err != nil {
				code = c.Fail(1, "%s: %s", n, vfs.Text(err))
				continue
			}
			fmt.Fprintf(c.Out, "%s %s%s\n", s, mark, n)
		}
		return code
	}
	failed := 0
	ok = eachLine(c, a.Operands, func(s string) error {
		want, name, ok := strings.Cut(s, " ")
		if !ok || len(name) < 2 {
			return nil
		}
		name = name[1:]
		got, err := sumOf(c, name)
		switch {
		case err != nil:
			c.Errorf("%s: %s", name, vfs.Text(err))
			fmt.Fprintf(c.Out, "%s: FAILED open or read\n", name)
			code = 1
		case got != want:
			failed++
			code = 1
			if !a.Has("--status") {
				fmt.Fprintf(c.Out, "%s: FAILED\n", name)
			}
		case !a.Has("--quiet") && !a.Has("--status"):
			fmt.Fprintf(c.Out, "%s: OK\n", name)
		}
		return nil
	})
	if failed > 0 && !a.Has("--status") {
		c.Errorf("WARNING: %d computed checksum%s did NOT match", failed, plural(failed))
	}
	if !ok {
		code = 1
	}
	return code
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func readOne(c *shell.Call, names []string) ([]byte, bool) {
	var b []byte
	ok := each(c, names, func(_ string, r io.Reader) error {
		x, err := all(r)
		b = append(b, x...)
		return err
	})
	return b, ok
}

func base64Tool(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	b, ok := readOne(c, a.Operands)
	if !ok {
		return 1
	}
	if a.Has("-d") {
		s := strings.NewReplacer("\n", "", "\r", "").Replace(string(b))
		if a.Has("-i") {
			s = strings.Map(func(r rune) rune {
				if strings.ContainsRune("+/=", r) || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' {
					return r
				}
				return -1
			}, s)
		}
		out, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			out, _ = base64.StdEncoding.DecodeString(s[:len(s)/4*4])
		}
		_, _ = c.Out.Write(out)
		if err != nil {
			return c.Fail(1, "invalid input")
		}
		return 0
	}
	cols, err := strconv.Atoi(a.Value("-w", "76"))
	if err != nil || cols < 0 {
		return c.Fail(1, "invalid wrap size: '%s'", a.Value("-w", ""))
	}
	s := base64.StdEncoding.EncodeToString(b)
	out := output(c)
	for s != "" {
		n := len(s)
		if cols > 0 {
			n = min(n, cols)
		}
		out.WriteString(s[:n])
		s = s[n:]
		if cols > 0 {
			out.WriteByte('\n')
		}
	}
	out.Flush()
	return 0
}

// cut takes the part of data that offsets select.
func part(b []byte, skip, length string) ([]byte, int, bool) {
	n, err := strconv.ParseInt(orZero(skip), 0, 64)
	if err != nil || n < 0 {
		return nil, 0, false
	}
	n = min(n, int64(len(b)))
	b = b[n:]
	if length != "" {
		m, err := strconv.ParseInt(length, 0, 64)
		if err != nil || m < 0 {
			return nil, 0, false
		}
		b = b[:min(m, int64(len(b)))]
	}
	return b, int(n), true
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// odFormat is one -t of od.
type odFormat struct {
	kind byte // c, d, u, o, x
	size int
	text bool // z
}

func parseODFormat(s string) ([]odFormat, bool) {
	var l []odFormat
	for s != "" {
		f := odFormat{kind: s[0], size: 4}
		s = s[1:]
		switch f.kind {
		case 'c':
			f.size = 1
		case 'd', 'u', 'o', 'x':
			i := digits(s)
			if i > 0 {
				f.size, _ = strconv.Atoi(s[:i])
				s = s[i:]
			} else if s != "" {
				if k := strings.IndexByte("CSIL", s[0]); k >= 0 {
					f.size = []int{1, 2, 4, 8}[k]
					s = s[1:]
				}
			}
		default:
			return nil, false
		}
		if f.size != 1 && f.size != 2 && f.size != 4 && f.size != 8 {
			return nil, false
		}
		if strings.HasPrefix(s, "z") {
			f.text = true
			s = s[1:]
		}
		l = append(l, f)
	}
	return l, len(l) > 0
}

// width is how many characters a number of the format takes.
func (f odFormat) width() int {
	switch f.kind {
	case 'c':
		return 3
	case 'x':
		return 2 * f.size
	case 'o':
		return map[int]int{1: 3, 2: 6, 4: 11, 8: 22}[f.size]
	case 'u':
		return map[int]int{1: 3, 2: 5, 4: 10, 8: 20}[f.size]
	}
	return map[int]int{1: 4, 2: 6, 4: 11, 8: 20}[f.size]
}

func (f odFormat) show(b []byte) string {
	if f.kind == 'c' {
		switch c := b[0]; {
		case c == 0:
			return `\0`
		case c >= 7 && c <= 13:
			return `\` + string("abtnvfr"[c-7])
		case c < 32 || c >= 127:
			return fmt.Sprintf("%03o", c)
		default:
			return string(rune(c))
		}
	}
	var u uint64
	for i := f.size - 1; i >= 0; i-- {
		u <<= 8
		if i < len(b) {
			u |= uint64(b[i])
		}
	}
	switch f.kind {
	case 'x':
		return fmt.Sprintf("%0*x", 2*f.size, u)
	case 'o':
		return fmt.Sprintf("%0*o", f.width(), u)
	case 'u':
		return strconv.FormatUint(u, 10)
	}
	shift := 64 - 8*f.size
	return strconv.FormatInt(int64(u<<shift)>>shift, 10)
}

func od(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	var formats []odFormat
	for _, t := range a.Values("-t") {
		l, ok := parseODFormat(t)
		if !ok {
			return c.Fail(1, "invalid type string '%s'", t)
		}
		formats = append(formats, l...)
	}
	for _, f := range []struct {
		o string
		f odFormat
	}{{"-c", odFormat{kind: 'c', size: 1}}, {"-x", odFormat{kind: 'x', size: 2}}, {"-b", odFormat{kind: 'o', size: 1}}, {"-d", odFormat{kind: 'u', size: 2}}} {
		if a.Has(f.o) {
			formats = append(formats, f.f)
		}
	}
	if len(formats) == 0 {
		formats = []odFormat{{kind: 'o', size: 2}}
	}
	data, ok := readOne(c, a.Operands)
	b, start, fine := part(data, a.Value("-j", ""), a.Value("-N", ""))
	width, err := strconv.Atoi(a.Value("-w", "16"))
	if !fine || err != nil || width < 1 || width > 4096 {
		return c.Fail(1, "invalid argument")
	}
	radix := a.Value("-A", "o")
	address := func(n int) string {
		switch radix {
		case "d":
			return fmt.Sprintf("%07d", n)
		case "x":
			return fmt.Sprintf("%06x", n)
		case "n":
			return ""
		}
		return fmt.Sprintf("%07o", n)
	}
	// A column is as wide as the widest format needs for the same bytes.
	per := 0.0
	for _, f := range formats {
		per = max(per, float64(f.width()+1)/float64(f.size))
	}
	out := output(c)
	var last []byte
	same := false
	for i := 0; i < len(b); i += width {
		c.Step(1)
		row := b[i:min(i+width, len(b))]
		if !a.Has("-v") && last != nil && string(last) == string(row) {
			if !same {
				out.WriteString("*\n")
			}
			same = true
			continue
		}
		last, same = row, false
		for k, f := range formats {
			lead := address(start + i)
			if k > 0 {
				lead = strings.Repeat(" ", len(lead))
			}
			var line strings.Builder
			line.WriteString(lead)
			cell := int(per*float64(f.size) + 0.5)
			n := 0
			for j := 0; j < len(row); j += f.size {
				fmt.Fprintf(&line, "%*s", cell, f.show(row[j:]))
				n++
			}
			if f.text {
				line.WriteString(strings.Repeat(" ", cell*(width/f.size-n)) + "  >")
				for _, ch := range row {
					line.WriteByte(printable(ch))
				}
				line.WriteByte('<')
			}
			out.WriteString(line.String() + "\n")
		}
	}
	if radix != "n" {
		out.WriteString(address(start+len(b)) + "\n")
	}
	out.Flush()
	return status(ok)
}

func printable(b byte) byte {
	if b < 32 || b >= 127 {
		return '.'
	}
	return b
}

func text(b []byte) string {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = printable(c)
	}
	return string(out)
}

func xxd(c *shell.Call) int {
	for i, w := range c.Args {
		switch w {
		case "-ps", "-plain", "-postscript":
			c.Args[i] = "-p"
		case "-revert":
			c.Args[i] = "-r"
		}
	}
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	data, ok := readOne(c, a.Operands)
	if !ok {
		return 2
	}
	out := output(c)
	defer out.Flush()
	if a.Has("-r") {
		for l := range strings.SplitSeq(string(data), "\n") {
			if !a.Has("-p") {
				_, l, _ = strings.Cut(l, ":")
				l, _, _ = strings.Cut(strings.TrimLeft(l, " "), "  ")
			}
			h := strings.Map(func(r rune) rune {
				if strings.ContainsRune("0123456789abcdefABCDEF", r) {
					return r
				}
				return -1
			}, l)
			b, _ := hex.DecodeString(h[:len(h)/2*2])
			out.Write(b)
		}
		return 0
	}
	b, start, fine := part(data, a.Value("-s", ""), a.Value("-l", ""))
	def := "16"
	if a.Has("-p") {
		def = "30"
	}
	cols, err := strconv.Atoi(a.Value("-c", def))
	group, err2 := strconv.Atoi(a.Value("-g", "2"))
	if !fine || err != nil || err2 != nil || cols < 1 || cols > 256 {
		return c.Fail(1, "invalid number of columns (max. 256).")
	}
	if group < 1 {
		group = cols
	}
	digits := "%02x"
	if a.Has("-u") {
		digits = "%02X"
	}
	for i := 0; i < len(b); i += cols {
		c.Step(1)
		row := b[i:min(i+cols, len(b))]
		if a.Has("-p") {
			for _, x := range row {
				fmt.Fprintf(out, digits, x)
			}
			out.WriteByte('\n')
			continue
		}
		var h strings.Builder
		for j, x := range row {
			if j > 0 && j%group == 0 {
				h.WriteByte(' ')
			}
			fmt.Fprintf(&h, digits, x)
		}
		fmt.Fprintf(out, "%08x: %-*s  %s\n", start+i, 2*cols+(cols-1)/group, h.String(), text(row))
	}
	return 0
}

func hexdump(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	data, ok := readOne(c, a.Operands)
	b, start, fine := part(data, a.Value("-s", ""), a.Value("-n", ""))
	if !fine {
		return c.Fail(1, "invalid argument")
	}
	out := output(c)
	defer out.Flush()
	address := "%07x"
	if a.Has("-C") {
		address = "%08x"
	}
	var last []byte
	same := false
	for i := 0; i < len(b); i += 16 {
		c.Step(1)
		row := b[i:min(i+16, len(b))]
		if !a.Has("-v") && last != nil && string(last) == string(row) && len(row) == 16 {
			if !same {
				out.WriteString("*\n")
			}
			same = true
			continue
		}
		last, same = row, false
		fmt.Fprintf(out, address, start+i)
		if !a.Has("-C") {
			for j := 0; j < 16; j += 2 {
				switch {
				case j+1 < len(row):
					fmt.Fprintf(out, " %02x%02x", row[j+1], row[j])
				case j < len(row):
					fmt.Fprintf(out, " 00%02x", row[j])
				default:
					out.WriteString("     ")
				}
			}
			out.WriteByte('\n')
			continue
		}
		for j := range 16 {
			if j%8 == 0 {
				out.WriteByte(' ')
			}
			if j < len(row) {
				fmt.Fprintf(out, " %02x", row[j])
			} else {
				out.WriteString("   ")
			}
		}
		fmt.Fprintf(out, "  |%s|\n", text(row))
	}
	if len(b) > 0 {
		fmt.Fprintf(out, address+"\n", start+len(b))
	}
	return status(ok)
}

func stringsTool(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	n, ok := count(a.Value("-n", "4"))
	if !ok || n < 1 {
		return c.Fail(1, "invalid minimum string length %s", a.Value("-n", ""))
	}
	b, ok := readOne(c, a.Operands)
	out := output(c)
	start := 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && (b[i] >= 32 && b[i] < 127 || b[i] == '\t') {
			continue
		}
		if i-start >= n {
			out.Write(b[start:i])
			out.WriteByte('\n')
		}
		start = i + 1
	}
	out.Flush()
	return status(ok)
}
