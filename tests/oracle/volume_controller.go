package main

import (
	"slices"
	_ "unsafe" // for go:linkname

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-helpers/storage/volume"
	_ "k8s.io/kubernetes/pkg/controller/volume/persistentvolume" // linked for the functions named below
)

// The volume controller exports nothing of its search, so that its functions are linked by name. Should Kubernetes rename
// one, the linker says so; should it change a type, TestLinkedFunctions does.

// orderedIndex is persistentVolumeOrderedIndex of index.go.
type orderedIndex struct {
	store cache.Indexer
}

//go:linkname newOrderedIndex k8s.io/kubernetes/pkg/controller/volume/persistentvolume.newPersistentVolumeOrderedIndex
func newOrderedIndex() orderedIndex

//go:linkname findBestMatchForClaim k8s.io/kubernetes/pkg/controller/volume/persistentvolume.(*persistentVolumeOrderedIndex).findBestMatchForClaim
func findBestMatchForClaim(index *orderedIndex, claim *v1.PersistentVolumeClaim, delayBinding bool) (*v1.PersistentVolume, error)

//go:linkname allPossibleMatchingAccessModes k8s.io/kubernetes/pkg/controller/volume/persistentvolume.(*persistentVolumeOrderedIndex).allPossibleMatchingAccessModes
func allPossibleMatchingAccessModes(index *orderedIndex, modes []v1.PersistentVolumeAccessMode) [][]v1.PersistentVolumeAccessMode

//go:linkname listByAccessModes k8s.io/kubernetes/pkg/controller/volume/persistentvolume.(*persistentVolumeOrderedIndex).listByAccessModes
func listByAccessModes(index *orderedIndex, modes []v1.PersistentVolumeAccessMode) ([]*v1.PersistentVolume, error)

//go:linkname checkVolumeSatisfyClaim k8s.io/kubernetes/pkg/controller/volume/persistentvolume.checkVolumeSatisfyClaim
func checkVolumeSatisfyClaim(volume *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) error

type findByClaimQuestion struct {
	Claim        *v1.PersistentVolumeClaim `json:"claim"`
	Volumes      []*v1.PersistentVolume    `json:"volumes"`
	DelayBinding bool                      `json:"delayBinding"`
}

type findByClaimAnswer struct {
	found
	// Possible are the names of all volumes that the controller might choose: its index is a map, so that among equals
	// chance decides.
	Possible []string `json:"possible"`
}

// findByClaim is the search of the volume controller.
func findByClaim(q findByClaimQuestion) (findByClaimAnswer, error) {
	if err := needs("claim", q.Claim); err != nil {
		return findByClaimAnswer{}, err
	}
	index := newOrderedIndex()
	for _, pv := range q.Volumes {
		if err := index.store.Add(pv); err != nil {
			return findByClaimAnswer{}, err
		}
	}
	answer := findByClaimAnswer{Possible: []string{}}
	answer.found = foundVolume(findBestMatchForClaim(&index, q.Claim, q.DelayBinding))
	if answer.Error != nil {
		return answer, nil
	}

	// A volume might be chosen exactly if it is when it comes first. Sets of access modes with as many members as each
	// other come in any order, those with fewer come earlier.
	members := 0
	for _, modes := range allPossibleMatchingAccessModes(&index, q.Claim.Spec.AccessModes) {
		if len(answer.Possible) > 0 && len(modes) > members {
			break
		}
		members = len(modes)
		volumes, err := listByAccessModes(&index, modes)
		if err != nil {
			return findByClaimAnswer{}, err
		}
		for i, pv := range volumes {
			first := slices.Concat([]*v1.PersistentVolume{pv}, volumes[:i], volumes[i+1:])
			chosen, err := volume.FindMatchingVolume(q.Claim, first, nil, nil, q.DelayBinding, true)
			if err != nil {
				return findByClaimAnswer{}, err
			}
			if chosen == pv {
				answer.Possible = append(answer.Possible, pv.Name)
			}
		}
	}
	slices.Sort(answer.Possible)
	return answer, nil
}

type claimSatisfiedByVolumeAnswer struct {
	Satisfied bool `json:"satisfied"`
	// Error is the first objection, as it appears in the event VolumeMismatch.
	Error *string `json:"error"`
}

// claimSatisfiedByVolume is the check of a claim that names a volume nobody has claimed.
func claimSatisfiedByVolume(q claimAndVolumeQuestion) (claimSatisfiedByVolumeAnswer, error) {
	if err := q.check(); err != nil {
		return claimSatisfiedByVolumeAnswer{}, err
	}
	err := checkVolumeSatisfyClaim(q.Volume, q.Claim)
	return claimSatisfiedByVolumeAnswer{err == nil, textOf(err)}, nil
}
