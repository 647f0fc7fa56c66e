package nettools_test

import (
	"os"
	"testing"

	"hoplab/sim/simtest"
)

func TestMain(m *testing.M) { os.Exit(simtest.Main(m)) }
