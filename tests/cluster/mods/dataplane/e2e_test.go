// End to end: real packets between network namespaces, policies in a real API server, the agent as it runs on a node.
package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

func TestPacketsAreJudgedByThePoliciesOfTheCluster(t *testing.T) {
	b := newBed(t)
	b.populate()
	for _, part := range []struct {
		name string
		run  func(*bed)
	}{
		{"NetworkPolicy", networkPolicies},
		{"Connections", connections},
		{"Bridge", bridge},
		{"Addresses", foreignAddresses},
		{"Settle", settling},
		{"ClusterNetworkPolicy", clusterNetworkPolicies},
		{"AdminNetworkPolicy", adminNetworkPolicies},
		{"Crash", crash},
		{"NetworkPolicyDeviates", networkDeviations},
		{"ClusterNetworkPolicyDeviates", clusterDeviations},
		{"AdminNetworkPolicyDeviates", adminDeviations},
	} {
		t.Run(part.name, func(t *testing.T) {
			inner := *b
			inner.T = t
			part.run(&inner)
		})
	}
}

// populate makes pods a and b in namespace one, c, d and e in two. Everybody serves 8080 (pods call it web) and 9090, TCP and UDP.
func (b *bed) populate() {
	b.apply(`
{apiVersion: v1, kind: Namespace, metadata: {name: one, labels: {team: red}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: two, labels: {team: blue}}}
---
{apiVersion: v1, kind: Node, metadata: {name: agt-node}}
---
{apiVersion: v1, kind: Node, metadata: {name: agt-far, labels: {far: "yes"}}}
`)
	crds := b.folder + "/crds"
	b.must("", "./crds", crds)
	b.must("", b.kubectl, "--kubeconfig", b.kubeconfig, "apply", "--server-side", "--filename", crds)
	b.must("", b.kubectl, "--kubeconfig", b.kubeconfig, "wait", "--for=condition=Established", "crd", "--all")
	for _, namespace := range []string{"one", "two"} { // without its service account a namespace takes no pods
		b.must("", b.kubectl, "--kubeconfig", b.kubeconfig, "wait", "--namespace", namespace, "--for=create", "serviceaccount/default")
	}
	b.pod("one", "a", "", "Running", podA)
	b.pod("one", "b", "", "Running", podB)
	b.pod("two", "c", "", "Running", podC)
	for name, h := range bridged {
		b.pod("two", name, "", "Running", h)
		hosts[name] = h
	}
	for _, h := range hosts {
		b.serve(h, "8080", "9090")
	}
}

func (b *bed) pod(namespace, name, spec, phase string, h host) {
	b.Helper()
	b.apply(fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: %s, labels: {app: %s}}, spec: {nodeName: agt-node, %s
automountServiceAccountToken: false, containers: [{name: main, image: none, ports: [{name: web, containerPort: 8080}]}]}}`,
		name, namespace, name, spec))
	b.must("", b.kubectl, "--kubeconfig", b.kubeconfig, "patch", "--namespace", namespace, "pod", name, "--subresource", "status",
		"--patch", fmt.Sprintf(`{"status": {"phase": %q, "podIP": %q, "podIPs": [{"ip": %q}, {"ip": %q}]}}`, phase, h.v4, h.v4, h.v6))
	if b.agent != nil {
		b.settle()
	}
}

func networkPolicies(b *bed) {
	b.start(networkPolicy)
	defer b.end()
	open := `
a b tcp4 8080 open
a b tcp6 8080 open
a b udp4 9090 open
c b udp6 9090 open
b out tcp4 9090 open`
	b.expect(open)

	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: none, namespace: one},
spec: {podSelector: {}, policyTypes: [Ingress], ingress: []}}`)
	b.expect(`
a b tcp4 8080 denied
c b tcp6 8080 denied
c a udp4 9090 denied
c a udp6 9090 denied
out a tcp4 9090 denied
a c tcp4 8080 open
a out tcp6 8080 open`)

	b.apply(`
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: one},
spec: {podSelector: {matchLabels: {app: b}}, ingress: [
  {from: [{podSelector: {matchLabels: {app: a}}}], ports: [{port: web}]},
  {from: [{namespaceSelector: {matchLabels: {team: blue}}}], ports: [{port: 9090, protocol: UDP}]},
  {from: [{ipBlock: {cidr: 198.51.100.0/24}}, {ipBlock: {cidr: "2001:db8::/64", except: ["2001:db8::/124"]}}],
   ports: [{port: 9000, endPort: 9100}]}]}}`)
	b.expect(`
a b tcp4 8080 open
a b tcp6 8080 open
a b tcp4 9090 denied
a b udp4 8080 denied
c b udp4 9090 open
c b udp6 9090 open
c b tcp4 9090 denied
out b tcp4 9090 open
out b tcp4 8080 denied
out b tcp6 9090 open
c a udp4 9090 denied`)

	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: leave, namespace: two},
spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.77.0.0/24, except: [10.77.0.2/32]}}]}]}}`)
	b.expect(`
c b udp4 9090 open
c b udp6 9090 denied
c b tcp4 8080 denied
c out tcp4 8080 denied
b c tcp4 8080 open`)

	// A hundred denials, as quick as the first: the kernel's limit on ICMP errors is off.
	start := time.Now()
	b.expect(strings.Repeat("c out tcp4 8080 denied\nc out tcp6 8080 denied\n", 50))
	if took := time.Since(start); took > 5*time.Second {
		b.Errorf("100 denials took %s", took)
	}

	b.delete("networkpolicy", "--all", "--all-namespaces")
	b.expect(open)
	if v := b.settle(); len(v.Policies) != 0 || v.Pods != 5 || v.Packets.Errors != 0 || v.Packets.Denied < 100 {
		b.Errorf("seen: %+v", v)
	}
}

// connections: what is known already is judged anew when a change settles.
func connections(b *bed) {
	b.must("", "nsenter", "--net=/run/netns/"+node.name, "iptables", "-t", "nat", "-A", "PREROUTING", "-d", "10.96.0.9", "-p", "tcp",
		"--dport", "80", "-j", "DNAT", "--to-destination", podB.v4+":8080")
	b.start(networkPolicy)
	defer b.end()
	dial := func(protocol, to string) net.Conn {
		b.Helper()
		connection, err := b.dial(podA, protocol, to)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = connection.Close() })
		if got := speak(connection); got != "open" {
			b.Fatal(got)
		}
		return connection
	}
	kept, service := dial("tcp", podC.v4+":8080"), dial("tcp", "10.96.0.9:80")
	ended, six, packets := dial("tcp", podB.v4+":9090"), dial("tcp", "["+podB.v6+"]:9090"), dial("udp", podB.v4+":9090")
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: one},
spec: {podSelector: {matchLabels: {app: b}}, ingress: [{ports: [{port: web}]}]}}`)
	for _, one := range []struct {
		name, want string
		connection net.Conn
	}{
		{"allowed", "open", kept}, {"allowed through a Service", "open", service},
		{"denied now", "reset", ended}, {"denied now, IPv6", "reset", six}, {"denied now, UDP", "denied", packets},
	} {
		if got := speak(one.connection); got != one.want {
			b.Errorf("a connection that is %s: %s", one.name, got)
		}
	}
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: one},
spec: {podSelector: {matchLabels: {app: b}}, ingress: [{ports: [{port: 8081}]}]}}`)
	if got := b.try(podA, "tcp", "10.96.0.9:80"); got != "denied" {
		b.Errorf("through a Service: %s", got)
	}
	b.delete("networkpolicy", "--all", "--all-namespaces")
}

// bridge: packets between two pods of one bridge come by, too, if the node's namespace wants to see them.
func bridge(b *bed) {
	b.start(networkPolicy)
	defer b.end()
	b.expect("d e tcp4 8080 open\ne d udp6 8080 open\na d tcp4 8080 open\nd a tcp6 8080 open")
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: two},
spec: {podSelector: {matchExpressions: [{key: app, operator: In, values: [d, e]}]}, ingress: [{ports: [{port: web}]}]}}`)
	for _, name := range []string{"agt-d", "agt-e"} { // they have to find each other again
		b.must("", "ip", "-n", name, "neighbour", "flush", "dev", "eth0")
	}
	b.expect(`
e d tcp4 8080 open
e d tcp6 8080 open
e d tcp4 9090 denied
e d tcp6 9090 denied
e d udp4 9090 denied
e d udp6 9090 denied
a d tcp4 9090 denied
d e tcp6 9090 denied`)
	b.delete("networkpolicy", "--all", "--all-namespaces")
}

// foreignAddresses: an address is a pod's only while it is this pod's alone.
func foreignAddresses(b *bed) {
	b.start(networkPolicy)
	defer b.end()
	b.pod("one", "friend", "hostNetwork: true,", "Running", outside)
	b.pod("one", "gone", "", "Succeeded", outside)
	b.pod("one", "over", "", "Failed", podC)
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: friends, namespace: one},
spec: {podSelector: {matchLabels: {app: b}}, ingress: [{from: [{podSelector: {}}]}]}}`)
	b.expect(`
a b tcp4 8080 open
out b tcp4 8080 denied
c b tcp4 8080 denied`)
	if got := b.try(node, "tcp", podB.v4+":8080"); got != "open" {
		b.Errorf("from the node: %s", got)
	}
	b.delete("networkpolicy", "--all", "--all-namespaces")
	b.delete("pod", "--namespace", "one", "--force", "--grace-period=0", "friend", "gone", "over")
}
