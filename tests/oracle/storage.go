package main

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/storage/volume"
)

// found is the answer of whoever looks for a volume: its name, or none, or what Kubernetes objects to.
type found struct {
	Volume *string `json:"volume"`
	Error  *string `json:"error"`
}

func foundVolume(pv *v1.PersistentVolume, err error) found {
	return found{nameOf(pv), textOf(err)}
}

func nameOf(pv *v1.PersistentVolume) *string {
	if pv == nil {
		return nil
	}
	return &pv.Name
}

func textOf(err error) *string {
	if err == nil {
		return nil
	}
	text := err.Error()
	return &text
}

type findMatchingVolumeQuestion struct {
	Claim        *v1.PersistentVolumeClaim `json:"claim"`
	Volumes      []*v1.PersistentVolume    `json:"volumes"`
	Node         *v1.Node                  `json:"node"`
	Excluded     []string                  `json:"excluded"`
	DelayBinding bool                      `json:"delayBinding"`
	// NoAttributesClasses switches the gate VolumeAttributesClass off, which is locked on since Kubernetes 1.36.
	NoAttributesClasses bool `json:"noAttributesClasses"`
}

// findMatchingVolume is the search that the volume controller (node null) and the scheduler share.
func findMatchingVolume(q findMatchingVolumeQuestion) (found, error) {
	if err := needs("claim", q.Claim); err != nil {
		return found{}, err
	}
	excluded := make(map[string]*v1.PersistentVolume, len(q.Excluded))
	for _, name := range q.Excluded {
		excluded[name] = nil // only the key is looked at
	}
	return foundVolume(volume.FindMatchingVolume(q.Claim, q.Volumes, q.Node, excluded, q.DelayBinding, !q.NoAttributesClasses)), nil
}

type checkNodeAffinityQuestion struct {
	Volume *v1.PersistentVolume `json:"volume"`
	Labels map[string]string    `json:"labels"`
}

type checkNodeAffinityAnswer struct {
	Matches bool    `json:"matches"`
	Error   *string `json:"error"`
}

// checkNodeAffinity says whether a volume can be used on a node with these labels.
func checkNodeAffinity(q checkNodeAffinityQuestion) (checkNodeAffinityAnswer, error) {
	if err := needs("volume", q.Volume); err != nil {
		return checkNodeAffinityAnswer{}, err
	}
	err := volume.CheckNodeAffinity(q.Volume, q.Labels)
	return checkNodeAffinityAnswer{err == nil, textOf(err)}, nil
}
