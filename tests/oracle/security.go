package main

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type podSecurityQuestion struct {
	Pod *v1.Pod `json:"pod"`
	// Level is baseline or restricted.
	Level api.Level `json:"level"`
}

type podSecurityAnswer struct {
	// Violations are what Pod Security objects to at the latest version.
	Violations []string `json:"violations"`
	// Errors are what is not valid of the pod, as it is made.
	Errors []string `json:"errors"`
}

// podSecurity takes a pod through defaulting and asks whether it is valid and what Pod Security says of it. Ephemeral containers are
// looked at by Pod Security alone: no pod is made with them.
func podSecurity(q podSecurityQuestion) (podSecurityAnswer, error) {
	answer := podSecurityAnswer{Violations: []string{}, Errors: []string{}}
	if err := needs("pod", q.Pod); err != nil {
		return answer, err
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return answer, err
	}
	asked := api.LevelVersion{Level: q.Level, Version: api.LatestVersion()}
	for _, result := range evaluator.EvaluatePod(asked, &q.Pod.ObjectMeta, &q.Pod.Spec) {
		if !result.Allowed {
			answer.Violations = append(answer.Violations, result.ForbiddenReason+": "+result.ForbiddenDetail)
		}
	}
	made := q.Pod.DeepCopy()
	made.Spec.EphemeralContainers = nil
	internal, err := defaulted(made)
	if err != nil {
		return answer, err
	}
	for _, err := range validation.ValidatePodCreate(internal, validation.PodValidationOptions{}) {
		answer.Errors = append(answer.Errors, err.Error())
	}
	return answer, nil
}
