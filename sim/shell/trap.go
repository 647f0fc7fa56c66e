package shell

import (
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// trapHere runs a trap whose LINENO is that of the command at hand: ERR, DEBUG.
func (in *interp) trapHere(text string) {
	was := in.fixedLine
	in.fixedLine = in.line
	in.runTrap(text)
	in.fixedLine = was
}

// runDebug is trap DEBUG.
func (in *interp) runDebug() {
	if in.debugTrap == "" || in.inTrap {
		return
	}
	in.trapHere(in.debugTrap)
}

// debug is what comes before a command that is no simple one.
func (in *interp) debug(c syntax.Node) {
	in.runs(c)
	in.runDebug()
}

// runs notes what BASH_COMMAND is.
func (in *interp) runs(c syntax.Node) {
	if !in.inTrap {
		in.current = running{c, in.src}
	}
}

// running is a command and the text that it stands in.
type running struct {
	node syntax.Node
	src  string
}

// debugAs is debug for an expression of a loop as in C.
func (in *interp) debugAs(x syntax.ArithmExpr) {
	in.runs(x)
	in.runDebug()
}

// debugCall is debug for a simple command.
func (in *interp) debugCall(c *syntax.CallExpr, redirs []*syntax.Redirect) {
	if in.inTrap {
		return
	}
	in.runs(&syntax.Stmt{Cmd: c, Redirs: redirs, Position: c.Pos()})
	in.runDebug()
}

// currentText is BASH_COMMAND.
func (in *interp) currentText() string {
	src := in.current.src
	switch c := in.current.node.(type) {
	case nil:
		return ""
	case syntax.ArithmExpr:
		p := printer{src: src}
		return "((" + p.text(c) + "))"
	case *syntax.ForClause:
		p := printer{src: src}
		p.forHead(c)
		return strings.TrimSuffix(p.b.String(), ";")
	case *syntax.CaseClause:
		p := printer{src: src}
		return "case " + p.text(c.Word) + " in "
	default:
		return commandText(src, c)
	}
}

// returnTrap is trap RETURN. $? is what it was before return.
func (in *interp) returnTrap() {
	status, ret := in.status, in.ret
	if in.retStatus >= 0 {
		in.status = in.retStatus
	}
	in.ret = false
	in.trapHere(in.retTrap)
	in.status, in.ret = status, ret
}

// selectLoop is select: a menu on stderr and what was chosen from it. Like
// execute_select_command in execute_cmd.c.
func (in *interp) selectLoop(c *syntax.ForClause, l *syntax.WordIter, items []string) {
	if len(items) == 0 {
		return
	}
	in.loops++
	defer func() { in.loops = max(0, in.loops-1) }()
	in.debug(c)
	if in.opts.xtrace {
		in.trace("select " + l.Name.Value + " in " + wordsText(l.Items))
	}
	err2 := fdStream{in.p, 2}
	for show := true; ; {
		if show {
			fmt.Fprint(err2, selectMenu(items))
		}
		ps3, ok := in.find("PS3").value()
		if !ok {
			ps3 = "#? "
		}
		fmt.Fprint(err2, in.prompt(ps3))
		if readBuiltin(in, []string{"read"}) != 0 {
			in.out("\n")
			in.setStatus(1)
			return
		}
		reply := in.get("REPLY")
		if reply == "" {
			show = true
			continue
		}
		val := ""
		if n, err := strconv.Atoi(strings.TrimSpace(reply)); err == nil && n >= 1 && n <= len(items) {
			val = items[n-1]
		}
		if err := in.set(l.Name.Value, val); err != nil {
			in.fail(err)
		}
		if !in.loop(c.Do) {
			return
		}
		show = in.get("REPLY") == ""
	}
}

// selectMenu are the items with their numbers, in columns.
func selectMenu(items []string) string {
	digits := func(n int) int { return len(strconv.Itoa(n)) }
	width, longest := 80, 0
	for _, s := range items {
		longest = max(longest, len([]rune(s)))
	}
	number := digits(len(items))
	longest += number + 2 + 2
	cols := max(1, width/longest)
	rows := len(items)/cols + min(1, len(items)%cols)
	cols = len(items)/rows + min(1, len(items)%rows)
	if rows == 1 {
		rows, cols = cols, 1
	}
	first := digits(rows)
	var b strings.Builder
	for row := range rows {
		at := 0
		for i := row; ; {
			w := number
			if at == 0 {
				w = first
			}
			fmt.Fprintf(&b, "%*d) %s", w, i+1, items[i])
			used := len([]rune(items[i])) + w + 2
			if i += rows; i >= len(items) {
				break
			}
			indentTo(&b, at+used, at+longest)
			at += longest
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// indentTo fills up from one column to another, with tabs where they fit.
func indentTo(b *strings.Builder, from, to int) {
	for from < to {
		if to/8 > from/8 {
			b.WriteByte('\t')
			from += 8 - from%8
		} else {
			b.WriteByte(' ')
			from++
		}
	}
}
