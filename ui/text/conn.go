package text

import (
	"slices"
	"strings"
)

// connEntry is a line of conntrack -L, taken apart.
type connEntry struct {
	timeout string
	state   string   // of TCP
	fields  []string // src=… and so on; those of the reply direction have reply in front
	flags   []string // [UNREPLIED], [ASSURED]
}

func (l Lang) connEntry(line string) connEntry {
	var e connEntry
	reply := ""
	for i, f := range strings.Fields(line) {
		switch {
		case i == 2:
			e.timeout = f
		case f[0] == '[':
			e.flags = append(e.flags, f)
		case i == 3 && !strings.Contains(f, "="):
			e.state = f
		case strings.Contains(f, "="):
			if strings.HasPrefix(f, "src=") && len(e.fields) > 0 {
				reply = l.text(sayConnReply)
			}
			if strings.HasPrefix(f, "mark=") {
				reply = ""
			}
			e.fields = append(e.fields, reply+f)
		}
	}
	return e
}

// connDiff says what differs between two lines of conntrack -L about the same
// entry; nothing where there is nothing to compare.
func (l Lang) connDiff(before, after string) string {
	if before == "" || after == "" {
		return ""
	}
	a, b := l.connEntry(before), l.connEntry(after)
	var out []string
	for _, f := range a.flags {
		if !slices.Contains(b.flags, f) {
			out = append(out, l.text(sayConnGone, f))
		}
	}
	for _, f := range b.flags {
		if !slices.Contains(a.flags, f) {
			out = append(out, l.text(sayConnSet, f))
		}
	}
	if a.state != b.state {
		out = append(out, a.state+" -> "+b.state)
	}
	for i, f := range b.fields {
		if i < len(a.fields) && a.fields[i] != f {
			_, v, _ := strings.Cut(f, "=")
			out = append(out, a.fields[i]+" -> "+v)
		}
	}
	if a.timeout != b.timeout {
		out = append(out, l.text(sayConnTimeout, a.timeout, b.timeout))
	}
	return strings.Join(out, ", ")
}
