// End to end, the policies of administrators: tiers, actions, domains, and what the evaluators make of named ports.
package main

import (
	"net"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
)

func clusterNetworkPolicies(b *bed) {
	b.start(clusterNetworkPolicy)
	defer b.end()
	b.serveNames()
	b.apply(`{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: guard},
spec: {tier: Admin, priority: 10, subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: b}}}}, ingress: [
  {action: Accept, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: c}}}}], protocols: [{destinationNamedPort: web}]},
  {action: Pass, from: [{namespaces: {matchLabels: {team: red}}}]},
  {action: Deny, from: [{namespaces: {}}]}]}}
---
{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: rest},
spec: {tier: Baseline, priority: 10, subject: {namespaces: {matchLabels: {team: red}}}, ingress: [
  {action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 9090}}}]}]}}`)
	b.expect(`
c b tcp4 8080 open
c b tcp6 9090 denied
c b udp4 8080 denied
a b tcp4 8080 open
a b tcp4 9090 denied
a b udp4 9090 open
c a tcp4 9090 denied
out b tcp4 9090 open`)

	// A NetworkPolicy is asked after the Admin tier, and its word is the last.
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: inner, namespace: one},
spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 9090}]}]}}`)
	b.expect(`
a b tcp4 9090 open
a b tcp4 8080 denied
c b tcp4 8080 open
c b tcp4 9090 denied
c a tcp4 9090 denied`)
	b.delete("networkpolicy", "--namespace", "one", "inner")
	b.expect("a b tcp4 9090 denied\na b tcp4 8080 open")

	// Domains: nothing but what a name led to.
	b.apply(`{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: names},
spec: {tier: Admin, priority: 20, subject: {namespaces: {matchLabels: {team: blue}}}, egress: [
  {action: Accept, to: [{domainNames: ["*.example.org"]}], protocols: [{tcp: {destinationPort: {number: 8080}}}]},
  {action: Deny, to: [{networks: ["198.51.100.0/24", "2001:db8::/32"]}], protocols: [{tcp: {destinationPort: {range: {start: 1, end: 65535}}}}]}]}}`)
	b.expect("c out tcp4 8080 denied\nc out tcp6 8080 denied")
	b.ask(podC, "www.example.org.")
	b.expect("c out tcp4 8080 open\nc out tcp4 9090 denied\nc out tcp6 8080 denied")

	b.delete("clusternetworkpolicy", "--all")
	b.expect("c b tcp6 9090 open\na b tcp4 9090 open\nc out tcp6 8080 open")
}

func adminNetworkPolicies(b *bed) {
	b.start(adminNetworkPolicy)
	defer b.end()
	b.apply(`{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: guard},
spec: {priority: 10, subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: b}}}}, ingress: [
  {action: Allow, from: [{namespaces: {matchLabels: {team: blue}}}], ports: [{portNumber: {port: 8080, protocol: TCP}}]},
  {action: Pass, from: [{namespaces: {matchLabels: {team: red}}}]},
  {action: Deny, from: [{namespaces: {}}]}]}}
---
{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default},
spec: {subject: {namespaces: {matchLabels: {team: red}}}, ingress: [
  {action: Deny, from: [{namespaces: {}}], ports: [{portRange: {start: 9000, end: 9100, protocol: TCP}}]}]}}`)
	b.expect(`
c b tcp4 8080 open
c b tcp6 9090 denied
a b tcp4 8080 open
a b tcp6 9090 denied
a b udp4 9090 open
b a tcp4 9090 denied`)
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: inner, namespace: one},
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 9090}]}]}}`)
	b.expect(`
a b tcp4 9090 open
a b tcp4 8080 denied
c b tcp4 8080 open
c b tcp4 9090 denied`)
	b.delete("networkpolicy", "--namespace", "one", "inner")
	b.delete("adminnetworkpolicy,baselineadminnetworkpolicy", "--all")
	b.expect("c b tcp6 9090 open\na b tcp4 9090 open")
}

// serveNames answers every question outside with the IPv4 address of outside.
func (b *bed) serveNames() {
	var packets net.PacketConn
	var err error
	inside(b, outside, func() { packets, err = net.ListenPacket("udp", ":53") })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = packets.Close() })
	go func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply, err := answerTo(buffer[:n], netip.MustParseAddr(outside.v4)); err == nil {
				_, _ = packets.WriteTo(reply, from)
			}
		}
	}()
}

// answerTo is a DNS answer with an alias and its address.
func answerTo(question []byte, address netip.Addr) ([]byte, error) {
	var message dnsmessage.Message
	if err := message.Unpack(question); err != nil {
		return nil, err
	}
	name, alias := message.Questions[0].Name, dnsmessage.MustNewName("host.elsewhere.test.")
	message.Response = true
	message.Answers = []dnsmessage.Resource{
		{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET, TTL: 60}, Body: &dnsmessage.CNAMEResource{CNAME: alias}},
		{Header: dnsmessage.ResourceHeader{Name: alias, Class: dnsmessage.ClassINET, TTL: 60}, Body: &dnsmessage.AResource{A: address.As4()}},
	}
	return message.Pack()
}

func (b *bed) ask(from host, name string) {
	b.Helper()
	question, err := questionFor(name)
	if err != nil {
		b.Fatal(err)
	}
	connection, err := b.dial(from, "udp", net.JoinHostPort(outside.v4, "53"))
	if err != nil {
		b.Fatal(err)
	}
	defer connection.Close() //nolint:errcheck
	if _, err := connection.Write(question); err != nil {
		b.Fatal(err)
	}
	if _, err := connection.Read(make([]byte, 512)); err != nil {
		b.Fatal(err)
	}
}

func questionFor(name string) ([]byte, error) {
	message := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, RecursionDesired: true}, Questions: []dnsmessage.Question{
		{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
	return message.Pack()
}
