// Command dataplane decides about the connections that a test node forwards, with the evaluators of
// sigs.k8s.io/kube-network-policies. This file holds its command line and the order in which things start and end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

// startTime is how long the caches may take to hold what the API server has.
const startTime = 60 * time.Second

type options struct {
	kubeconfig string
	node       string
	mode       mode
	socket     string
	queue      uint16
	deny       denial
}

func main() {
	options, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dataplane:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, options); err != nil {
		klog.ErrorS(err, "ended")
		klog.Flush()
		os.Exit(1)
	}
	klog.Flush()
}

func parse(arguments []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("dataplane", flag.ContinueOnError)
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "`file` with the address of the API server and rights to list and watch")
	flags.StringVar(&o.node, "node", "", "`name` of the node whose network namespace this is")
	mode := flags.String("mode", "", "policies to enforce: "+strings.Join(modes(), ", "))
	flags.StringVar(&o.socket, "socket", "", "`path` of the socket that answers /view and /settle")
	queue := flags.Uint("queue", 98, "`number` of the packet queue; the next one serves DNS answers")
	deny := flags.String("deny", string(reject), "what becomes of a denied packet: reject (answered at once) or drop")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	o.mode, o.deny = parseMode(*mode), denial(*deny)
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unknown argument %q", flags.Arg(0))
	case o.kubeconfig == "", o.node == "", o.socket == "":
		return o, errors.New("needs --kubeconfig, --node and --socket")
	case o.mode == "":
		return o, fmt.Errorf("--mode is one of %s, not %q", strings.Join(modes(), ", "), *mode)
	case o.deny != reject && o.deny != drop:
		return o, fmt.Errorf("--deny is reject or drop, not %q", *deny)
	case *queue > 65534:
		return o, fmt.Errorf("--queue is at most 65534, not %d", *queue)
	}
	o.queue = uint16(*queue)
	return o, nil
}

// run enforces until ctx ends. Whoever sees the socket may rely on everything else being in place.
func run(ctx context.Context, o options) (err error) {
	release, err := claim()
	if err != nil {
		return err
	}
	defer release()
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return err
	}
	var domains *domainTable
	if o.mode.knowsDomains() {
		domains = newDomainTable(time.Now)
	}
	world, err := newWorld(config, o.node, o.mode, domains)
	if err != nil {
		return err
	}
	world.start(ctx)
	starting, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := world.settle(starting); err != nil {
		return err
	}

	// Listeners before the rules, and rules away before the listeners: packets of a queue without one are dropped.
	failed := make(chan error, 3)
	gate := newGate(world.engine, o.deny)
	listening := context.WithoutCancel(ctx)
	stopJudging, err := listen(listening, o.queue, headerLength, gate.judge, failed)
	if err != nil {
		return err
	}
	defer stopJudging()
	if domains != nil {
		stopReading, err := listen(listening, o.queue+1, domainLength, domains.read, failed)
		if err != nil {
			return err
		}
		defer stopReading()
	}
	defer func() { err = errors.Join(err, removeRules()) }()
	if err := installRules(o.queue, domains != nil, o.deny); err != nil {
		return err
	}
	if err := endDenied(ctx, world.engine); err != nil {
		return err
	}

	server := &server{world: world, gate: gate, node: o.node, mode: o.mode}
	closeSocket, err := server.serve(o.socket, failed)
	if err != nil {
		return err
	}
	defer closeSocket()
	klog.InfoS("ready", "mode", o.mode, "node", o.node, "queue", o.queue, "deny", o.deny, "socket", o.socket)
	select {
	case <-ctx.Done():
		klog.InfoS("ending")
		return nil
	case err := <-failed:
		return err
	}
}

// claim makes this agent the only one of its network namespace: two would take each other's rules away. A name in the
// abstract space of Unix sockets belongs to the namespace and goes with the process.
func claim() (release func(), err error) {
	listener, err := net.Listen("unix", "@netstore-dataplane")
	if err != nil {
		return nil, fmt.Errorf("is there an agent already in this network namespace? %w", err)
	}
	return func() { _ = listener.Close() }, nil
}
