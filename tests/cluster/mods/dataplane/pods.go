// Whose address it is: the pod that a packet's address belongs to now.
package main

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
)

const addressIndex = "netstore-address"

// podsByAddress stands in for podinfo.NewInformerResolver, which also answers with pods that have ended (their address may
// be another's by now) and, of two running pods, with any.
type podsByAddress struct{ index cache.Indexer }

var _ podinfo.IPResolver = podsByAddress{}

// newPodsByAddress has to be called before the informer starts.
func newPodsByAddress(informer cache.SharedIndexInformer) (podsByAddress, error) {
	err := informer.AddIndexers(cache.Indexers{addressIndex: func(object any) ([]string, error) {
		pod, ok := object.(*corev1.Pod)
		if !ok {
			return nil, nil
		}
		return addresses(pod), nil
	}})
	return podsByAddress{informer.GetIndexer()}, err
}

// addresses are those that belong to this pod alone: none on the host network, where packets come from the node, and none
// once it has ended.
func addresses(pod *corev1.Pod) []string {
	if pod.Spec.HostNetwork || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return nil
	}
	written := []string{pod.Status.PodIP}
	for _, ip := range pod.Status.PodIPs {
		written = append(written, ip.IP)
	}
	var own []string
	for _, text := range written {
		if address, err := netip.ParseAddr(text); err == nil {
			own = append(own, address.Unmap().String())
		}
	}
	return own
}

// LookupPod gives the key of the pod. Of several that claim the address, one that is being deleted has already given it
// away, and of the others the youngest was started last.
func (p podsByAddress) LookupPod(ip string) (string, bool) {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return "", false
	}
	objects, err := p.index.ByIndex(addressIndex, address.Unmap().String())
	if err != nil {
		return "", false
	}
	var owner *corev1.Pod
	for _, object := range objects {
		if pod, ok := object.(*corev1.Pod); ok && (owner == nil || succeeds(pod, owner)) {
			owner = pod
		}
	}
	if owner == nil {
		return "", false
	}
	return owner.Namespace + "/" + owner.Name, true
}

// succeeds tells whether pod has taken over the address of other.
func succeeds(pod, other *corev1.Pod) bool {
	if leaving := other.DeletionTimestamp != nil; leaving != (pod.DeletionTimestamp != nil) {
		return leaving
	}
	if pod.CreationTimestamp.Equal(&other.CreationTimestamp) {
		return pod.UID > other.UID // any order will do, if it is always the same
	}
	return other.CreationTimestamp.Before(&pod.CreationTimestamp)
}
