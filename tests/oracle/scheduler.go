package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	schedulercache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodevolumelimits"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumebinding"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
)

type schedulerFilterQuestion struct {
	Pod         *v1.Pod                         `json:"pod"`
	Claims      []*v1.PersistentVolumeClaim     `json:"claims"`
	Volumes     []*v1.PersistentVolume          `json:"volumes"`
	Classes     []*storagev1.StorageClass       `json:"classes"`
	Nodes       []*v1.Node                      `json:"nodes"`
	Pods        []*v1.Pod                       `json:"pods"`
	CSIDrivers  []*storagev1.CSIDriver          `json:"csiDrivers"`
	CSINodes    []*storagev1.CSINode            `json:"csiNodes"`
	Capacities  []*storagev1.CSIStorageCapacity `json:"capacities"`
	Attachments []*storagev1.VolumeAttachment   `json:"attachments"`
	// Plugins are those to ask, the four of storage if absent. Their order is always that of the default profile.
	Plugins []string `json:"plugins"`
}

type schedulerFilterAnswer struct {
	// PreFilter is why no node is looked at, if so.
	PreFilter *verdict `json:"preFilter"`
	// Claims sorts the claims of the pod as the binder does; null if it cannot.
	Claims *sortedClaims `json:"claims"`
	// ClaimsError is why it cannot.
	ClaimsError *string `json:"claimsError"`
	// Nodes are all nodes of the question, by name.
	Nodes []nodeAnswer `json:"nodes"`
}

// verdict is what a plugin that refuses says.
type verdict struct {
	Plugin  string   `json:"plugin"`
	Code    string   `json:"code"`
	Reasons []string `json:"reasons"`
}

type sortedClaims struct {
	Bound     []string `json:"bound"`
	Delayed   []string `json:"delayed"`
	Immediate []string `json:"immediate"`
}

type nodeAnswer struct {
	Name string `json:"name"`
	// Refused is what the first plugin that refuses the node says; null if all let the pod pass, or if PreFilter refused.
	Refused *verdict `json:"refused"`
	// Binder is what the binder says of the node, even if another plugin refuses it earlier; null if there are no Claims.
	Binder *binderAnswer `json:"binder"`
}

type binderAnswer struct {
	Reasons []string `json:"reasons"`
	Error   *string  `json:"error"`
	// Bindings maps claims to the volumes that would be bound.
	Bindings map[string]string `json:"bindings"`
	// Provisions are the claims that would be provisioned.
	Provisions []string `json:"provisions"`
}

var storagePlugins = []string{names.VolumeRestrictions, names.NodeVolumeLimits, names.VolumeBinding, names.VolumeZone}

// askablePlugins decide by the objects of a question alone.
var askablePlugins = append([]string{names.NodeUnschedulable, names.NodeName, names.TaintToleration, names.NodeAffinity,
	names.NodePorts, names.NodeResourcesFit}, storagePlugins...)

// scheduler is the scheduler's framework over informers that never run: their stores are filled for each question.
type scheduler struct {
	factory    informers.SharedInformerFactory
	lister     *exchangeableLister
	binder     volumebinding.SchedulerVolumeBinder
	profile    config.KubeSchedulerProfile
	frameworks map[string]framework.Framework // by the plugins in them
}

// exchangeableLister is the snapshot that the plugins hold on to, exchanged for each question.
type exchangeableLister struct{ fwk.SharedLister }

var theScheduler = sync.OnceValues(newScheduler)

func newScheduler() (*scheduler, error) {
	metrics.Register()
	defaults, err := latest.Default()
	if err != nil {
		return nil, err
	}
	s := &scheduler{
		factory:    informers.NewSharedInformerFactory(fake.NewClientset(), 0),
		lister:     &exchangeableLister{schedulercache.NewEmptySnapshot()},
		profile:    defaults.Profiles[0],
		frameworks: map[string]framework.Framework{},
	}
	core, storage := s.factory.Core().V1(), s.factory.Storage().V1()
	s.binder, err = volumebinding.NewVolumeBinder(klog.Background(), fake.NewClientset(),
		feature.NewSchedulerFeaturesFromGates(utilfeature.DefaultFeatureGate), core.Pods(), core.Nodes(), storage.CSINodes(),
		core.PersistentVolumeClaims(), core.PersistentVolumes(), storage.StorageClasses(),
		volumebinding.CapacityCheck{CSIDriverInformer: storage.CSIDrivers(), CSIStorageCapacityInformer: storage.CSIStorageCapacities()}, 0)
	return s, err
}

// with gives the framework that has these filters and no others.
func (s *scheduler) with(filters []string) (framework.Framework, error) {
	profile := s.profile
	profile.Plugins = &config.Plugins{}
	for _, p := range s.profile.Plugins.MultiPoint.Enabled {
		if slices.Contains(filters, p.Name) || p.Name == names.PrioritySort || p.Name == names.DefaultBinder {
			profile.Plugins.MultiPoint.Enabled = append(profile.Plugins.MultiPoint.Enabled, p)
		}
	}
	key := fmt.Sprint(profile.Plugins.MultiPoint.Enabled)
	if f, known := s.frameworks[key]; known {
		return f, nil
	}
	f, err := frameworkruntime.NewFramework(context.Background(), plugins.NewInTreeRegistry(), &profile,
		frameworkruntime.WithInformerFactory(s.factory),
		frameworkruntime.WithClientSet(fake.NewClientset()),
		frameworkruntime.WithSnapshotSharedLister(s.lister),
		frameworkruntime.WithSharedCSIManager(nodevolumelimits.NewCSIManager(s.factory.Storage().V1().CSINodes().Lister())))
	if err == nil {
		s.frameworks[key] = f
	}
	return f, err
}

// fill makes the objects of a question all there is.
func (s *scheduler) fill(q schedulerFilterQuestion) error {
	core, storage := s.factory.Core().V1(), s.factory.Storage().V1()
	for _, err := range []error{
		replace(core.Pods().Informer(), append(slices.Clone(q.Pods), q.Pod)),
		replace(core.Nodes().Informer(), q.Nodes),
		replace(core.PersistentVolumeClaims().Informer(), q.Claims),
		replace(core.PersistentVolumes().Informer(), q.Volumes),
		replace(storage.StorageClasses().Informer(), q.Classes),
		replace(storage.CSIDrivers().Informer(), q.CSIDrivers),
		replace(storage.CSINodes().Informer(), q.CSINodes),
		replace(storage.CSIStorageCapacities().Informer(), q.Capacities),
		replace(storage.VolumeAttachments().Informer(), q.Attachments),
	} {
		if err != nil {
			return err
		}
	}
	// The scheduler knows the pods on the nodes it knows, except those that have ended.
	var placed []*v1.Pod
	for _, pod := range q.Pods {
		ended := pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed
		if !ended && slices.ContainsFunc(q.Nodes, func(node *v1.Node) bool { return node.Name == pod.Spec.NodeName }) {
			placed = append(placed, pod)
		}
	}
	s.lister.SharedLister = schedulercache.NewSnapshot(placed, q.Nodes)
	return nil
}

func replace[T any](informer cache.SharedIndexInformer, objects []T) error {
	list := make([]any, len(objects))
	for i, object := range objects {
		list[i] = object
	}
	return informer.GetIndexer().Replace(list, "")
}

// schedulerFilter is what the scheduler says of a pod on each of the nodes.
func schedulerFilter(q schedulerFilterQuestion) (schedulerFilterAnswer, error) {
	var answer schedulerFilterAnswer
	if err := needs("pod", q.Pod); err != nil {
		return answer, err
	}
	if q.Plugins == nil {
		q.Plugins = storagePlugins
	}
	for _, name := range q.Plugins {
		if !slices.Contains(askablePlugins, name) {
			return answer, fmt.Errorf("plugin %q cannot be asked, only %s", name, strings.Join(askablePlugins, ", "))
		}
	}
	s, err := theScheduler()
	if err != nil {
		return answer, err
	}
	f, err := s.with(q.Plugins)
	if err != nil {
		return answer, err
	}
	if err := s.fill(q); err != nil {
		return answer, err
	}

	ctx, state := context.Background(), framework.NewCycleState()
	chosen, status, _ := f.RunPreFilterPlugins(ctx, state, q.Pod)
	answer.PreFilter = verdictOf(status)
	claims, err := s.binder.GetPodVolumeClaims(klog.Background(), q.Pod)
	if err != nil {
		answer.ClaimsError = textOf(err)
	} else {
		answer.Claims = sorted(claims)
	}

	answer.Nodes = make([]nodeAnswer, 0, len(q.Nodes))
	for _, node := range q.Nodes {
		a := nodeAnswer{Name: node.Name}
		switch {
		case answer.PreFilter != nil:
		case !chosen.AllNodes() && !chosen.NodeNames.Has(node.Name):
			a.Refused = &verdict{Plugin: "PreFilter", Code: fwk.UnschedulableAndUnresolvable.String(), Reasons: []string{}}
		default:
			info, err := s.lister.NodeInfos().Get(node.Name)
			if err != nil {
				return answer, err
			}
			a.Refused = verdictOf(f.RunFilterPlugins(ctx, state, q.Pod, info))
		}
		if answer.Claims != nil {
			found, reasons, err := s.binder.FindPodVolumes(klog.Background(), q.Pod, claims, node)
			a.Binder = binderSays(found, reasons, err)
		}
		answer.Nodes = append(answer.Nodes, a)
	}
	slices.SortFunc(answer.Nodes, func(a, b nodeAnswer) int { return strings.Compare(a.Name, b.Name) })
	return answer, nil
}

func verdictOf(status *fwk.Status) *verdict {
	if status.IsSuccess() {
		return nil
	}
	return &verdict{Plugin: status.Plugin(), Code: status.Code().String(), Reasons: status.Reasons()}
}

// sorted reads the names of the claims from fields that are not exported.
func sorted(claims *volumebinding.PodVolumeClaims) *sortedClaims {
	names := func(field string) []string {
		list := reflect.ValueOf(claims).Elem().FieldByName(field)
		names := make([]string, list.Len())
		for i := range names {
			names[i] = objectName(list.Index(i))
		}
		return names
	}
	return &sortedClaims{names("boundClaims"), names("unboundClaimsDelayBinding"), names("unboundClaimsImmediate")}
}

func objectName(pointer reflect.Value) string {
	return pointer.Elem().FieldByName("ObjectMeta").FieldByName("Name").String()
}

func binderSays(found *volumebinding.PodVolumes, reasons volumebinding.ConflictReasons, err error) *binderAnswer {
	a := &binderAnswer{Reasons: []string{}, Error: textOf(err), Bindings: map[string]string{}, Provisions: []string{}}
	for _, reason := range reasons {
		a.Reasons = append(a.Reasons, string(reason))
	}
	if found == nil {
		return a
	}
	for _, binding := range found.StaticBindings {
		b := reflect.ValueOf(binding).Elem()
		a.Bindings[objectName(b.FieldByName("pvc"))] = objectName(b.FieldByName("pv"))
	}
	for _, provision := range found.DynamicProvisions {
		a.Provisions = append(a.Provisions, provision.PVC.Name)
	}
	return a
}
