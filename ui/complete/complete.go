// Package complete proposes how a line of the shell may go on: commands, files,
// interfaces and namespaces.
package complete

import (
	"slices"
	"strings"

	"hoplab/sim/shell"
)

// completer is a shell, and the process that a line is typed to.
type completer struct {
	shell *shell.Shell
	at    *shell.Process
}

// Line finds what the word in front of pos may become: line[:pos] without that
// word, the words, and what follows.
func Line(sh *shell.Shell, at *shell.Process, line string, pos int) (head string, words []string, tail string) {
	x := completer{sh, at}
	head, tail = line[:pos], line[pos:]
	start := strings.LastIndexAny(head, " \t;|&(<>\"'") + 1
	word := head[start:]
	before := commandWords(head[:start])
	head = head[:start]
	for _, c := range x.candidates(before, word) {
		if strings.HasPrefix(c, word) {
			words = append(words, c)
		}
	}
	slices.Sort(words)
	return head, slices.Compact(words), tail
}

// commandWords are the words of the command that text ends in.
func commandWords(text string) []string {
	if i := strings.LastIndexAny(text, ";|&("); i >= 0 {
		text = text[i+1:]
	}
	return strings.Fields(text)
}

// candidates lists what may stand behind some words.
func (x completer) candidates(before []string, word string) []string {
	if len(before) == 0 && !strings.Contains(word, "/") {
		return suffixed(x.commands(), " ")
	}
	last := ""
	if len(before) > 0 {
		last = before[len(before)-1]
	}
	switch last {
	case "exec", "-n", "-netns", "netns", "nsenter", "del", "delete", "identify", "pids":
		if before[0] == "ip" || before[0] == "nsenter" || before[0] == "bridge" {
			if last == "netns" {
				return []string{"add ", "delete ", "exec ", "identify ", "list ", "pids "}
			}
			return suffixed(x.namespaces(), " ")
		}
	case "dev", "-i", "-I", "master", "oif", "iif", "ifconfig", "ethtool", "-S", "-k", "-D":
		return suffixed(x.devices(), " ")
	}
	if len(before) == 4 && slices.Equal(before[:3], []string{"ip", "netns", "exec"}) {
		return suffixed(x.commands(), " ")
	}
	all := x.files(word)
	if !strings.Contains(word, "/") && len(before) > 0 && before[0] == "ip" {
		all = append(all, suffixed(slices.Concat(x.devices(), ipWords(before[1:])), " ")...)
	}
	return all
}

// ipWords are the words that ip knows behind others.
func ipWords(before []string) []string {
	for len(before) > 0 && strings.HasPrefix(before[0], "-") {
		n := 1
		if before[0] == "-n" || before[0] == "-netns" {
			n = min(2, len(before))
		}
		before = before[n:]
	}
	switch len(before) {
	case 0:
		return []string{"addr", "link", "route", "neigh", "rule", "netns", "tunnel", "monitor"}
	case 1:
		return []string{"show", "add", "del", "set", "replace", "flush", "get", "change"}
	}
	return []string{"dev", "via", "src", "proto", "scope", "type", "table", "mtu", "up", "down", "master", "address", "onlink", "metric", "peer", "name", "netns"}
}

func suffixed(words []string, end string) []string {
	l := make([]string, len(words))
	for i, w := range words {
		l[i] = w + end
	}
	return l
}

// commands lists the tools and the builtins that people type.
func (x completer) commands() []string {
	l := []string{"alias", "bg", "cd", "declare", "echo", "eval", "exec", "exit", "export", "fg", "for", "if", "jobs", "kill", "printf", "pwd", "read", "set", "source", "trap", "type", "unset", "until", "wait", "while"}
	for _, t := range x.shell.Tools() {
		l = append(l, t.Name)
	}
	return l
}

func (x completer) namespaces() []string { return x.shell.Lab().NamespaceNames() }

func (x completer) devices() []string {
	var l []string
	for _, d := range x.at.NS.Devices() {
		l = append(l, d.Name)
	}
	return l
}

// files lists the files that a word may become.
func (x completer) files(word string) []string {
	dir, base := "", word
	if i := strings.LastIndexByte(word, '/'); i >= 0 {
		dir, base = word[:i+1], word[i+1:]
	}
	at := dir
	switch {
	case at == "":
		at = "."
	case strings.HasPrefix(at, "~/"):
		at = x.at.Getenv("HOME") + at[1:]
	}
	list, err := x.at.View().ReadDir(at)
	if err != nil {
		return nil
	}
	var l []string
	for _, i := range list {
		switch {
		case strings.HasPrefix(i.Name(), ".") && !strings.HasPrefix(base, "."):
		case i.IsDir():
			l = append(l, dir+i.Name()+"/")
		default:
			l = append(l, dir+i.Name()+" ")
		}
	}
	return l
}
