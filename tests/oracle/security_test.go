package main

import "testing"

func TestPodSecurity(t *testing.T) {
	// What is not said is not restricted; a pod has to have a name and a container.
	expect(t, `{"op":"podSecurity","question":{"level":"restricted","pod":{"metadata":{"name":"p","namespace":"n"},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"i","securityContext":{"allowPrivilegeEscalation":false,"runAsNonRoot":true,"capabilities":{"drop":["ALL"]},"seccompProfile":{"type":"RuntimeDefault"}}}]}}}}`,
		`{"answer":{"violations":["host namespaces: hostNetwork=true"],"errors":[]}}`)
	expect(t, `{"op":"podSecurity","question":{"level":"baseline","pod":{"metadata":{"name":"p","namespace":"n"},"spec":{"containers":[]}}}}`,
		`{"answer":{"violations":[],"errors":["spec.containers: Required value"]}}`)
}
