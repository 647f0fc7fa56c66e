package cli

import (
	"image/color"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// askTime is how long the terminal has to answer. termenv would wait for 5 s.
const askTime = 300 * time.Millisecond

// light asks the terminal for the colour of its background (OSC 11 of xterm's
// control sequences). One that does not know the question answers the one behind
// it, which all do (DA1), and is not waited for. What was typed meanwhile is given
// back.
func light() (light bool, typed string) {
	light = lightByName(os.Getenv("COLORFGBG"))
	if readable == nil {
		return light, ""
	}
	was, err := term.MakeRaw(os.Stdin.Fd())
	if err != nil {
		return light, ""
	}
	defer func() { _ = term.Restore(os.Stdin.Fd(), was) }()
	if _, err := os.Stdout.WriteString(ansi.RequestBackgroundColor + ansi.RequestPrimaryDeviceAttributes); err != nil {
		return light, ""
	}
	var got []byte
	for until := time.Now().Add(askTime); len(got) < 4096 && readable(os.Stdin, time.Until(until)); {
		b := make([]byte, 256)
		n, err := os.Stdin.Read(b)
		got = append(got, b[:n]...)
		if err != nil || attributes(string(got)) {
			break
		}
	}
	if c := background(string(got)); c != nil {
		light = isLight(c)
	}
	return light, ansi.Strip(string(got))
}

// attributes reports that the answer to the second question is there: CSI ? … c.
func attributes(answer string) bool {
	_, rest, ok := strings.Cut(answer, "\x1b[?")
	return ok && strings.Contains(rest, "c")
}

// background is the colour of an answer such as "\x1b]11;rgb:ffff/ffff/ffff\x1b\\";
// nil if there is none.
func background(answer string) color.Color {
	_, rest, ok := strings.Cut(answer, "\x1b]11;")
	if !ok {
		return nil
	}
	if i := strings.IndexAny(rest, "\a\x1b"); i >= 0 {
		return ansi.XParseColor(rest[:i])
	}
	return nil
}

// isLight says that dark text is read better on a colour.
func isLight(c color.Color) bool {
	return color.GrayModel.Convert(c).(color.Gray).Y >= 128
}

// lightByName reads COLORFGBG, which some terminals set: foreground and background
// as numbers of the 16 colours.
func lightByName(v string) bool {
	n, err := strconv.Atoi(v[strings.LastIndexByte(v, ';')+1:])
	return err == nil && (n == 7 || n >= 9)
}
