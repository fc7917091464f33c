package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	_ "unsafe" // for go:linkname

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/pkg/controller/volume/persistentvolume"
	volumeconfig "k8s.io/kubernetes/pkg/controller/volume/persistentvolume/config"
	"k8s.io/kubernetes/pkg/util/goroutinemap"
)

//go:linkname initializeCaches k8s.io/kubernetes/pkg/controller/volume/persistentvolume.(*PersistentVolumeController).initializeCaches
func initializeCaches(c *persistentvolume.PersistentVolumeController, logger klog.Logger, volumes corelisters.PersistentVolumeLister, claims corelisters.PersistentVolumeClaimLister)

//go:linkname storeClaimUpdate k8s.io/kubernetes/pkg/controller/volume/persistentvolume.(*PersistentVolumeController).storeClaimUpdate
func storeClaimUpdate(c *persistentvolume.PersistentVolumeController, logger klog.Logger, claim any) (bool, error)

//go:linkname syncClaim k8s.io/kubernetes/pkg/controller/volume/persistentvolume.(*PersistentVolumeController).syncClaim
func syncClaim(c *persistentvolume.PersistentVolumeController, ctx context.Context, claim *v1.PersistentVolumeClaim) error

type controllerSyncQuestion struct {
	Claim   *v1.PersistentVolumeClaim   `json:"claim"`
	Claims  []*v1.PersistentVolumeClaim `json:"claims"`
	Volumes []*v1.PersistentVolume      `json:"volumes"`
	Classes []*storagev1.StorageClass   `json:"classes"`
	Pods    []*v1.Pod                   `json:"pods"`
}

type controllerSyncAnswer struct {
	Error *string `json:"error"`
	// Events are those about the claim, in their order.
	Events []event `json:"events"`
	// Phase, VolumeName, Class and Provisioner are those of the claim thereafter.
	Phase      string  `json:"phase"`
	VolumeName *string `json:"volumeName"`
	Class      *string `json:"class"`
	// Provisioner is whom the claim was handed over to.
	Provisioner *string `json:"provisioner"`
}

type event struct {
	Type    string `json:"type"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// recorder keeps the events about one claim.
type recorder struct {
	claim  *v1.PersistentVolumeClaim
	lock   sync.Mutex
	events []event
}

func (r *recorder) Event(object runtime.Object, kind, reason, message string) {
	if claim, ok := object.(*v1.PersistentVolumeClaim); ok && claim.Namespace == r.claim.Namespace && claim.Name == r.claim.Name {
		r.lock.Lock()
		defer r.lock.Unlock()
		e := event{kind, reason, message}
		if len(r.events) == 0 || r.events[len(r.events)-1] != e { // it says so each time it looks
			r.events = append(r.events, e)
		}
	}
}

func (r *recorder) Eventf(object runtime.Object, kind, reason, format string, args ...any) {
	r.Event(object, kind, reason, fmt.Sprintf(format, args...))
}

func (r *recorder) AnnotatedEventf(object runtime.Object, _ map[string]string, kind, reason, format string, args ...any) {
	r.Eventf(object, kind, reason, format, args...)
}

// field is a field of the controller that is not exported.
func field[T any](c *persistentvolume.PersistentVolumeController, name string) *T {
	f := reflect.ValueOf(c).Elem().FieldByName(name)
	return reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Interface().(*T)
}

// controllerSync lets the volume controller look at a claim, and again as long as it changes the claim. What it would do to
// volumes by themselves, their reclaiming above all, is left out.
func controllerSync(q controllerSyncQuestion) (controllerSyncAnswer, error) {
	var answer controllerSyncAnswer
	if err := needs("claim", q.Claim); err != nil {
		return answer, err
	}
	for _, class := range q.Classes {
		if class.ReclaimPolicy == nil { // the API server sees to it that there is one, and the controller relies on it
			policy := v1.PersistentVolumeReclaimDelete
			class.ReclaimPolicy = &policy
		}
	}
	ctx, logger := context.Background(), klog.Background()
	var known []runtime.Object
	claims := append(slices.Clone(q.Claims), q.Claim)
	for _, claim := range claims {
		known = append(known, versioned(claim))
	}
	for _, volume := range q.Volumes {
		known = append(known, versioned(volume))
	}
	client := fake.NewSimpleClientset(known...)
	factory := informers.NewSharedInformerFactory(client, 0)
	core, storage := factory.Core().V1(), factory.Storage().V1()
	plugins, err := kcm.ProbeProvisionableRecyclableVolumePlugins(logger, volumeconfig.VolumeConfiguration{})
	if err != nil {
		return answer, err
	}
	c, err := persistentvolume.NewController(ctx, persistentvolume.ControllerParameters{
		KubeClient: client, VolumePlugins: plugins, VolumeInformer: core.PersistentVolumes(), ClaimInformer: core.PersistentVolumeClaims(),
		ClassInformer: storage.StorageClasses(), PodInformer: core.Pods(), NodeInformer: core.Nodes(), EnableDynamicProvisioning: true,
	})
	if err != nil {
		return answer, err
	}
	defer (*field[workqueue.TypedRateLimitingInterface[string]](c, "claimQueue")).ShutDown()
	defer (*field[workqueue.TypedRateLimitingInterface[string]](c, "volumeQueue")).ShutDown()
	defer (*field[record.EventBroadcaster](c, "eventBroadcaster")).Shutdown()
	events := &recorder{claim: q.Claim, events: []event{}}
	*field[record.EventRecorder](c, "eventRecorder") = events

	for _, err := range []error{
		replace(core.PersistentVolumeClaims().Informer(), claims),
		replace(core.PersistentVolumes().Informer(), q.Volumes),
		replace(storage.StorageClasses().Informer(), q.Classes),
		replace(core.Pods().Informer(), q.Pods),
	} {
		if err != nil {
			return answer, err
		}
	}
	initializeCaches(c, logger, core.PersistentVolumes().Lister(), core.PersistentVolumeClaims().Lister())

	claim := q.Claim
	for range 5 { // as often as anything may need, and no oftener should it never come to rest
		answer.Error = textOf(syncClaim(c, ctx, claim))
		(*field[goroutinemap.GoRoutineMap](c, "runningOperations")).WaitForCompletion()
		next, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err != nil {
			return answer, err
		}
		if apiequality.Semantic.DeepEqual(claim, next) {
			break
		}
		if _, err := storeClaimUpdate(c, logger, next); err != nil {
			return answer, err
		}
		if err := core.PersistentVolumeClaims().Informer().GetIndexer().Update(next); err != nil {
			return answer, err
		}
		claim = next
	}
	answer.Events = events.events
	answer.Phase = string(claim.Status.Phase)
	if claim.Spec.VolumeName != "" {
		answer.VolumeName = &claim.Spec.VolumeName
	}
	answer.Class = claim.Spec.StorageClassName
	if provisioner, ok := claim.Annotations["volume.kubernetes.io/storage-provisioner"]; ok {
		answer.Provisioner = &provisioner
	}
	return answer, nil
}

// versioned gives an object the version without which the controller does not remember it.
func versioned[T metav1.Object](object T) runtime.Object {
	if object.GetResourceVersion() == "" {
		object.SetResourceVersion("1")
	}
	return any(object).(runtime.Object)
}
