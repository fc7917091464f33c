package main

import (
	"fmt"
	_ "unsafe" // for go:linkname

	v1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	quotacore "k8s.io/kubernetes/pkg/quota/v1/evaluator/core"
	_ "k8s.io/kubernetes/plugin/pkg/admission/runtimeclass" // linked for the functions named below
	"k8s.io/utils/clock"
)

//go:linkname setOverhead k8s.io/kubernetes/plugin/pkg/admission/runtimeclass.setOverhead
func setOverhead(a admission.Attributes, pod *core.Pod, runtimeClass *nodev1.RuntimeClass) error

//go:linkname validateOverhead k8s.io/kubernetes/plugin/pkg/admission/runtimeclass.validateOverhead
func validateOverhead(a admission.Attributes, pod *core.Pod, runtimeClass *nodev1.RuntimeClass) error

type podQuotaQuestion struct {
	Pod    *v1.Pod            `json:"pod"`
	Quotas []v1.ResourceQuota `json:"quotas"`
}

type podQuotaAnswer struct {
	// Counts says of each quota whether it counts the pod.
	Counts []bool          `json:"counts"`
	Usage  v1.ResourceList `json:"usage"`
	// Error is why the pod is refused.
	Error *string `json:"error"`
}

// podQuota asks whether a pod may be made beside quotas.
func podQuota(q podQuotaQuestion) (podQuotaAnswer, error) {
	answer := podQuotaAnswer{Counts: []bool{}}
	if err := needs("pod", q.Pod); err != nil {
		return answer, err
	}
	corev1.SetObjectDefaults_Pod(q.Pod)
	evaluator := quotacore.NewPodEvaluator(nil, clock.RealClock{})
	for i := range q.Quotas {
		counts, err := evaluator.Matches(&q.Quotas[i], q.Pod)
		if err != nil {
			return answer, err
		}
		answer.Counts = append(answer.Counts, counts)
	}
	var err error
	if answer.Usage, err = evaluator.Usage(q.Pod.DeepCopy()); err != nil {
		return answer, err
	}
	_, err = resourcequota.CheckRequest(q.Quotas, creation(q.Pod), evaluator, nil)
	answer.Error = textOf(err)
	return answer, nil
}

// creation is what admission is told when a pod is made.
func creation(pod *v1.Pod) admission.Attributes {
	resource := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	kind := schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	return admission.NewAttributesRecord(pod, nil, kind, pod.Namespace, pod.Name, resource, "", admission.Create, nil, false, nil)
}

type podOverheadQuestion struct {
	Pod          *v1.Pod              `json:"pod"`
	RuntimeClass *nodev1.RuntimeClass `json:"runtimeClass"`
}

type podOverheadAnswer struct {
	Overhead v1.ResourceList `json:"overhead"`
	Error    *string         `json:"error"`
}

// podOverhead asks what overhead a pod gets of its RuntimeClass.
func podOverhead(q podOverheadQuestion) (podOverheadAnswer, error) {
	var answer podOverheadAnswer
	if err := needs("pod", q.Pod); err != nil {
		return answer, err
	}
	internal, err := defaulted(q.Pod)
	if err != nil {
		return answer, err
	}
	err = setOverhead(creation(q.Pod), internal, q.RuntimeClass)
	if err == nil {
		err = validateOverhead(creation(q.Pod), internal, q.RuntimeClass)
	}
	if answer.Error = textOf(err); err != nil {
		return answer, nil
	}
	var pod v1.Pod
	if err := corev1.Convert_core_Pod_To_v1_Pod(internal, &pod, nil); err != nil {
		return answer, fmt.Errorf("convert: %w", err)
	}
	answer.Overhead = pod.Spec.Overhead
	return answer, nil
}
