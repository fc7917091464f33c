// The rules that bring packets to the gate: one chain of our own, at the head of FORWARD, for IPv4 and for IPv6.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// denial is what becomes of a denied packet.
type denial string

const (
	reject denial = "reject" // an ICMP error, so that a denial is quick and cannot be taken for a lost packet
	drop   denial = "drop"
)

const (
	chain = "NETSTORE-POLICY"
	// deniedMark is a bit that neither kube-proxy nor the CNI plugins use.
	deniedMark = 0x20000000
)

// family is a version of IP, with what differs between the two tools.
type family struct {
	command    string
	prohibited string
	neighbours []string // messages without which a bridge that shows its packets to FORWARD knows no neighbours
}

var families = []family{
	{command: "iptables", prohibited: "icmp-admin-prohibited"},
	{command: "ip6tables", prohibited: "icmp6-adm-prohibited", neighbours: []string{"133", "134", "135", "136", "137"}},
}

// rules is the chain as iptables-restore reads it: it is replaced as a whole or not at all.
func (f family) rules(queue uint16, domains bool, deny denial) string {
	lines := []string{"*filter", ":" + chain + " - [0:0]"}
	add := func(rule string, values ...any) { lines = append(lines, "-A "+chain+" "+fmt.Sprintf(rule, values...)) }

	if domains {
		// Answers to what was asked of port 53, wherever a Service led it: read, then let through.
		add("-p udp -m conntrack --ctstate ESTABLISHED --ctproto 17 --ctorigdstport 53 --ctdir REPLY -j NFQUEUE --queue-num %d", queue+1)
	}
	add("-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")
	refused := "DROP"
	if deny == reject {
		add("-m mark --mark %#x/%#x -j REJECT --reject-with %s", deniedMark, deniedMark, f.prohibited)
		refused = "REJECT --reject-with tcp-reset"
	}
	for _, message := range f.neighbours {
		add("-p icmpv6 --icmpv6-type %s -j ACCEPT", message)
	}
	// Belongs to no connection and is not translated back: it would reach nobody.
	add("-m conntrack --ctstate INVALID -j DROP")
	// The middle of a connection that is not known, for instance of one that was ended because it is denied now. Who opened
	// it cannot be told, so it cannot be judged.
	add("-p tcp -m conntrack --ctstate NEW -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j %s", refused)
	// No --queue-bypass: without a listener nothing is let through.
	add("-j NFQUEUE --queue-num %d", queue)
	return strings.Join(append(lines, "COMMIT"), "\n") + "\n"
}

// installRules may find the rules of an agent that was killed: the chain is replaced, the jump is there once.
func installRules(queue uint16, domains bool, deny denial) error {
	for _, f := range families {
		if err := execute(f.rules(queue, domains, deny), f.command+"-restore", "--wait", "--noflush"); err != nil {
			return err
		}
		if execute("", f.command, "--wait", "--check", "FORWARD", "--jump", chain) == nil {
			continue
		}
		if err := execute("", f.command, "--wait", "--insert", "FORWARD", "--jump", chain); err != nil {
			return err
		}
	}
	if deny == reject {
		return unlimitRejects()
	}
	return nil
}

func removeRules() error {
	var all error
	for _, f := range families {
		for execute("", f.command, "--wait", "--delete", "FORWARD", "--jump", chain) == nil {
		}
		if execute("", f.command, "--wait", "--list", chain, "--numeric") != nil {
			continue // was never made
		}
		all = errors.Join(all,
			execute("", f.command, "--wait", "--flush", chain), execute("", f.command, "--wait", "--delete-chain", chain))
	}
	return all
}

// unlimitRejects: by default the kernel sends a host six ICMP errors and then one a second, and further denials would look
// like lost packets. The settings belong to the network namespace.
func unlimitRejects() error {
	return errors.Join(
		os.WriteFile("/proc/sys/net/ipv4/icmp_ratemask", []byte("0"), 0),
		os.WriteFile("/proc/sys/net/ipv6/icmp/ratemask", []byte("\n"), 0),
		os.WriteFile("/proc/sys/net/ipv6/icmp/ratelimit", []byte("0"), 0))
}

func execute(input, name string, arguments ...string) error {
	command := exec.Command(name, arguments...)
	command.Stdin = strings.NewReader(input)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, bytes.TrimSpace(output))
	}
	return nil
}
