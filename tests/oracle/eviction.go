package main

import (
	"fmt"
	_ "unsafe" // for go:linkname

	v1 "k8s.io/api/core/v1"
	statsapi "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
	_ "k8s.io/kubernetes/pkg/kubelet/eviction" // linked for the function named below
	evictionapi "k8s.io/kubernetes/pkg/kubelet/eviction/api"
	"k8s.io/kubernetes/pkg/kubelet/types"
)

// statsFunc and rankFunc are those of types.go there.
type (
	statsFunc func(pod *v1.Pod) (statsapi.PodStats, bool)
	rankFunc  func(pods []*v1.Pod, stats statsFunc)
)

//go:linkname buildSignalToRankFunc k8s.io/kubernetes/pkg/kubelet/eviction.buildSignalToRankFunc
func buildSignalToRankFunc(withImageFs, imageContainerSplitFs bool) map[evictionapi.Signal]rankFunc

type evictionOrderQuestion struct {
	Signal evictionapi.Signal `json:"signal"`
	// ImageFs says whether images have a filesystem of their own.
	ImageFs bool      `json:"imageFs"`
	Pods    []*v1.Pod `json:"pods"`
	// Stats are found by the uid of the pod.
	Stats []statsapi.PodStats `json:"stats"`
}

type evictionOrderAnswer struct {
	// Order has the names of the pods. Up to a dozen, equals stay as they were.
	Order []string `json:"order"`
	// Critical are those that would not be evicted in spite of it.
	Critical []string `json:"critical"`
}

// evictionOrder ranks pods as the kubelet does under pressure.
func evictionOrder(q evictionOrderQuestion) (evictionOrderAnswer, error) {
	answer := evictionOrderAnswer{Order: []string{}, Critical: []string{}}
	rank, known := buildSignalToRankFunc(q.ImageFs, false)[q.Signal]
	if !known {
		return answer, fmt.Errorf("unknown signal %q", q.Signal)
	}
	stats := make(map[string]statsapi.PodStats, len(q.Stats))
	for _, s := range q.Stats {
		stats[s.PodRef.UID] = s
	}
	rank(q.Pods, func(pod *v1.Pod) (statsapi.PodStats, bool) {
		s, found := stats[string(pod.UID)]
		return s, found
	})
	for _, pod := range q.Pods {
		answer.Order = append(answer.Order, pod.Name)
		if types.IsCriticalPod(pod) {
			answer.Critical = append(answer.Critical, pod.Name)
		}
	}
	return answer, nil
}
