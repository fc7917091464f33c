// End to end: when a change counts, and what an agent that ends or dies leaves behind.
package main

import (
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// settling: a change counts with the answer of /settle, not before it and not after.
func settling(b *bed) {
	b.start(networkPolicy)
	defer b.end()
	config, err := clientcmd.BuildConfigFromFlags("", b.kubeconfig)
	if err != nil {
		b.Fatal(err)
	}
	config.QPS = -1
	policies := kubernetes.NewForConfigOrDie(config).NetworkingV1().NetworkPolicies("one")
	none := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "none"}}
	for range 50 { // by a client that loses no time
		if _, err := policies.Create(b.Context(), none, metav1.CreateOptions{}); err != nil {
			b.Fatal(err)
		}
		b.settle()
		b.expect("a b tcp4 8080 denied")
		if err := policies.Delete(b.Context(), none.Name, metav1.DeleteOptions{}); err != nil {
			b.Fatal(err)
		}
		b.settle()
		b.expect("a b tcp4 8080 open")
	}

	b.server.Lock() // the agent hears nothing of this
	_, err = policies.Create(b.Context(), none, metav1.CreateOptions{})
	status, body := b.post("/settle?timeout=300ms")
	b.server.Unlock()
	if err != nil || status != http.StatusGatewayTimeout {
		b.Errorf("settled without the API server: %d %s %v", status, body, err)
	}
	b.settle()
	b.expect("a b tcp4 8080 denied")
	b.delete("networkpolicy", "--all", "--all-namespaces")
	if status, body := b.post("/settle?timeout=soon"); status != http.StatusBadRequest {
		b.Errorf("a time that is none: %d %s", status, body)
	}
}

// crash: without an agent nothing new passes, and the next one takes over.
func crash(b *bed) {
	b.start(networkPolicy, "--deny", "drop")
	connection, err := b.dial(podA, "tcp", podB.v4+":8080")
	if err != nil {
		b.Fatal(err)
	}
	defer connection.Close() //nolint:errcheck
	second := exec.Command(b.agent.Path, append(b.agent.Args[1:], "--socket", b.socket+"2", "--queue", "200")...)
	if output, err := second.CombinedOutput(); err == nil || !strings.Contains(string(output), "an agent already") {
		b.Errorf("two agents in one namespace: %s %v", output, err)
	}
	_ = b.stop(syscall.SIGKILL)
	b.expect("a b tcp4 8080 silent\na b udp6 8080 silent")
	if got := speak(connection); got != "open" {
		b.Errorf("a connection of before: %s", got)
	}
	b.start(networkPolicy, "--deny", "drop")
	b.expect("a b tcp4 8080 open\na b udp6 8080 open")
	b.apply(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: none, namespace: one}, spec: {podSelector: {}}}`)
	b.expect("a b tcp4 8080 silent")
	b.end()
	b.expect("a b tcp4 8080 open")
	b.must("", b.kubectl, "--kubeconfig", b.kubeconfig, "delete", "networkpolicy", "--all", "--all-namespaces")
}

// end asks the agent to end and looks at what it leaves.
func (b *bed) end() {
	b.Helper()
	if err := b.stop(syscall.SIGTERM); err != nil {
		b.Errorf("the agent ended with %v", err)
	}
	for _, f := range families {
		rules, err := exec.Command("nsenter", "--net=/run/netns/"+node.name, f.command+"-save", "-t", "filter").Output()
		if err != nil || strings.Contains(string(rules), chain) {
			b.Errorf("left behind: %s %v", rules, err)
		}
	}
	if _, err := net.Dial("unix", b.socket); err == nil {
		b.Error("the socket answers still")
	}
}
