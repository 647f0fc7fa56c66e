// Package coreutils has the tools of the lab's shell that work on text, files
// and processes: cat, grep, sed, awk, ls, xargs and the like. Each is a
// shell.Tool; its table of options is what the parser, its help and the list of
// what is modelled use.
//
// Output and messages are those of GNU coreutils 9.1, grep 3.8, sed 4.9, findutils 4.9
// and mawk's language (POSIX awk) in the C.UTF-8 locale.
//
//	suite.go    Tools: all of them
//	lines.go    reading and writing lines
//	text.go     cat head tail tac rev nl wc cut tr paste column comm
//	sort.go     sort uniq
//	grep.go sed.go awk*.go jq.go
//	files.go    ls cp mv rm mkdir ln touch chmod stat find du
//	run.go      xargs timeout watch env nohup sleep
//	misc.go     seq date printf-like small ones
//	binary.go   od xxd hexdump base64 sums
package coreutils
