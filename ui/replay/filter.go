package replay

import (
	"hoplab/packet/filter"
	"hoplab/packet/pcap"
)

// CompileFilter compiles a filter in pcap-filter(7) for each kind of link. It
// has an error if it fits none; where only one kind has such frames, as arp, the
// other has no filter.
func CompileFilter(expr string) (map[int]*filter.Filter, error) {
	all := map[int]*filter.Filter{}
	var first error
	for _, link := range []int{pcap.LinkEthernet, pcap.LinkRaw} {
		f, err := filter.CompileCrossing(expr, link)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		all[link] = f
	}
	if len(all) == 0 {
		return nil, first
	}
	return all, nil
}
