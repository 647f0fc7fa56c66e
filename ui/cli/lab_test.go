package cli

import (
	"errors"
	"io"
	"testing"

	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"hoplab/ui"
)

const plainLab = `apiVersion: hoplab/v1
kind: Lab
metadata: {name: pair}
spec:
  machines:
    alice: {interfaces: {eth0: {veth: "bob:eth0", address: 10.0.0.1/24}}}
    bob: {interfaces: {eth0: {veth: "alice:eth0", address: 10.0.0.2/24}}}
`

func TestTheLabByPlainLines(t *testing.T) {
	s := &system{stdin: "next\nquit\n"}
	got := s.run(t, "lab --line cross-node-ping")
	require.Zero(t, got.code, got.stderr)
	require.Contains(t, got.stdout, "? Which protocol does the first IP header have")

	s = &system{stdin: "alice$ ping -c 1 10.0.0.2\nquit\ny\n", files: map[string]string{"pair.yaml": plainLab}}
	got = s.run(t, "--line pair.yaml") // a lab without a scenario opens as well
	require.Zero(t, got.code, got.stderr)
	require.Contains(t, got.stdout, "1 packets transmitted, 1 received")

	got = (&system{stdin: "open same-node-ping\nquit\n"}).run(t, "--line --lang ko")
	require.Contains(t, got.stdout, "같은 노드 안의 파드 간 통신")
}

func TestTheLabNeedsATerminal(t *testing.T) {
	for line, want := range map[string]string{
		"lab":                           "the lab needs a terminal; --line works without one",
		"lab a b":                       "one scenario at a time, not 2",
		"lab --line --theme pink":       "invalid --theme",
		"lab --line crossnodeping":      "unknown scenario",
		"lab --line nothing.yaml":       "cannot read nothing.yaml",
		"lab --line --lang xx":          "invalid --lang",
		"lab --theme dark --line x:y:z": "",
	} {
		got := (&system{}).run(t, line)
		require.Equal(t, 2, got.code, line)
		require.Contains(t, got.stderr, want, line)
	}
}

func TestTheTerminalShowsTheLab(t *testing.T) {
	var shown []ui.Options
	env := Env{IsTerminal: func(any) bool { return true }, Recall: func(string) string { return "pod-to-internet" },
		Getenv: func(key string) string { return map[string]string{"LANG": "ko_KR.UTF-8", "NO_COLOR": ""}[key] },
		Screen: func(o ui.Options, _ io.Reader, _ io.Writer) error {
			shown = append(shown, o)
			return nil
		}}
	require.Zero(t, Main(nil, nil, io.Discard, io.Discard, env))
	require.Zero(t, Main([]string{"lab", "same-node-ping"}, nil, io.Discard, io.Discard, env))
	require.Len(t, shown, 2)
	require.Nil(t, shown[0].Open)
	require.Len(t, shown[0].Entries, 3)
	require.Equal(t, "pod-to-internet", shown[0].Last)
	require.Equal(t, "ko", shown[0].Lang.String())
	require.Equal(t, "auto", shown[0].Theme.Name)
	require.Equal(t, "same-node-ping", shown[1].Open.Scenario.Name)
	env.Screen = func(ui.Options, io.Reader, io.Writer) error { return errors.New("it broke") }
	require.Equal(t, 2, Main(nil, nil, io.Discard, io.Discard, env))
}

func TestTheThemeIsAskedForOrRemembered(t *testing.T) {
	kept := map[string]string{}
	var o ui.Options
	vars := map[string]string{"TERM": "xterm-256color"}
	env := Env{IsTerminal: func(any) bool { return true }, Recall: func(key string) string { return kept[key] }, Remember: func(key, value string) { kept[key] = value },
		Getenv: func(key string) string { return vars[key] }, Light: func() (bool, string) { return true, "n" },
		Screen: func(x ui.Options, _ io.Reader, _ io.Writer) error { o = x; return nil }}
	theme := func(args ...string) string {
		require.Zero(t, Main(args, nil, io.Discard, io.Discard, env))
		return o.Theme.Name
	}
	require.Equal(t, "auto", theme())
	require.True(t, o.Terminal.Light)
	require.Equal(t, "n", o.Typed)
	require.Equal(t, termenv.ANSI256, o.Terminal.Profile)
	require.Equal(t, "dark", theme("lab", "--theme", "dark"))
	require.Equal(t, "auto", theme()) // a flag is for once
	o.RememberTheme("contrast")
	require.Equal(t, "contrast", theme())
	for name, value := range map[string]string{"NO_COLOR": "1", "TERM": "dumb"} {
		vars[name] = value
		theme()
		require.Equal(t, termenv.Ascii, o.Terminal.Profile, name)
		delete(vars, "NO_COLOR")
		vars["TERM"] = "xterm-256color"
	}
	vars["COLORTERM"] = "truecolor"
	theme()
	require.Equal(t, termenv.TrueColor, o.Terminal.Profile)
}
