// A bed for the end-to-end tests: a node and pods as network namespaces, routed as the ptp plugin does it, and a control
// plane that believes in them. Needs root.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

const clusterFolder = "../.."

type bed struct {
	*testing.T
	folder     string
	kubectl    string
	kubeconfig string
	program    string
	socket     string
	agent      *exec.Cmd
	server     *sync.Mutex // locked: the node's way to the API server is closed
}

// host is a namespace with two addresses: a pod, or somebody outside.
type host struct{ name, v4, v6 string }

var (
	node    = host{"agt-node", "10.77.0.1", "fd77::1"}
	podA    = host{"agt-a", "10.77.0.2", "fd77::2"}
	podB    = host{"agt-b", "10.77.0.3", "fd77::3"}
	podC    = host{"agt-c", "10.77.0.4", "fd77::4"}
	outside = host{"agt-out", "198.51.100.10", "2001:db8::10"}
	hosts   = map[string]host{"a": podA, "b": podB, "c": podC, "out": outside}

	// Two more pods, on a bridge of the node.
	gateway = host{"agt-bridge", "10.77.1.1", "fd77:1::1"}
	bridged = map[string]host{"d": {"agt-d", "10.77.1.2", "fd77:1::2"}, "e": {"agt-e", "10.77.1.3", "fd77:1::3"}}
)

func newBed(t *testing.T) *bed {
	skip := t.Skipf
	if os.Getenv("CI") == "true" {
		skip = t.Fatalf
	}
	if os.Geteuid() != 0 {
		skip("needs root: makes network namespaces and packet filter rules")
	}
	for _, tool := range []string{"ip", "nsenter", "iptables", "ip6tables", "openssl", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			skip("needs %q on PATH", tool)
		}
	}
	b := &bed{T: t, folder: t.TempDir(), server: &sync.Mutex{}}
	binaries := strings.TrimSpace(b.must("", filepath.Join(clusterFolder, "build"), "--print"))
	b.kubectl = filepath.Join(binaries, "kubectl")
	if _, err := os.Stat(b.kubectl); err != nil {
		skip("the control plane is not built: tests/cluster/build")
	}
	b.program = filepath.Join(b.folder, "dataplane")
	b.must("", "go", "build", "-o", b.program, ".")

	state := filepath.Join(b.folder, "cluster")
	t.Cleanup(func() { b.must("", filepath.Join(clusterFolder, "down"), "--state", state, "--purge") })
	b.must("", filepath.Join(clusterFolder, "up"), "--state", state)
	b.kubeconfig = filepath.Join(state, "admin.kubeconfig")
	b.socket = filepath.Join(b.folder, "agent.sock")

	b.connect()
	return b
}

// connect makes the namespaces: everybody behind one router, which is the node.
func (b *bed) connect() {
	remove := func() {
		for _, name := range []string{"agt-a", "agt-b", "agt-c", "agt-d", "agt-e", outside.name, node.name} {
			_ = exec.Command("ip", "netns", "delete", name).Run()
		}
	}
	remove()
	b.Cleanup(remove)
	b.must("", "ip", "netns", "add", node.name)
	b.must("", "ip", "-n", node.name, "link", "set", "lo", "up")
	for _, h := range hosts {
		script := fmt.Sprintf(`set -e
ip netns add %[1]s
ip -n %[5]s link add %[1]s type veth peer name eth0 netns %[1]s
ip -n %[1]s link set lo up
ip -n %[1]s addr add %[2]s/32 dev eth0
ip -n %[1]s addr add %[3]s/128 dev eth0 nodad
ip -n %[1]s link set eth0 up
ip -n %[5]s link set %[1]s up
ip -n %[5]s addr add %[4]s/32 dev %[1]s
ip -n %[5]s addr add %[6]s/128 dev %[1]s nodad
ip -n %[5]s route add %[2]s dev %[1]s
ip -n %[5]s route add %[3]s dev %[1]s
ip -n %[1]s route add %[4]s dev eth0
ip -n %[1]s route add default via %[4]s
ip -n %[1]s route add %[6]s dev eth0
ip -n %[1]s route add default via %[6]s`, h.name, h.v4, h.v6, node.v4, node.name, node.v6)
		b.must("", "sh", "-c", script)
	}
	b.must("", "sh", "-c", fmt.Sprintf(`set -e
ip -n %[1]s link add %[2]s type bridge
ip -n %[1]s addr add %[3]s/24 dev %[2]s
ip -n %[1]s addr add %[4]s/64 dev %[2]s nodad
ip -n %[1]s link set %[2]s up`, node.name, gateway.name, gateway.v4, gateway.v6))
	for _, h := range bridged {
		b.must("", "sh", "-c", fmt.Sprintf(`set -e
ip netns add %[1]s
ip -n %[4]s link add %[1]s type veth peer name eth0 netns %[1]s
ip -n %[4]s link set %[1]s up master %[5]s
ip -n %[1]s link set lo up
ip -n %[1]s addr add %[2]s/24 dev eth0
ip -n %[1]s addr add %[3]s/64 dev eth0 nodad
ip -n %[1]s link set eth0 up
ip -n %[1]s route add default via %[6]s
ip -n %[1]s route add default via %[7]s`, h.name, h.v4, h.v6, node.name, gateway.name, gateway.v4, gateway.v6))
	}
	inside(b, node, func() {
		for _, file := range []string{"/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding",
			"/proc/sys/net/bridge/bridge-nf-call-iptables", "/proc/sys/net/bridge/bridge-nf-call-ip6tables"} {
			if err := os.WriteFile(file, []byte("1"), 0); err != nil {
				b.Error(err)
			}
		}
	})
	b.bridgeToServer()
}

// bridgeToServer lets the node reach the API server, which listens on the machine's loopback, at the same address.
func (b *bed) bridgeToServer() {
	config, err := clientcmd.BuildConfigFromFlags("", b.kubeconfig)
	if err != nil {
		b.Fatal(err)
	}
	server, err := url.Parse(config.Host)
	if err != nil {
		b.Fatal(err)
	}
	var listener net.Listener
	inside(b, node, func() { listener, err = net.Listen("tcp", server.Host) })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server.Host)
			if err != nil {
				_ = near.Close()
				continue
			}
			go b.pass(far, near)
			go b.pass(near, far)
		}
	}()
}

func (b *bed) pass(to, from net.Conn) {
	defer to.Close() //nolint:errcheck
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		b.server.Lock()
		_, err = to.Write(buffer[:n])
		b.server.Unlock()
		if err != nil {
			return
		}
	}
}

// start runs the agent on the node and waits for its socket.
func (b *bed) start(mode mode, more ...string) {
	b.Helper()
	b.agent = exec.Command("nsenter", append([]string{"--net=/run/netns/" + node.name, b.program, "--kubeconfig", b.kubeconfig,
		"--node", node.name, "--mode", string(mode), "--socket", b.socket}, more...)...)
	b.agent.Stderr = b.Output()
	if err := b.agent.Start(); err != nil {
		b.Fatal(err)
	}
	agent := b.agent
	b.Cleanup(func() { _ = agent.Process.Kill() })
	for end := time.Now().Add(startTime); ; time.Sleep(20 * time.Millisecond) {
		if connection, err := net.Dial("unix", b.socket); err == nil {
			_ = connection.Close()
			return
		}
		if time.Now().After(end) {
			b.Fatal("the agent is not ready")
		}
	}
}

func (b *bed) stop(signal os.Signal) error {
	b.Helper()
	if err := b.agent.Process.Signal(signal); err != nil {
		b.Fatal(err)
	}
	return b.agent.Wait()
}

// settle waits until what was applied counts, and gives what the agent sees.
func (b *bed) settle() (v view) {
	b.Helper()
	status, body := b.post("/settle?timeout=10s")
	if status != http.StatusOK {
		b.Fatalf("settle: %d %s", status, body)
	}
	if err := json.Unmarshal(body, &v); err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *bed) post(path string) (int, []byte) {
	b.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", b.socket) }}}
	response, err := client.Post("http://agent"+path, "", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return response.StatusCode, body
}

// apply gives objects to the API server and waits until they count.
func (b *bed) apply(manifest string) {
	b.Helper()
	b.must(manifest, b.kubectl, "--kubeconfig", b.kubeconfig, "apply", "--server-side", "--filename", "-")
	if b.agent != nil {
		b.settle()
	}
}

func (b *bed) delete(arguments ...string) {
	b.Helper()
	b.must("", b.kubectl, append([]string{"--kubeconfig", b.kubeconfig, "delete"}, arguments...)...)
	b.settle()
}

func (b *bed) must(input, name string, arguments ...string) string {
	b.Helper()
	command := exec.Command(name, arguments...)
	command.Stdin = strings.NewReader(input)
	var problems bytes.Buffer
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		b.Fatalf("%s %s: %v\n%s%s", name, strings.Join(arguments, " "), err, output, problems.String())
	}
	return string(output)
}
