package main

import (
	"fmt"
	"slices"
	_ "unsafe" // for go:linkname

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/component-helpers/resource"
	"k8s.io/kubernetes/pkg/apis/core"
	coreqos "k8s.io/kubernetes/pkg/apis/core/helper/qos"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	v1qos "k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	_ "k8s.io/kubernetes/pkg/kubelet/cm/cpumanager" // linked for the function named below
	kubeletqos "k8s.io/kubernetes/pkg/kubelet/qos"
	kubelettypes "k8s.io/kubernetes/pkg/kubelet/types"
	"k8s.io/kubernetes/plugin/pkg/admission/limitranger"
)

// staticPolicy stands for the static policy of the CPU manager, of which guaranteedCPUs looks at nothing.
type staticPolicy struct{}

//go:linkname guaranteedCPUs k8s.io/kubernetes/pkg/kubelet/cm/cpumanager.(*staticPolicy).guaranteedCPUs
func guaranteedCPUs(p *staticPolicy, logger logr.Logger, pod *v1.Pod, container *v1.Container) int

type podQOSQuestion struct {
	Pod         *v1.Pod          `json:"pod"`
	LimitRanges []*v1.LimitRange `json:"limitRanges"`
	// MemoryCapacity of the node, in bytes.
	MemoryCapacity int64 `json:"memoryCapacity"`
}

type podQOSAnswer struct {
	// AdmittedClass is what is written into the status when the pod is made.
	AdmittedClass core.PodQOSClass `json:"admittedClass"`
	// Class is what is computed from the pod as it is read thereafter.
	Class v1.PodQOSClass `json:"class"`
	// LimitRanger is what the last LimitRange that set something noted.
	LimitRanger string `json:"limitRanger"`
	// Refusals are what LimitRanges object to.
	Refusals  []string                 `json:"refusals"`
	Resources *v1.ResourceRequirements `json:"resources"`
	// Containers are the init containers and then the others, in their order.
	Containers []containerQOS  `json:"containers"`
	Requests   v1.ResourceList `json:"requests"`
	Limits     v1.ResourceList `json:"limits"`
	Critical   bool            `json:"critical"`
}

type containerQOS struct {
	Requests    v1.ResourceList `json:"requests"`
	Limits      v1.ResourceList `json:"limits"`
	OOMScoreAdj int             `json:"oomScoreAdj"`
	// ExclusiveCPUs under the static CPU manager policy.
	ExclusiveCPUs int `json:"exclusiveCpus"`
}

// podQOS takes a pod, or what a template makes of it, through the API server, and asks scheduler and kubelet about it.
func podQOS(q podQOSQuestion) (podQOSAnswer, error) {
	answer := podQOSAnswer{Refusals: []string{}}
	if err := needs("pod", q.Pod); err != nil {
		return answer, err
	}
	internal, err := defaulted(q.Pod)
	if err != nil {
		return answer, err
	}
	for _, limits := range q.LimitRanges {
		corev1.SetObjectDefaults_LimitRange(limits)
		if err := limitranger.PodMutateLimitFunc(limits, internal); err != nil {
			return answer, err
		}
	}
	for _, limits := range q.LimitRanges {
		if refused, ok := limitranger.PodValidateLimitFunc(limits, internal).(utilerrors.Aggregate); ok {
			for _, err := range refused.Errors() {
				answer.Refusals = append(answer.Refusals, err.Error())
			}
		}
	}
	answer.AdmittedClass = coreqos.ComputePodQOS(internal)
	var pod v1.Pod
	if err := corev1.Convert_core_Pod_To_v1_Pod(internal, &pod, nil); err != nil {
		return answer, err
	}
	corev1.SetObjectDefaults_Pod(&pod) // on every way out of the store
	answer.Class = v1qos.ComputePodQOS(&pod)
	answer.LimitRanger = pod.Annotations["kubernetes.io/limit-ranger"]
	answer.Resources = pod.Spec.Resources
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		answer.Containers = append(answer.Containers, containerQOS{
			Requests:      container.Resources.Requests,
			Limits:        container.Resources.Limits,
			OOMScoreAdj:   kubeletqos.GetContainerOOMScoreAdjust(&pod, &container, q.MemoryCapacity),
			ExclusiveCPUs: guaranteedCPUs(&staticPolicy{}, logr.Discard(), &pod, &container),
		})
	}
	// As the scheduler adds up, with the feature gates as they are by default.
	options := resource.PodResourcesOptions{UseStatusResources: true, InPlacePodLevelResourcesVerticalScalingEnabled: true}
	// On copies: they add to the quantities of the pod itself where these are decimals of arbitrary precision.
	answer.Requests = resource.PodRequests(pod.DeepCopy(), options)
	answer.Limits = resource.PodLimits(pod.DeepCopy(), options)
	answer.Critical = kubelettypes.IsCriticalPod(&pod)
	return answer, nil
}

// defaulted is a pod as the API server reads it.
func defaulted(pod *v1.Pod) (*core.Pod, error) {
	corev1.SetObjectDefaults_Pod(pod)
	var internal core.Pod
	return &internal, corev1.Convert_v1_Pod_To_core_Pod(pod, &internal, nil)
}

type podResizeQuestion struct {
	Old *v1.Pod `json:"old"`
	New *v1.Pod `json:"new"`
}

type podResizeAnswer struct {
	// Errors are all objections of the API server.
	Errors []string `json:"errors"`
}

// podResize asks whether a pod may become another one through its subresource resize.
func podResize(q podResizeQuestion) (podResizeAnswer, error) {
	answer := podResizeAnswer{Errors: []string{}}
	if q.Old == nil || q.New == nil {
		return answer, fmt.Errorf("the question needs old and new")
	}
	before, err := defaulted(q.Old)
	if err != nil {
		return answer, err
	}
	after, err := defaulted(q.New)
	if err != nil {
		return answer, err
	}
	options := validation.PodValidationOptions{PodLevelResourcesEnabled: true, InPlacePodLevelResourcesVerticalScalingEnabled: true}
	for _, err := range validation.ValidatePodResize(after, before, options) {
		answer.Errors = append(answer.Errors, err.Error())
	}
	return answer, nil
}
