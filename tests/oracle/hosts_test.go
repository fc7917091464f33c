package main

import "testing"

// A pod calls itself by its name, below its subdomain; a hostname that is none keeps it from starting.
func TestPodHosts(t *testing.T) {
	question := func(spec string) string {
		return `{"op":"podHosts","question":{"clusterDomain":"c.l","pod":{"metadata":{"name":"web","namespace":"n"},"spec":` + spec +
			`,"status":{"podIPs":[{"ip":"10.0.0.1"}]}}}}`
	}
	expect(t, question(`{"subdomain":"s","hostAliases":[{"ip":"192.0.2.1","hostnames":["a","b"]}]}`),
		`{"answer":{"hostname":"web","domain":"s.n.svc.c.l","file":"# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n`+
			`::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\n`+
			`fe00::2\tip6-allrouters\n10.0.0.1\tweb.s.n.svc.c.l\tweb\n\n# Entries added by HostAliases.\n192.0.2.1\ta\tb\n","error":null}}`)
}
