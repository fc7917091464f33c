package main

import (
	"fmt"
	"strings"
	"testing"
)

const (
	claim = `{"metadata":{"namespace":"n","name":"c","uid":"1"},"spec":{"accessModes":["ReadWriteOnce"],` +
		`"resources":{"requests":{"storage":"1Gi"}},"storageClassName":"x"}}`
	waiting = `[{"metadata":{"name":"x"},"provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":"WaitForFirstConsumer"}]`
	pod     = `{"metadata":{"namespace":"n","name":"p"},"spec":{"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"c"}}]}}`
)

// pv is an available volume with more fields in its spec.
func pv(name, size, modes, spec string) string {
	return fmt.Sprintf(`{"metadata":{"name":%q},"spec":{"accessModes":[%s],"capacity":{"storage":%q},"storageClassName":"x"%s},`+
		`"status":{"phase":"Available"}}`, name, modes, size, spec)
}

func TestFindMatchingVolumeTakesTheFirstOfTheSmallest(t *testing.T) {
	question := `{"op":"findMatchingVolume","question":{"claim":%s,"volumes":[%s]%s}}`
	volumes := strings.Join([]string{pv("small", "1Mi", `"ReadWriteOnce"`, ""), pv("large", "2Gi", `"ReadWriteOnce"`, ""),
		pv("second", "1.5Gi", `"ReadWriteOnce"`, ""), pv("third", "1536Mi", `"ReadWriteOnce"`, "")}, ",")
	expect(t, fmt.Sprintf(question, claim, volumes, ""), `{"answer":{"volume":"second","error":null}}`)
	expect(t, fmt.Sprintf(question, claim, volumes, `,"excluded":["second"]`), `{"answer":{"volume":"third","error":null}}`)
	expect(t, fmt.Sprintf(question, claim, volumes, `,"delayBinding":true`), `{"answer":{"volume":null,"error":null}}`)
	expect(t, fmt.Sprintf(question, claim, volumes, `,"delayBinding":true,"node":{}`), `{"answer":{"volume":"second","error":null}}`)
}

// The functions are linked by name: a change of their types would show here.
func TestLinkedFunctions(t *testing.T) {
	rwo, more := `"ReadWriteOnce"`, `"ReadWriteOnce","ReadOnlyMany"`
	volumes := strings.Join([]string{pv("a", "3Gi", rwo, ""), pv("b", "2Gi", more, ""), pv("c", "3Gi", rwo+","+rwo, "")}, ",")
	for range 20 { // until chance has chosen each
		got := ask(t, fmt.Sprintf(`{"op":"findByClaim","question":{"claim":%s,"volumes":[%s]}}`, claim, volumes))[0]
		if got != `{"answer":{"volume":"a","error":null,"possible":["a","c"]}}` &&
			got != `{"answer":{"volume":"c","error":null,"possible":["a","c"]}}` {
			t.Fatal(got)
		}
	}
	reserved := pv("b", "2Gi", more, `,"claimRef":{"namespace":"n","name":"c"}`)
	expect(t, fmt.Sprintf(`{"op":"findByClaim","question":{"claim":%s,"volumes":[%s,%s],"delayBinding":true}}`, claim, pv("a", "3Gi", rwo, ""), reserved),
		`{"answer":{"volume":"b","error":null,"possible":["b"]}}`)
	expect(t, fmt.Sprintf(`{"op":"findByClaim","question":{"claim":%s,"volumes":[%s]}}`, claim, pv("a", "1Gi", rwo, `,"volumeAttributesClassName":"gold"`)),
		`{"answer":{"volume":null,"error":null,"possible":[]}}`)
	question := `{"op":"claimSatisfiedByVolume","question":{"claim":%s,"volume":%s}}`
	expect(t, fmt.Sprintf(question, claim, pv("a", "3Gi", rwo, "")), `{"answer":{"satisfied":true,"error":null}}`)
	expect(t, fmt.Sprintf(question, claim, pv("a", "3Gi", `"ReadWriteMany"`, "")), `{"answer":{"satisfied":false,"error":"incompatible accessMode"}}`)
	// 10E is beyond 64 bits, where Kubernetes reads 0.
	expect(t, fmt.Sprintf(question, claim, pv("a", "10E", rwo, "")), `{"answer":{"satisfied":false,"error":"requested PV is too small"}}`)
}

func TestSmallPredicates(t *testing.T) {
	expect(t, fmt.Sprintf(`{"op":"claimAndVolume","question":{"claim":%s,"volume":%s}}`, claim,
		pv("a", "1Gi", `"ReadWriteMany"`, `,"volumeMode":"Block","claimRef":{"namespace":"n","name":"c","uid":"2"}`)),
		`{"answer":{"boundTo":false,"accessModes":false,"volumeMode":false,"volumeClass":"x"}}`)
	expect(t, fmt.Sprintf(`{"op":"claimClass","question":{"claim":%s,"classes":%s}}`, claim, waiting),
		`{"answer":{"hasClass":true,"class":"x","delayBinding":true,"error":null}}`)
	expect(t, fmt.Sprintf(`{"op":"claimClass","question":{"claim":%s,"classes":[{"metadata":{"name":"x"}}]}}`, claim),
		`{"answer":{"hasClass":true,"class":"x","delayBinding":false,"error":"VolumeBindingMode not set for StorageClass \"x\""}}`)
	expect(t, `{"op":"defaultClass","question":{"classes":[`+
		`{"metadata":{"name":"b","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}},`+
		`{"metadata":{"name":"a","annotations":{"storageclass.beta.kubernetes.io/is-default-class":"true"}}}]}}`,
		`{"answer":{"class":"a","error":null}}`)
	expect(t, `{"op":"topologyMatches","question":{"allowedTopologies":[{}],"labels":{"a":"b"}}}`, `{"answer":{"matches":false}}`)
	expect(t, `{"op":"topologyMatches","question":{"labels":{"a":"b"}}}`, `{"answer":{"matches":true}}`)
	expect(t, `{"op":"checkNodeAffinity","question":{"volume":{"spec":{"nodeAffinity":{"required":{"nodeSelectorTerms":[]}}}}}}`,
		`{"answer":{"matches":false,"error":"no matching NodeSelectorTerms"}}`)
}

func TestScheduler(t *testing.T) {
	affinity := `,"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"zone","operator":"In","values":["a"]}]}]}}`
	nodes := `[{"metadata":{"name":"two"}},{"metadata":{"name":"one","labels":{"zone":"a"}}}]`
	expect(t, fmt.Sprintf(`{"op":"schedulerFilter","question":{"pod":%s,"claims":[%s],"classes":%s,"nodes":%s,"volumes":[%s]}}`,
		pod, claim, waiting, nodes, pv("local", "1Gi", `"ReadWriteOnce"`, affinity)),
		`{"answer":{"preFilter":null,"claims":{"bound":[],"delayed":["c"],"immediate":[]},"claimsError":null,"nodes":[`+
			`{"name":"one","refused":null,"binder":{"reasons":[],"error":null,"bindings":{"c":"local"},"provisions":[]}},`+
			`{"name":"two","refused":{"plugin":"VolumeBinding","code":"UnschedulableAndUnresolvable",`+
			`"reasons":["node(s) didn't find available persistent volumes to bind"]},`+
			`"binder":{"reasons":["node(s) didn't find available persistent volumes to bind"],"error":null,"bindings":{},"provisions":[]}}]}}`)
	// Nothing is left of the question before.
	expect(t, fmt.Sprintf(`{"op":"schedulerFilter","question":{"pod":%s,"nodes":[{"metadata":{"name":"one"}}]}}`, pod),
		`{"answer":{"preFilter":{"plugin":"VolumeRestrictions","code":"UnschedulableAndUnresolvable","reasons":["persistentvolumeclaim \"c\" not found"]},`+
			`"claims":null,"claimsError":"error getting PVC \"n/c\": persistentvolumeclaims \"n/c\" not found","nodes":[{"name":"one","refused":null,"binder":null}]}}`)
	expect(t, fmt.Sprintf(`{"op":"schedulerFilter","question":{"pod":%s,"plugins":["DynamicResources"]}}`, pod),
		`{"refused":"plugin \"DynamicResources\" cannot be asked, only NodeUnschedulable, NodeName, TaintToleration, NodeAffinity, NodePorts, `+
			`NodeResourcesFit, VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone"}`)
}

// A ReadWriteOncePod claim is in use if a pod that has not ended uses it on a node that exists.
func TestSchedulerKnowsThePlacedPods(t *testing.T) {
	alone := strings.Replace(claim, "ReadWriteOnce", "ReadWriteOncePod", 1)
	for placed, refused := range map[string]bool{`"nodeName":"one"`: true, `"nodeName":"gone"`: false, `"hostname":"any"`: false} {
		other := strings.Replace(strings.Replace(pod, `"p"`, `"q"`, 1), `"spec":{`, `"spec":{`+placed+`,`, 1)
		got := ask(t, fmt.Sprintf(`{"op":"schedulerFilter","question":{"pod":%s,"claims":[%s],"pods":[%s],"nodes":[{"metadata":{"name":"one"}}],`+
			`"plugins":["VolumeRestrictions"]}}`, pod, alone, other))[0]
		if strings.Contains(got, "ReadWriteOncePod access mode already in-use") != refused {
			t.Errorf("%s: %s", placed, got)
		}
	}
}
