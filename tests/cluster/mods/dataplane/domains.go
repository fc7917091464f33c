// Names and addresses: reads the DNS answers that pass, since a policy may name a domain where a packet has an address.
package main

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
)

const (
	domainLength = 4096 // of an answer over UDP

	// Like the library's own table, which cannot be used here because its rules need a statement that the kernel may lack.
	longestLife = 300 * time.Second
	defaultLife = 30 * time.Second
)

// domainTable knows the addresses of names, each for as long as the DNS server said.
type domainTable struct {
	now   func() time.Time
	mutex sync.Mutex
	names map[string]map[netip.Addr]time.Time // until when
}

var _ api.DomainResolver = (*domainTable)(nil)

func newDomainTable(now func() time.Time) *domainTable {
	return &domainTable{now: now, names: map[string]map[netip.Addr]time.Time{}}
}

// read takes what is to be learnt from an answer before it is let through, so that who asked cannot be faster than the table.
func (d *domainTable) read(_ context.Context, _ uint32, payload []byte, reply func(answer)) {
	defer reply(accept)
	defer func() { _ = recover() }() // the parser of packets indexes into them
	if packet, err := network.ParsePacket(payload); err == nil {
		d.learn(packet.Payload)
	}
}

// learn adds the addresses of an answer to the name that was asked for, whatever aliases lie between.
func (d *domainTable) learn(message []byte) {
	var parser dnsmessage.Parser
	header, err := parser.Start(message)
	if err != nil || !header.Response || header.RCode != dnsmessage.RCodeSuccess {
		return
	}
	questions, err := parser.AllQuestions()
	if err != nil || len(questions) != 1 {
		return
	}
	answers, err := parser.AllAnswers()
	if err != nil {
		return
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	name := canonical(questions[0].Name.String())
	for _, record := range answers {
		var address netip.Addr
		switch body := record.Body.(type) {
		case *dnsmessage.AResource:
			address = netip.AddrFrom4(body.A)
		case *dnsmessage.AAAAResource:
			address = netip.AddrFrom16(body.AAAA)
		default:
			continue
		}
		life := time.Duration(record.Header.TTL) * time.Second
		if life == 0 {
			life = defaultLife
		}
		if d.names[name] == nil {
			d.names[name] = map[netip.Addr]time.Time{}
		}
		d.names[name][address.Unmap()] = d.now().Add(min(life, longestLife))
	}
}

// ContainsIP tells whether the address was given for the name, or, if that is *.NAME, for any name below it.
func (d *domainTable) ContainsIP(domain string, ip net.IP) bool {
	wanted, now := address(ip), d.now()
	d.mutex.Lock()
	defer d.mutex.Unlock()
	suffix, wildcard := strings.CutPrefix(canonical(domain), "*")
	if !wildcard {
		return d.names[suffix][wanted].After(now)
	}
	for name, addresses := range d.names {
		if strings.HasSuffix(name, suffix) && addresses[wanted].After(now) {
			return true
		}
	}
	return false
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
