// What the verdicts depend on: the objects of a mode, their caches, and the evaluators that read these caches.
package main

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
	alpha1 "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha1"
	alpha2 "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha2"
	"sigs.k8s.io/network-policy-api/apis/v1alpha2"
	policyclient "sigs.k8s.io/network-policy-api/pkg/client/clientset/versioned"
	policyinformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"
)

// mode says which policy kinds are enforced.
type mode string

const (
	networkPolicy        mode = "networkpolicy"
	clusterNetworkPolicy mode = "clusternetworkpolicy"
	adminNetworkPolicy   mode = "adminnetworkpolicy"
)

func modes() []string {
	return []string{string(networkPolicy), string(clusterNetworkPolicy), string(adminNetworkPolicy)}
}

// parseMode gives the empty mode for what is none.
func parseMode(text string) mode {
	if slices.Contains(modes(), text) {
		return mode(text)
	}
	return ""
}

// knowsDomains: a NetworkPolicy cannot name a domain.
func (m mode) knowsDomains() bool { return m != networkPolicy }

// kind is one sort of object that verdicts depend on, and the only cache of it: evaluators, pod lookup and settle share it.
type kind struct {
	name     string
	resource schema.GroupVersionResource
	policy   bool
	informer cache.SharedIndexInformer
}

type world struct {
	kinds     []kind
	engine    *networkpolicy.PolicyEngine
	metadata  metadata.Interface
	factories []interface{ Start(stop <-chan struct{}) }
}

// newWorld puts the evaluators of the mode in their order: what binds everybody, NetworkPolicies, what holds by default.
func newWorld(config *rest.Config, node string, mode mode, domains *domainTable) (*world, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = 200, 400 // settle lists everything, again and again
	core := rest.CopyConfig(config)
	core.ContentType = runtime.ContentTypeProtobuf // custom resources do not speak it
	coreClient, err := kubernetes.NewForConfig(core)
	if err != nil {
		return nil, err
	}
	policyClient, err := policyclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	metadataClient, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}

	factory := informers.NewSharedInformerFactoryWithOptions(coreClient, 0, informers.WithTransform(forgetManagers))
	policyFactory := policyinformers.NewSharedInformerFactory(policyClient, 0)
	pods := factory.Core().V1().Pods()
	namespaces := factory.Core().V1().Namespaces()
	nodes := factory.Core().V1().Nodes()
	policies := factory.Networking().V1().NetworkPolicies()

	w := &world{metadata: metadataClient}
	w.factories = append(w.factories, factory, policyFactory)
	w.add("Namespace", namespaces.Informer(), false, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	w.add("Node", nodes.Informer(), false, schema.GroupVersionResource{Version: "v1", Resource: "nodes"})
	w.add("Pod", pods.Informer(), false, schema.GroupVersionResource{Version: "v1", Resource: "pods"})
	w.add("NetworkPolicy", policies.Informer(), true,
		schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"})

	standard := networkpolicy.NewStandardNetworkPolicy(node, namespaces, pods, policies)
	var evaluators []api.PolicyEvaluator
	switch mode {
	case networkPolicy:
		evaluators = []api.PolicyEvaluator{standard}
	case clusterNetworkPolicy:
		cluster := policyFactory.Policy().V1alpha2().ClusterNetworkPolicies()
		w.add("ClusterNetworkPolicy", cluster.Informer(), true, schema.GroupVersionResource{
			Group: "policy.networking.k8s.io", Version: "v1alpha2", Resource: "clusternetworkpolicies"})
		evaluators = []api.PolicyEvaluator{
			alpha2.NewClusterNetworkPolicy(v1alpha2.AdminTier, cluster, domains, nodes.Lister()),
			standard,
			alpha2.NewClusterNetworkPolicy(v1alpha2.BaselineTier, cluster, domains, nodes.Lister()),
		}
	case adminNetworkPolicy:
		admin := policyFactory.Policy().V1alpha1().AdminNetworkPolicies()
		baseline := policyFactory.Policy().V1alpha1().BaselineAdminNetworkPolicies()
		w.add("AdminNetworkPolicy", admin.Informer(), true, schema.GroupVersionResource{
			Group: "policy.networking.k8s.io", Version: "v1alpha1", Resource: "adminnetworkpolicies"})
		w.add("BaselineAdminNetworkPolicy", baseline.Informer(), true, schema.GroupVersionResource{
			Group: "policy.networking.k8s.io", Version: "v1alpha1", Resource: "baselineadminnetworkpolicies"})
		evaluators = []api.PolicyEvaluator{
			alpha1.NewAdminNetworkPolicy(admin, domains),
			standard,
			alpha1.NewBaselineAdminNetworkPolicy(baseline),
		}
	default:
		return nil, fmt.Errorf("no mode %q", mode)
	}

	resolver, err := newPodsByAddress(pods.Informer())
	if err != nil {
		return nil, err
	}
	provider := podinfo.NewInformerProvider(pods, namespaces, nodes, []podinfo.IPResolver{resolver})
	w.engine = networkpolicy.NewPolicyEngine(provider, evaluators)
	return w, nil
}

func (w *world) add(name string, informer cache.SharedIndexInformer, policy bool, resource schema.GroupVersionResource) {
	w.kinds = append(w.kinds, kind{name: name, resource: resource, policy: policy, informer: informer})
}

func (w *world) start(ctx context.Context) {
	for _, factory := range w.factories {
		factory.Start(ctx.Done())
	}
}

// cached gives the objects that verdicts see now.
func (k kind) cached() []any { return k.informer.GetStore().List() }

// forgetManagers saves the memory of the longest field of all, which no evaluator reads.
func forgetManagers(object any) (any, error) {
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetManagedFields(nil)
	}
	return object, nil
}
