package names

import (
	"fmt"
	"strings"
)

// The orchestrators of workload endpoints that have a form of their own.
const (
	Kubernetes = "k8s"
	CNI        = "cni"
	Libnetwork = "libnetwork"
)

// WEP is what the name of a workload endpoint is made of.
type WEP struct {
	Node         string
	Orchestrator string // Kubernetes, CNI, Libnetwork or another
	Pod          string // valid iff Orchestrator is Kubernetes
	ContainerID  string // valid iff Orchestrator is CNI
	Workload     string // valid iff Orchestrator is none of the three; libnetwork's is always "libnetwork"
	Endpoint     string // the interface in the pod: eth0
}

// SegmentError says which segment of a workload endpoint name is not usable.
type SegmentError struct{ Field, Reason string }

// Error prints the field and the reason.
func (e *SegmentError) Error() string {
	return fmt.Sprintf("workload endpoint name: %s: %s", e.Field, e.Reason)
}

// Name joins the segments with one dash, their own dashes doubled.
//
// Like libcalico-go/lib/names/workloadendpoint.go.
func (w WEP) Name() (string, error) {
	field, workload := "workload", w.Workload
	switch w.Orchestrator {
	case Kubernetes:
		field, workload = "pod", w.Pod
	case CNI:
		field, workload = "containerID", w.ContainerID
	case Libnetwork:
		workload = Libnetwork
	}
	parts := make([]string, 4)
	for i, s := range [...]struct{ field, value string }{
		{"node", w.Node}, {"orchestrator", w.Orchestrator}, {field, workload}, {"endpoint", w.Endpoint},
	} {
		switch {
		case s.value == "":
			return "", &SegmentError{s.field, "field should be assigned"}
		case strings.HasPrefix(s.value, "-"):
			return "", &SegmentError{s.field, "field must not begin with a '-'"}
		case strings.HasSuffix(s.value, "-"):
			return "", &SegmentError{s.field, "field must not end with a '-'"}
		}
		parts[i] = strings.ReplaceAll(s.value, "-", "--")
	}
	return strings.Join(parts, "-"), nil
}

// ParseWEP takes a name apart: a doubled dash is a dash, a single one ends a segment.
func ParseWEP(name string) (WEP, error) {
	parts := []string{""}
	last := &parts[0]
	for i := 0; i < len(name); i++ {
		switch {
		case name[i] != '-':
			*last += name[i : i+1]
		case i+1 < len(name) && name[i+1] == '-':
			*last += "-"
			i++
		default:
			parts = append(parts, "")
			last = &parts[len(parts)-1]
		}
	}
	if len(parts) != 4 {
		return WEP{}, fmt.Errorf("%q is not a workload endpoint name such as k8s--w1-k8s-pod1-eth0", name)
	}
	w := WEP{Node: parts[0], Orchestrator: parts[1], Endpoint: parts[3]}
	switch w.Orchestrator {
	case Kubernetes:
		w.Pod = parts[2]
	case CNI:
		w.ContainerID = parts[2]
	case Libnetwork:
	default:
		w.Workload = parts[2]
	}
	if again, err := w.Name(); err != nil || again != name {
		return WEP{}, fmt.Errorf("%q is not a workload endpoint name such as k8s--w1-k8s-pod1-eth0", name)
	}
	return w, nil
}
