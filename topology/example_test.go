package topology_test

import (
	"fmt"

	"hoplab/topology"
)

func ExampleParse() {
	b, err := topology.Parse("lab.yaml", []byte(`
apiVersion: hoplab/v1
kind: Lab
metadata: {name: pair}
spec:
  machines:
    h1: {interfaces: {eth0: {veth: "h2:eth0", address: 10.0.0.1/24, delay: 1ms}}}
    h2: {interfaces: {eth0: {veth: "h1:eth0", address: 10.0.0.2/24}}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", topology.MarshalLab(b.Lab("pair")))
	// Output:
	// apiVersion: hoplab/v1
	// kind: Lab
	// metadata: {name: pair}
	// spec:
	//   seed: 1
	//   clock: 2024-09-21T15:00:00Z
	//   machines:
	//     h1:
	//       role: host
	//       interfaces:
	//         eth0: {veth: h2:eth0, address: 10.0.0.1/24, mtu: 1500, delay: 1ms}
	//     h2:
	//       role: host
	//       interfaces:
	//         eth0: {veth: h1:eth0, address: 10.0.0.2/24, mtu: 1500, delay: 1ms}
}

func ExampleParse_faults() {
	_, err := topology.Parse("lab.yaml", []byte(`
apiVersion: hoplab/v1
kind: Lab
metadata: {name: pair}
spec:
  segments: {lan: {cidr: 10.0.0.0/24}}
  machines:
    h1: {interfaces: {eth0: {segment: lna, adress: 10.0.0.1/24}}}
    h2: {interfaces: {eth0: {segment: lan, address: 10.0.1.2/24}}}
`))
	fmt.Println(err)
	// Output:
	// lab.yaml:8:39: spec.machines.h1.interfaces.eth0.segment: unknown segment "lna"; did you mean "lan"?
	// lab.yaml:8:44: spec.machines.h1.interfaces.eth0: unknown key "adress"; did you mean "address"?
	// lab.yaml:9:53: spec.machines.h2.interfaces.eth0.address: 10.0.1.2 is outside of segment lan (10.0.0.0/24)
}
