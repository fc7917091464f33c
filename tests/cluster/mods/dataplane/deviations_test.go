// End to end: where this data plane does something else than the documentation of the policies says, or something that
// it leaves open. The README lists these; should a version of the evaluators end one of them, a line here fails.
package main

const egressOnly = `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: egress, namespace: one},
spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}}`

// networkDeviations: of NetworkPolicy alone.
func networkDeviations(b *bed) {
	for _, rule := range [][]string{ // a Service of pod a, and what kube-proxy does when a pod comes out at itself
		{"PREROUTING", "-d", "10.96.0.8", "-p", "tcp", "-j", "DNAT", "--to-destination", podA.v4 + ":8080"},
		{"POSTROUTING", "-s", podA.v4, "-d", podA.v4, "-j", "MASQUERADE"},
	} {
		b.must("", "nsenter", append([]string{"--net=/run/netns/" + node.name, "iptables", "-t", "nat", "-A"}, rule...)...)
	}
	b.start(networkPolicy)
	defer b.end()
	if got := b.try(podA, "tcp", "10.96.0.8:80"); got != "open" {
		b.Errorf("itself through its Service, without a policy: %s", got)
	}
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: one},
spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}}`)
	if got := b.try(podA, "tcp", "10.96.0.8:80"); got != "denied" {
		b.Errorf("itself through its Service: %s", got)
	}
	// ICMP is for a rule without ports only.
	if got := b.ping(podB, podA); got != "open" {
		b.Errorf("ping with a rule without ports: %s", got)
	}
	if got := b.ping(podC, podA); got != "denied" {
		b.Errorf("ping without a rule: %s", got)
	}
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: one},
spec: {podSelector: {}, ingress: [{ports: [{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}]}]}}`)
	if got := b.ping(podB, podA); got != "denied" {
		b.Errorf("ping with a rule of all protocols: %s", got)
	}
	// The port names of a sidecar, an init container that keeps running, are not known.
	b.pod("one", "d", "initContainers: [{name: side, image: none, restartPolicy: Always, ports: [{name: admin, containerPort: 9090}]}],",
		"Running", outside)
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: one},
spec: {podSelector: {}, ingress: [{ports: [{port: web}, {port: admin}]}]}}`)
	b.expect("c out tcp4 8080 open\nc out tcp4 9090 denied")
	b.delete("networkpolicy", "--all", "--all-namespaces")
	b.delete("pod", "--namespace", "one", "--force", "--grace-period=0", "d")
}

// clusterDeviations: a pod that a NetworkPolicy selects for one direction has left the Baseline tier for both.
func clusterDeviations(b *bed) {
	b.start(clusterNetworkPolicy)
	defer b.end()
	b.apply(`{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: rest},
spec: {tier: Baseline, priority: 10, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}`)
	b.expect("c b tcp4 8080 denied")
	b.apply(egressOnly)
	b.expect("c b tcp4 8080 open\na c tcp4 8080 denied")
	b.delete("networkpolicy", "--all", "--all-namespaces")
	b.delete("clusternetworkpolicy", "--all")

	// Nodes as peers are the addresses of the nodes.
	b.farNode()
	b.apply(`{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: nodes},
spec: {tier: Admin, priority: 10, subject: {namespaces: {matchLabels: {team: red}}}, egress: [
  {action: Deny, to: [{nodes: {matchExpressions: [{key: far, operator: Exists}]}}]}]}}`)
	b.expect("a out tcp4 8080 denied\na c tcp4 8080 open")
	b.delete("clusternetworkpolicy", "--all")
}

// farNode gives the other node the address of outside.
func (b *bed) farNode() {
	b.Helper()
	b.must("", b.kubectl, "--kubeconfig", b.kubeconfig, "patch", "node", "agt-far", "--subresource", "status",
		"--patch", `{"status": {"addresses": [{"type": "InternalIP", "address": "`+outside.v4+`"}]}}`)
}

func adminDeviations(b *bed) {
	b.start(adminNetworkPolicy)
	defer b.end()
	b.apply(`{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default},
spec: {subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}`)
	b.expect("c b tcp4 8080 denied")
	b.apply(egressOnly)
	b.expect("c b tcp4 8080 open\na c tcp4 8080 denied")
	b.delete("networkpolicy", "--all", "--all-namespaces")
	b.delete("baselineadminnetworkpolicy", "--all")

	// A named port is any port of a pod that has this name for one of them.
	b.apply(`{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: guard},
spec: {priority: 10, subject: {namespaces: {matchLabels: {team: red}}}, ingress: [
  {action: Deny, from: [{namespaces: {}}], ports: [{namedPort: web}]}]}}`)
	b.expect("c b tcp4 8080 denied\nc b tcp4 9090 denied\nc b udp4 9090 denied\na c tcp4 8080 open")

	// Nodes as peers are the pods that run there, not the addresses of the nodes.
	b.farNode()
	b.apply(`{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: guard},
spec: {priority: 10, subject: {namespaces: {matchLabels: {team: red}}}, egress: [
  {action: Deny, to: [{nodes: {matchExpressions: [{key: far, operator: Exists}]}}]}]}}`)
	b.expect("a out tcp4 8080 open\na c tcp4 8080 open")
	b.apply(`{apiVersion: v1, kind: Node, metadata: {name: agt-node, labels: {far: "no"}}}`)
	b.expect("a out tcp4 8080 open\na c tcp4 8080 denied\nc a tcp4 8080 open")
	b.delete("adminnetworkpolicy", "--all")
}
