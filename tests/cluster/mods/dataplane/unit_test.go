// What needs neither root nor a cluster.
package main

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

func TestACacheIsSettledWhenItLacksNothingOfAList(t *testing.T) {
	object := func(namespace, name, version string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name, ResourceVersion: version, UID: types.UID(name)}
	}
	list := &metav1.PartialObjectMetadataList{ListMeta: metav1.ListMeta{ResourceVersion: "100"}}
	for _, item := range []metav1.ObjectMeta{object("n", "same", "9"), object("n", "moved-on", "10"), object("n", "new", "99"),
		object("n", "changed", "98"), object("n", "odd", "7")} {
		list.Items = append(list.Items, metav1.PartialObjectMetadata{ObjectMeta: item})
	}
	var cached []any
	for _, meta := range []metav1.ObjectMeta{object("n", "same", "9"), object("n", "moved-on", "101"), object("n", "changed", "9"),
		object("n", "gone", "100"), object("m", "same", "12"), object("n", "younger", "101"), object("n", "odd", "x")} {
		cached = append(cached, &corev1.Pod{ObjectMeta: meta})
	}
	missing := difference("Pod", list, cached)
	slices.Sort(missing)
	want := []string{
		"Pod m/same is seen, it is deleted",
		"Pod n/changed is seen with resourceVersion 9, it has 98",
		"Pod n/gone is seen, it is deleted",
		"Pod n/new is not seen",
		"Pod n/odd is seen with resourceVersion x, it has 7",
	}
	if !slices.Equal(missing, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(missing, "\n"), strings.Join(want, "\n"))
	}
	if missing := difference("Pod", &metav1.PartialObjectMetadataList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}}, nil); missing != nil {
		t.Errorf("of nothing: %v", missing)
	}
}

func TestAnAddressBelongsToThePodThatTookItLast(t *testing.T) {
	at := func(second int64) metav1.Time { return metav1.Unix(second, 0) }
	leaving := at(50)
	pod := func(name string, created int64, phase corev1.PodPhase, change func(*corev1.Pod)) *corev1.Pod {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name, UID: types.UID(name), CreationTimestamp: at(created)},
			Status: corev1.PodStatus{Phase: phase, PodIP: "10.0.0.1", PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}, {IP: "FD00:0::1"}}}}
		if change != nil {
			change(p)
		}
		return p
	}
	onHost := func(p *corev1.Pod) { p.Spec.HostNetwork = true }
	deleted := func(p *corev1.Pod) { p.DeletionTimestamp = &leaving }
	for _, c := range []struct {
		name string
		pods []*corev1.Pod
		want string
	}{
		{"one", []*corev1.Pod{pod("a", 1, corev1.PodRunning, nil)}, "n/a"},
		{"on the host network", []*corev1.Pod{pod("a", 1, corev1.PodRunning, onHost)}, ""},
		{"ended well", []*corev1.Pod{pod("a", 1, corev1.PodSucceeded, nil)}, ""},
		{"ended badly", []*corev1.Pod{pod("a", 1, corev1.PodFailed, nil)}, ""},
		{"starting after one that ended", []*corev1.Pod{pod("a", 1, corev1.PodSucceeded, nil), pod("b", 2, corev1.PodPending, nil)}, "n/b"},
		{"starting after one that runs still", []*corev1.Pod{pod("a", 1, corev1.PodRunning, deleted), pod("b", 2, corev1.PodPending, nil)}, "n/b"},
		{"being deleted, the younger", []*corev1.Pod{pod("a", 1, corev1.PodRunning, nil), pod("b", 2, corev1.PodRunning, deleted)}, "n/a"},
		{"being deleted, alone", []*corev1.Pod{pod("a", 1, corev1.PodRunning, deleted)}, "n/a"},
		{"of one age", []*corev1.Pod{pod("b", 1, corev1.PodRunning, nil), pod("a", 1, corev1.PodRunning, nil)}, "n/b"},
	} {
		informer := cache.NewSharedIndexInformer(&cache.ListWatch{}, &corev1.Pod{}, 0, cache.Indexers{})
		resolver, err := newPodsByAddress(informer)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range c.pods {
			if err := informer.GetIndexer().Add(p); err != nil {
				t.Fatal(err)
			}
		}
		for _, ip := range []string{"10.0.0.1", "fd00::1"} {
			if got, found := resolver.LookupPod(ip); got != c.want || found != (c.want != "") {
				t.Errorf("%s: %s is of %q, not of %q", c.name, ip, got, c.want)
			}
		}
		if got, found := resolver.LookupPod("10.0.0.2"); found {
			t.Errorf("%s: 10.0.0.2 is of %q", c.name, got)
		}
	}
}

func TestADomainHasItsAddressesWhileTheyLive(t *testing.T) {
	now := time.Unix(1000, 0)
	table := newDomainTable(func() time.Time { return now })
	question, err := questionFor("WWW.example.org.")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := answerTo(question, netip.MustParseAddr("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	table.learn(question) // is no answer
	table.learn(answer[:len(answer)-1])
	given, other := net.ParseIP("192.0.2.1"), net.ParseIP("192.0.2.2")
	if table.ContainsIP("www.example.org", given) {
		t.Error("learnt from what is no answer")
	}
	table.learn(answer)
	for domain, want := range map[string]bool{"www.example.org": true, "www.Example.org.": true, "*.example.org": true, "*.org": true,
		"example.org": false, "*.www.example.org": false, "*.ample.org": false, "host.elsewhere.test": false} {
		if got := table.ContainsIP(domain, given); got != want {
			t.Errorf("%s has the address: %t", domain, got)
		}
		if table.ContainsIP(domain, other) {
			t.Errorf("%s has an address that was not given", domain)
		}
	}
	now = now.Add(60 * time.Second)
	if table.ContainsIP("www.example.org", given) || table.ContainsIP("*.org", given) {
		t.Error("an address outlives its answer")
	}
}

func TestAFlowIsThePacketThatOpenedIt(t *testing.T) {
	flow := &netlink.ConntrackFlow{
		Forward: netlink.IPTuple{Protocol: 6, SrcIP: net.ParseIP("10.0.0.1"), SrcPort: 40000, DstIP: net.ParseIP("10.96.0.1"), DstPort: 80},
		Reverse: netlink.IPTuple{Protocol: 6, SrcIP: net.ParseIP("10.0.0.2"), SrcPort: 8080, DstIP: net.ParseIP("10.0.0.9"), DstPort: 50000},
	}
	packet := packetOf(flow)
	if packet.Family != "IPv4" || packet.Proto != "TCP" || packet.SrcIP.String() != "10.0.0.1" || packet.SrcPort != 40000 ||
		packet.DstIP.String() != "10.0.0.2" || packet.DstPort != 8080 {
		t.Errorf("%+v", packet)
	}
	flow.Forward.Protocol = 1
	if packet := packetOf(flow); packet.Proto != "" || packet.SrcPort != 0 || packet.DstPort != 0 {
		t.Errorf("ICMP has ports: %+v", packet)
	}
	flow.Forward.Protocol, flow.Forward.SrcIP = 17, net.ParseIP("fd00::1")
	if packet := packetOf(flow); packet.Proto != "UDP" || packet.Family != "IPv6" {
		t.Errorf("%+v", packet)
	}
}

func TestTheChainLetsNothingPassThatNobodyJudged(t *testing.T) {
	want := `*filter
:NETSTORE-POLICY - [0:0]
-A NETSTORE-POLICY -p udp -m conntrack --ctstate ESTABLISHED --ctproto 17 --ctorigdstport 53 --ctdir REPLY -j NFQUEUE --queue-num 99
-A NETSTORE-POLICY -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A NETSTORE-POLICY -m mark --mark 0x20000000/0x20000000 -j REJECT --reject-with icmp6-adm-prohibited
-A NETSTORE-POLICY -p icmpv6 --icmpv6-type 133 -j ACCEPT
-A NETSTORE-POLICY -p icmpv6 --icmpv6-type 134 -j ACCEPT
-A NETSTORE-POLICY -p icmpv6 --icmpv6-type 135 -j ACCEPT
-A NETSTORE-POLICY -p icmpv6 --icmpv6-type 136 -j ACCEPT
-A NETSTORE-POLICY -p icmpv6 --icmpv6-type 137 -j ACCEPT
-A NETSTORE-POLICY -m conntrack --ctstate INVALID -j DROP
-A NETSTORE-POLICY -p tcp -m conntrack --ctstate NEW -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with tcp-reset
-A NETSTORE-POLICY -j NFQUEUE --queue-num 98
COMMIT
`
	if got := families[1].rules(98, true, reject); got != want {
		t.Errorf("IPv6, domains, reject:\n%s", got)
	}
	want = `*filter
:NETSTORE-POLICY - [0:0]
-A NETSTORE-POLICY -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A NETSTORE-POLICY -m conntrack --ctstate INVALID -j DROP
-A NETSTORE-POLICY -p tcp -m conntrack --ctstate NEW -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP
-A NETSTORE-POLICY -j NFQUEUE --queue-num 7
COMMIT
`
	if got := families[0].rules(7, false, drop); got != want {
		t.Errorf("IPv4, drop:\n%s", got)
	}
}

func TestTheCommandLineIsRead(t *testing.T) {
	good := []string{"--kubeconfig", "k", "--node", "n", "--socket", "s", "--mode", "networkpolicy"}
	got, err := parse(good)
	if want := (options{"k", "n", networkPolicy, "s", 98, reject}); err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
	for _, more := range [][]string{{"--mode", "none"}, {"--mode", ""}, {"--deny", "never"}, {"--queue", "65535"}, {"--socket", ""}, {"more"}} {
		if got, err := parse(slices.Concat(good, more)); err == nil {
			t.Errorf("%v is taken for %+v", more, got)
		}
	}
}
