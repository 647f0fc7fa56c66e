// Package still keeps bubbletea from talking to the terminal before main begins.
//
// The init function of bubbletea v1 asks the terminal for its background colour,
// also in programs that show no screen, and reads what was typed ahead while it
// waits. It asks nothing where CI is set. Go initialises packages that are ready in
// the order of their import paths (The Go Programming Language Specification,
// "Package initialization"): this one needs os alone, bubbletea much that comes
// after it, os/exec for one.
package still

import "os"

// had is what CI was.
var had, was = os.LookupEnv("CI")

func init() { _ = os.Setenv("CI", "hoplab") }

// Restore puts the environment back. main calls it first.
func Restore() {
	if was {
		_ = os.Setenv("CI", had)
		return
	}
	_ = os.Unsetenv("CI")
}
