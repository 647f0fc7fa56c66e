// Package ui is the lab on a terminal: a screen of linked panes over a session
// that one walks through, and the same by prompt and plain lines.
//
//	err := ui.Run(ctx, ui.Options{…}, in, out)   // the screen
//	err := ui.RunLines(ui.Options{…}, in, out)         // --line
//
// Where to look:
//
//	app.go      the model of the screen: what it knows, and how messages change it
//	keys.go     which pane or command a key goes to; the help and the hints
//	work.go     what takes time: running on, looking into the past, cutting it
//	prompt.go   the line at the bottom: filter, breakpoint, palette, questions
//	commands.go what one can do everywhere: by a key, behind ":" or on the plain prompt
//	layout.go   which pane stands where, by the size of the terminal
//	view.go     the screen as lines
//	export.go   files that one can take away
//	line.go     the plain prompt
//
// The panes are below ui/pane and know no terminal; ui/replay holds the session;
// ui/look is text before it has colours. This package alone runs bubbletea.
package ui
