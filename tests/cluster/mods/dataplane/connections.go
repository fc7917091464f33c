// Connections that are known already: ends those that the policies of now deny.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

// endDenied takes every forwarded connection that is denied now out of the kernel's table. What is left has been judged by
// the caches of now, as if all had been taken out, but neither the address translation of the others is lost, nor the
// knowledge of who opened them.
func endDenied(ctx context.Context, engine *networkpolicy.PolicyEngine) error {
	local, err := localAddresses()
	if err != nil {
		return err
	}
	var all error
	for _, family := range []netlink.InetFamily{unix.AF_INET, unix.AF_INET6} {
		for attempt := 1; ; attempt++ {
			denied := &deniedFlows{ctx: ctx, engine: engine, local: local}
			_, err := netlink.ConntrackDeleteFilters(netlink.ConntrackTable, family, denied)
			// The table has changed under the reader, who may have missed something.
			if errors.Is(err, netlink.ErrDumpInterrupted) && attempt < 10 {
				continue
			}
			if err != nil {
				err = fmt.Errorf("connection table: %w", err)
			}
			all = errors.Join(all, err, denied.err)
			break
		}
	}
	return all
}

// deniedFlows picks the flows to end.
type deniedFlows struct {
	ctx    context.Context
	engine *networkpolicy.PolicyEngine
	local  map[netip.Addr]bool
	err    error
}

// MatchConntrackFlow is asked about each flow of the table.
func (d *deniedFlows) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	if d.local[address(flow.Forward.SrcIP)] || d.local[address(flow.Reverse.SrcIP)] {
		return false // from or to the node itself: not forwarded, so not ours
	}
	allowed, err := d.engine.EvaluatePacket(d.ctx, packetOf(flow))
	if err != nil {
		d.err = errors.Join(d.err, err)
	}
	return !allowed
}

// packetOf is the first packet of a flow as FORWARD saw it: after the translation of the destination (from where the answers
// come) and before that of the source.
func packetOf(flow *netlink.ConntrackFlow) *network.Packet {
	packet := &network.Packet{
		Family: corev1.IPv4Protocol,
		SrcIP:  flow.Forward.SrcIP, SrcPort: int(flow.Forward.SrcPort),
		DstIP: flow.Reverse.SrcIP, DstPort: int(flow.Reverse.SrcPort),
	}
	if packet.SrcIP.To4() == nil {
		packet.Family = corev1.IPv6Protocol
	}
	switch flow.Forward.Protocol {
	case unix.IPPROTO_TCP:
		packet.Proto = corev1.ProtocolTCP
	case unix.IPPROTO_UDP:
		packet.Proto = corev1.ProtocolUDP
	case unix.IPPROTO_SCTP:
		packet.Proto = corev1.ProtocolSCTP
	default: // without protocol and ports, as the parser of packets does it
		packet.SrcPort, packet.DstPort = 0, 0
	}
	return packet
}

func localAddresses() (map[netip.Addr]bool, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	local := make(map[netip.Addr]bool, len(all))
	for _, one := range all {
		if prefix, err := netip.ParsePrefix(one.String()); err == nil {
			local[prefix.Addr().Unmap()] = true
		}
	}
	return local, nil
}

func address(ip net.IP) netip.Addr {
	address, _ := netip.AddrFromSlice(ip)
	return address.Unmap()
}
