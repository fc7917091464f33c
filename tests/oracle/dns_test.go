package main

import "testing"

// What the pod adds comes last; a duplicate counts once; an option of the pod replaces that of the kubelet.
func TestPodDNS(t *testing.T) {
	expect(t, `{"op":"podDNS","question":{"clusterDNS":["10.96.0.10"],"clusterDomain":"cluster.local",`+
		`"nodeFile":"search a.example. b.example\nnameserver 192.0.2.1\noptions rotate\n",`+
		`"pod":{"metadata":{"name":"p","namespace":"n"},"spec":{"containers":[],"dnsConfig":{"nameservers":["10.96.0.10","192.0.2.2"],`+
		`"searches":["b.example","c.example"],"options":[{"name":"ndots","value":"2"},{"name":"edns0"}]}}}}}`,
		`{"answer":{"servers":["10.96.0.10","192.0.2.2"],`+
			`"searches":["n.svc.cluster.local","svc.cluster.local","cluster.local","a.example","b.example","c.example"],`+
			`"options":["edns0","ndots:2"],"events":[],"error":null}}`)
}

// On the network of its node, a pod has the names of its node; a nameserver without an address is an error.
func TestPodDNSOfTheNode(t *testing.T) {
	question := func(file string) string {
		return `{"op":"podDNS","question":{"clusterDNS":["10.96.0.10"],"nodeFile":"` + file +
			`","pod":{"metadata":{"name":"p"},"spec":{"hostNetwork":true,"containers":[]}}}}`
	}
	expect(t, question(`nameserver 192.0.2.1\noptions b a\noptions b:1`),
		`{"answer":{"servers":["192.0.2.1"],"searches":[],"options":["a","b:1"],"events":[],"error":null}}`)
	expect(t, question(`nameserver`), `{"answer":{"servers":[],"searches":[],"options":[],"events":[],`+
		`"error":"Encountered error while parsing resolv conf file. Error: nameserver list is empty "}}`)
}
