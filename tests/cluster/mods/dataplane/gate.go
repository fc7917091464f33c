// The gate: takes the first packet of each forwarded connection from the kernel's queue and answers with the verdict.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/florianl/go-nfqueue/v2"
	"github.com/mdlayher/netlink"
	"k8s.io/klog/v2"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

// headerLength is how much of a packet a verdict needs: addresses, protocol, ports, and room for extension headers.
const headerLength = 256

// answer is what the kernel is to do with a packet.
type answer struct {
	verdict int
	mark    uint32 // none if 0
}

var (
	accept = answer{verdict: nfqueue.NfAccept}
	lose   = answer{verdict: nfqueue.NfDrop}
	// refuse sends the packet through the chain once more, where the rule for this mark rejects it: a queue cannot.
	refuse = answer{verdict: nfqueue.NfRepeat, mark: deniedMark}
)

type gate struct {
	engine  *networkpolicy.PolicyEngine
	denied  answer
	passing sync.Mutex // held from the look into the caches until the kernel has the answer

	counters struct{ allowed, denied, errors atomic.Uint64 }
}

func newGate(engine *networkpolicy.PolicyEngine, deny denial) *gate {
	g := &gate{engine: engine, denied: refuse}
	if deny == drop {
		g.denied = lose
	}
	return g
}

// barrier returns when no packet is under way any more whose verdict was made before the call.
//
// The kernel acts on an answer while it is being sent, so the connection of an accepted packet is in its table by then.
func (g *gate) barrier() {
	g.passing.Lock()
	defer g.passing.Unlock() //nolint:staticcheck // waiting is all that is wanted
}

func (g *gate) judge(ctx context.Context, id uint32, payload []byte, reply func(answer)) {
	g.passing.Lock()
	defer g.passing.Unlock()
	allowed, err := evaluate(ctx, g.engine, id, payload)
	switch {
	case err != nil:
		g.counters.errors.Add(1)
		klog.ErrorS(err, "packet lost")
		reply(lose)
	case allowed:
		g.counters.allowed.Add(1)
		reply(accept)
	default:
		g.counters.denied.Add(1)
		reply(g.denied)
	}
}

func evaluate(ctx context.Context, engine *networkpolicy.PolicyEngine, id uint32, payload []byte) (allowed bool, err error) {
	defer func() { // the parser indexes into the packet; a crippled one must not end the agent
		if reason := recover(); reason != nil {
			allowed, err = false, fmt.Errorf("no verdict: %v", reason)
		}
	}()
	packet, err := network.ParsePacket(payload)
	if err != nil {
		return false, err
	}
	packet.ID = id
	return engine.EvaluatePacket(ctx, &packet)
}

// listen serves a queue of the kernel, one packet after the other, until the returned function is called. What ends it
// before, unlike what costs a packet, goes to failed.
func listen(ctx context.Context, queue uint16, length uint32,
	handle func(ctx context.Context, id uint32, payload []byte, reply func(answer)), failed chan<- error) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	q, err := nfqueue.Open(&nfqueue.Config{
		NfQueue:      queue,
		Copymode:     nfqueue.NfQnlCopyPacket,
		MaxPacketLen: length,
		MaxQueueLen:  4096,
		// Large packets as they are: only the head is read, and cutting them up costs.
		Flags:        nfqueue.NfQaCfgFlagGSO,
		WriteTimeout: time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("queue %d: %w", queue, err)
	}
	// With a full buffer the kernel drops packets, which is safe; without this it would also fail our next read.
	_ = q.SetOption(netlink.NoENOBUFS, true)
	_ = q.Con.SetReadBuffer(2 << 20)

	receive := func(a nfqueue.Attribute) int {
		if a.PacketID == nil {
			return 0
		}
		var payload []byte
		if a.Payload != nil {
			payload = *a.Payload
		}
		handle(ctx, *a.PacketID, payload, func(answer answer) {
			var options []nfqueue.VerdictOption
			if answer.mark != 0 {
				options = append(options, nfqueue.WithMark(answer.mark))
			}
			if err := q.SetVerdictWithOption(*a.PacketID, answer.verdict, options...); err != nil {
				klog.ErrorS(err, "verdict not sent") // the packet stays in the queue: not let through
			}
		})
		return 0
	}
	trouble := func(err error) int {
		if ctx.Err() != nil {
			return 1
		}
		var failure *netlink.OpError
		if errors.As(err, &failure) && (failure.Timeout() || failure.Temporary()) {
			return 0
		}
		failed <- fmt.Errorf("queue %d: %w", queue, err)
		return 1
	}
	if err := q.RegisterWithErrorFunc(ctx, receive, trouble); err != nil {
		_ = q.Close()
		return nil, fmt.Errorf("queue %d, has it a listener already? %w", queue, err)
	}
	return func() {
		cancel()
		_ = q.Close() // waits for the packet under way
	}, nil
}
