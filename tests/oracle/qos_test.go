package main

import (
	"fmt"
	"testing"
)

// A LimitRange with a maximum alone makes a bare container Guaranteed in that resource, the limit the request of another one;
// sidecars count, and guaranteedCPUs is linked by name: a change of its type would show here.
func TestPodQOS(t *testing.T) {
	expect(t, `{"op":"podQOS","question":{"memoryCapacity":8589934592,"pod":{"metadata":{"name":"p"},"spec":{"overhead":{"memory":"1Mi"},`+
		`"initContainers":[{"name":"side","restartPolicy":"Always","resources":{"limits":{"cpu":"1","memory":"1Gi"}}}],`+
		`"containers":[{"name":"c","resources":{"limits":{"cpu":"1500m"}}}]}},`+
		`"limitRanges":[{"metadata":{"name":"lr"},"spec":{"limits":[{"type":"Container","max":{"memory":"2Gi"}}]}}]}}`,
		`{"answer":{"admittedClass":"Guaranteed","class":"Guaranteed",`+
			`"limitRanger":"LimitRanger plugin set: memory request for container c; memory limit for container c","refusals":[],"resources":null,"containers":[`+
			`{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"1","memory":"1Gi"},"oomScoreAdj":-997,"exclusiveCpus":1},`+
			`{"requests":{"cpu":"1500m","memory":"2Gi"},"limits":{"cpu":"1500m","memory":"2Gi"},"oomScoreAdj":-997,"exclusiveCpus":0}],`+
			`"requests":{"cpu":"2500m","memory":"3073Mi"},"limits":{"cpu":"2500m","memory":"3073Mi"},"critical":false}}`)
}

func TestResizesThatChangeTheClassAreRefused(t *testing.T) {
	question := `{"op":"podResize","question":{"old":%[1]s,"new":%[2]s}}`
	pod := `{"metadata":{"name":"p","namespace":"n","resourceVersion":"1"},"spec":{"containers":[{"name":"c","image":"i",` +
		`"imagePullPolicy":"Always","terminationMessagePolicy":"File","resources":{"requests":{"cpu":%q},"limits":{"cpu":"2","memory":"1Gi"}}}]}}`
	burstable := fmt.Sprintf(pod, "1")
	expect(t, fmt.Sprintf(question, burstable, fmt.Sprintf(pod, "1500m")), `{"answer":{"errors":[]}}`)
	expect(t, fmt.Sprintf(question, burstable, fmt.Sprintf(pod, "2")),
		`{"answer":{"errors":["spec: Invalid value: \"\": Pod QOS Class may not change as a result of resizing"]}}`)
}

// Pods without statistics come first; priority counts before use. The function is linked by name.
func TestEvictionOrder(t *testing.T) {
	question := `{"op":"evictionOrder","question":{"signal":%q,"pods":[%s],"stats":[%s]}}`
	pods := `{"metadata":{"name":"b","uid":"b"}},{"metadata":{"name":"a","uid":"a"}},{"metadata":{"name":"c","uid":"c"},"spec":{"priority":2000000000}}`
	stats := `{"podRef":{"uid":"b"},"memory":{"workingSetBytes":5},"process_stats":{"process_count":5},"containers":[{"name":"x","rootfs":{"usedBytes":7}}]}`
	expect(t, fmt.Sprintf(question, "memory.available", pods, stats), `{"answer":{"order":["a","c","b"],"critical":["c"]}}`)
	expect(t, fmt.Sprintf(question, "pid.available", pods, stats), `{"answer":{"order":["a","b","c"],"critical":["c"]}}`)
	expect(t, fmt.Sprintf(question, "nodefs.available", pods, stats), `{"answer":{"order":["a","c","b"],"critical":["c"]}}`)
	expect(t, fmt.Sprintf(question, "nonsense", pods, stats), `{"refused":"unknown signal \"nonsense\""}`)
}
