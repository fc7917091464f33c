package main

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	apps "k8s.io/kubernetes/pkg/apis/apps/v1"
	daemon "k8s.io/kubernetes/pkg/controller/daemon/util"
	deployment "k8s.io/kubernetes/pkg/controller/deployment/util"
)

type rolloutQuestion struct {
	// One of the two.
	Deployment *appsv1.Deployment `json:"deployment"`
	DaemonSet  *appsv1.DaemonSet  `json:"daemonSet"`
	// Nodes that are to run a pod of the DaemonSet.
	Nodes int `json:"nodes"`
}

type rolloutAnswer struct {
	Surge       int `json:"surge"`
	Unavailable int `json:"unavailable"`
}

// rollout asks how many pods a rollout may have beyond those wanted, and how many may be missing, with the defaults of the API server.
func rollout(q rolloutQuestion) (answer rolloutAnswer, err error) {
	switch {
	case q.Deployment != nil:
		apps.SetObjectDefaults_Deployment(q.Deployment)
		answer.Surge = int(deployment.MaxSurge(*q.Deployment))
		answer.Unavailable = int(deployment.MaxUnavailable(*q.Deployment))
	case q.DaemonSet != nil:
		apps.SetObjectDefaults_DaemonSet(q.DaemonSet)
		if answer.Surge, err = daemon.SurgeCount(q.DaemonSet, q.Nodes); err == nil {
			answer.Unavailable, err = daemon.UnavailableCount(q.DaemonSet, q.Nodes)
		}
	default:
		err = fmt.Errorf("the question needs deployment or daemonSet")
	}
	return answer, err
}
