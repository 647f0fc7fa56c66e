package scenarios_test

import (
	"context"
	"fmt"

	"hoplab/scenarios"
)

// A built-in scenario runs in a test of one's own.
func ExampleRun() {
	entry, err := scenarios.NewResolver().Find("cross-node-ping")
	if err != nil {
		panic(err)
	}
	report, err := scenarios.Run(context.Background(), entry.Scenario, entry.Bundle, scenarios.Options{})
	if err != nil {
		panic(err)
	}
	for _, x := range report.Steps[0].Expectations[:2] {
		fmt.Println(x.OK, x.Kind, x.Text)
	}
	fmt.Println("exit", report.ExitCode())
	// Output:
	// true ping sent 3, received 3, ttl 62
	// true path pod1:eth0 > k8s-w1:calice0906292e2 > k8s-w1:tunl0 > k8s-w1:ens5 > k8s-w2:ens5 > k8s-w2:tunl0 > k8s-w2:calibd2348b4f67 > pod2:eth0
	// exit 0
}
