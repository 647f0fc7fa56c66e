// Package text turns the events and the result of a run into something to
// read: the hop log, the summary below it, and JSON lines. It knows no
// terminal and no file; everything goes to an io.Writer or is appended to a
// byte slice.
//
// Where to look:
//
//	render.go     Renderer: which events make a line, and in which order
//	decision.go   one decision, one line below its packet
//	story.go      the same as values, for readers that lay them out themselves
//	catalogue.go  the sentences, in English and Korean
//	reason.go     why packets are dropped, in Korean
//	words.go      the words that lower layers hand up in English
//	layout.go     columns, wrapping, colour
//	report.go     the summary of a scenario
//	json.go       events as JSON, see docs/events.md
package text
