// When a change counts: compares the caches that verdicts are made from with what the API server has.
package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// named is how many missing objects an answer names; the rest is counted.
const named = 20

// unsettled is why the caches do not hold what the API server has.
type unsettled struct{ missing []string }

func (u unsettled) Error() string { return "not settled: " + strings.Join(u.missing, "; ") }

// settle returns when verdicts are made from everything that was in the API server when it was called.
//
// No evaluator keeps anything beside the caches of the informers (they list them for each packet), and a cache is changed
// before its listeners hear of it, so looking into the caches is exact.
func (w *world) settle(ctx context.Context) error {
	missing := []string{"the API server has not answered"}
	for {
		lists, err := w.list(ctx)
		if ctx.Err() == nil {
			if err != nil {
				missing = strings.Split(err.Error(), "\n")
			}
			// A list is good for a moment only: what is deleted after it would be waited for in vain. So only a few looks,
			// then a new list.
			for wait := 5 * time.Millisecond; err == nil && wait < 100*time.Millisecond; wait *= 2 {
				if missing = w.missing(lists); len(missing) == 0 {
					return nil
				}
				pause(ctx, wait)
			}
			pause(ctx, 50*time.Millisecond)
		}
		if ctx.Err() != nil {
			if more := len(missing) - named; more > 0 {
				missing = append(missing[:named:named], fmt.Sprintf("and %d more", more))
			}
			return unsettled{missing}
		}
	}
}

func pause(ctx context.Context, length time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(length):
	}
}

// list asks for everything anew: without a resource version the API server answers with nothing older than now. It may take
// its time to make sure of that, for each kind, so all are asked at once.
func (w *world) list(ctx context.Context) ([]*metav1.PartialObjectMetadataList, error) {
	lists, errs := make([]*metav1.PartialObjectMetadataList, len(w.kinds)), make([]error, len(w.kinds))
	var group sync.WaitGroup
	for i, kind := range w.kinds {
		group.Go(func() {
			list, err := w.metadata.Resource(kind.resource).List(ctx, metav1.ListOptions{})
			if err != nil {
				err = fmt.Errorf("%s cannot be listed: %w", kind.name, err)
			}
			lists[i], errs[i] = list, err
		})
	}
	group.Wait()
	return lists, errors.Join(errs...)
}

func (w *world) missing(lists []*metav1.PartialObjectMetadataList) []string {
	var missing []string
	for i, kind := range w.kinds {
		if !kind.informer.HasSynced() {
			missing = append(missing, kind.name+" is not read yet")
			continue
		}
		missing = append(missing, difference(kind.name, lists[i], kind.cached())...)
	}
	slices.Sort(missing)
	return missing
}

// difference says what a cache lacks of a list, and what it still has.
func difference(kind string, list *metav1.PartialObjectMetadataList, cached []any) []string {
	seen := make(map[string]metav1.Object, len(cached))
	for _, object := range cached {
		if object, err := meta.Accessor(object); err == nil {
			seen[key(object)] = object
		}
	}
	var missing []string
	for i := range list.Items {
		item := &list.Items[i]
		name := key(item)
		object, ok := seen[name]
		delete(seen, name)
		switch {
		case !ok:
			missing = append(missing, fmt.Sprintf("%s %s is not seen", kind, name))
		// A higher version is a later state of this object or a later object of its name: uids need no look.
		case object.GetResourceVersion() != item.ResourceVersion && !newer(object.GetResourceVersion(), item.ResourceVersion):
			missing = append(missing, fmt.Sprintf("%s %s is seen with resourceVersion %s, it has %s",
				kind, name, object.GetResourceVersion(), item.ResourceVersion))
		}
	}
	for name, object := range seen {
		// What is newer than the list was made after it.
		if !newer(object.GetResourceVersion(), list.ResourceVersion) {
			missing = append(missing, fmt.Sprintf("%s %s is seen, it is deleted", kind, name))
		}
	}
	return missing
}

// newer compares resource versions. What cannot be compared is not newer, so that settle waits rather than errs.
func newer(version, than string) bool {
	order, err := resourceversion.CompareResourceVersion(version, than)
	return err == nil && order > 0
}

func key(object metav1.Object) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}
