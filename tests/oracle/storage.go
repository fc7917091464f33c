package main

import (
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-helpers/storage/volume"
	v1helper "k8s.io/kubernetes/pkg/apis/core/v1/helper"
	volumeutil "k8s.io/kubernetes/pkg/volume/util"
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

type claimClassQuestion struct {
	Claim   *v1.PersistentVolumeClaim `json:"claim"`
	Classes []*storagev1.StorageClass `json:"classes"`
}

type claimClassAnswer struct {
	// HasClass is false only if the claim would be given the default class.
	HasClass     bool    `json:"hasClass"`
	Class        string  `json:"class"`
	DelayBinding bool    `json:"delayBinding"`
	Error        *string `json:"error"`
}

// claimClass says which class a claim asks for and whether its binding waits for a pod.
func claimClass(q claimClassQuestion) (claimClassAnswer, error) {
	if err := needs("claim", q.Claim); err != nil {
		return claimClassAnswer{}, err
	}
	lister, err := classLister(q.Classes)
	if err != nil {
		return claimClassAnswer{}, err
	}
	delay, err := volume.IsDelayBindingMode(q.Claim, lister)
	return claimClassAnswer{
		HasClass:     volume.PersistentVolumeClaimHasClass(q.Claim),
		Class:        volume.GetPersistentVolumeClaimClass(q.Claim),
		DelayBinding: delay,
		Error:        textOf(err),
	}, nil
}

type defaultClassQuestion struct {
	Classes []*storagev1.StorageClass `json:"classes"`
}

type defaultClassAnswer struct {
	Class *string `json:"class"`
	Error *string `json:"error"`
}

// defaultClass says which of several default classes is the one.
func defaultClass(q defaultClassQuestion) (defaultClassAnswer, error) {
	lister, err := classLister(q.Classes)
	if err != nil {
		return defaultClassAnswer{}, err
	}
	class, err := volumeutil.GetDefaultClass(lister)
	answer := defaultClassAnswer{Error: textOf(err)}
	if class != nil {
		answer.Class = &class.Name
	}
	return answer, nil
}

func classLister(classes []*storagev1.StorageClass) (storagelisters.StorageClassLister, error) {
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	for _, class := range classes {
		if err := indexer.Add(class); err != nil {
			return nil, err
		}
	}
	return storagelisters.NewStorageClassLister(indexer), nil
}

type topologyMatchesQuestion struct {
	AllowedTopologies []v1.TopologySelectorTerm `json:"allowedTopologies"`
	Labels            map[string]string         `json:"labels"`
}

type topologyMatchesAnswer struct {
	Matches bool `json:"matches"`
}

// topologyMatches says whether a class lets a volume be made for a node with these labels.
func topologyMatches(q topologyMatchesQuestion) (topologyMatchesAnswer, error) {
	return topologyMatchesAnswer{v1helper.MatchTopologySelectorTerms(q.AllowedTopologies, labels.Set(q.Labels))}, nil
}

type claimAndVolumeQuestion struct {
	Claim  *v1.PersistentVolumeClaim `json:"claim"`
	Volume *v1.PersistentVolume      `json:"volume"`
}

func (q claimAndVolumeQuestion) check() error {
	if err := needs("claim", q.Claim); err != nil {
		return err
	}
	return needs("volume", q.Volume)
}

type claimAndVolumeAnswer struct {
	// BoundTo is true if the volume is bound to or reserved for the claim.
	BoundTo bool `json:"boundTo"`
	// AccessModes is true if the volume has all modes of the claim.
	AccessModes bool   `json:"accessModes"`
	VolumeMode  bool   `json:"volumeMode"`
	VolumeClass string `json:"volumeClass"`
}

// claimAndVolume gives the single predicates that Kubernetes exports.
func claimAndVolume(q claimAndVolumeQuestion) (claimAndVolumeAnswer, error) {
	if err := q.check(); err != nil {
		return claimAndVolumeAnswer{}, err
	}
	return claimAndVolumeAnswer{
		BoundTo:     volume.IsVolumeBoundToClaim(q.Volume, q.Claim),
		AccessModes: volume.CheckAccessModes(q.Claim, q.Volume),
		VolumeMode:  !volume.CheckVolumeModeMismatches(&q.Claim.Spec, &q.Volume.Spec),
		VolumeClass: volume.GetPersistentVolumeClass(q.Volume),
	}, nil
}
