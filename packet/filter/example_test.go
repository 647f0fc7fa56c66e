package filter_test

import (
	"errors"
	"fmt"

	"hoplab/packet/filter"
	"hoplab/packet/pcap"
)

func Example() {
	f, err := filter.Compile("icmp or ip proto 4", pcap.LinkRaw)
	if err != nil {
		fmt.Println(err)
		return
	}
	packet := make([]byte, 20)
	packet[0], packet[9] = 0x45, 1
	fmt.Println(f.Match(packet))
	fmt.Print(f)
	// Output:
	// true
	// (000) ldb      [0]
	// (001) and      #0xf0
	// (002) jeq      #0x40            jt 3	jf 7
	// (003) ldb      [9]
	// (004) jeq      #0x1             jt 6	jf 5
	// (005) jeq      #0x4             jt 6	jf 7
	// (006) ret      #262144
	// (007) ret      #0
}

// An editor marks the place while somebody types.
func ExampleError() {
	const text = "tcp prot 80"
	_, err := filter.Compile(text, pcap.LinkEthernet)
	var fault *filter.Error
	if errors.As(err, &fault) {
		fmt.Printf("%s\n%*s%s\n%s\n", text, fault.Offset, "", "^^^^", fault.Text)
	}
	// Output:
	// tcp prot 80
	//     ^^^^
	// can't parse filter expression: syntax error
}
