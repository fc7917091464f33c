// Traffic for the end-to-end tests: servers and attempts inside network namespaces.
package main

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience outlasts one repetition of a first packet, which comes after a second: the kernel loses the ICMP error that comes
// while connect still holds its socket, as on a busy machine it does now and then.
const patience = 2500 * time.Millisecond

// inside runs f on a thread that is in the network namespace of h, and ends the thread.
func inside(t testing.TB, h host, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: Go ends the thread with the goroutine
		namespace, err := os.Open("/run/netns/" + h.name)
		if err == nil {
			err = unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET)
			_ = namespace.Close()
		}
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// serve answers on the ports of a host with what it is sent.
func (b *bed) serve(h host, ports ...string) {
	for _, port := range ports {
		var listener net.Listener
		var packets net.PacketConn
		var err error
		inside(b, h, func() {
			if listener, err = net.Listen("tcp", ":"+port); err == nil {
				packets, err = net.ListenPacket("udp", ":"+port)
			}
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = listener.Close(); _ = packets.Close() })
		go func() {
			for {
				connection, err := listener.Accept()
				if err != nil {
					return
				}
				go func() { _, _ = io.Copy(connection, connection); _ = connection.Close() }()
			}
		}()
		go func() {
			buffer := make([]byte, 64)
			for {
				n, from, err := packets.ReadFrom(buffer)
				if err != nil {
					return
				}
				_, _ = packets.WriteTo(buffer[:n], from)
			}
		}()
	}
}

// try opens a connection and sends a word that must come back: open, denied, reset, refused or silent.
func (b *bed) try(from host, protocol, to string) string {
	b.Helper()
	connection, err := b.dial(from, protocol, to)
	if err != nil {
		return outcome(err)
	}
	defer connection.Close() //nolint:errcheck
	return speak(connection)
}

func (b *bed) dial(from host, protocol, to string) (connection net.Conn, err error) {
	b.Helper()
	inside(b, from, func() { connection, err = net.DialTimeout(protocol, to, patience) })
	return connection, err
}

func speak(connection net.Conn) string {
	_ = connection.SetDeadline(time.Now().Add(patience))
	if _, err := connection.Write([]byte("word")); err != nil {
		return outcome(err)
	}
	if _, err := io.ReadFull(connection, make([]byte, 4)); err != nil {
		return outcome(err)
	}
	return "open"
}

func outcome(err error) string {
	switch timeout, ok := err.(net.Error); {
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EACCES): // as IPv4 and IPv6 say "prohibited"
		return "denied"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case ok && timeout.Timeout():
		return "silent"
	}
	return err.Error()
}

// ping sends an echo request and waits for its reply.
func (b *bed) ping(from, to host) string {
	b.Helper()
	var packets net.PacketConn
	var err error
	inside(b, from, func() { packets, err = net.ListenPacket("ip4:icmp", from.v4) })
	if err != nil {
		b.Fatal(err)
	}
	defer packets.Close()                               //nolint:errcheck
	request := []byte{8, 0, 0xf7, 0xff - 7, 0, 0, 0, 7} // type, code, checksum, identifier, number
	if _, err := packets.WriteTo(request, &net.IPAddr{IP: net.ParseIP(to.v4)}); err != nil {
		b.Fatal(err)
	}
	_ = packets.SetDeadline(time.Now().Add(700 * time.Millisecond))
	reply := make([]byte, 64)
	if _, _, err := packets.ReadFrom(reply); err != nil {
		return outcome(err)
	}
	switch reply[0] {
	case 0:
		return "open"
	case 3:
		return "denied"
	}
	return "odd"
}

// expect tries connections, one a line: FROM TO PROTOCOL PORT OUTCOME.
func (b *bed) expect(lines string) {
	b.Helper()
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		word := strings.Fields(line)
		from, to := hosts[word[0]], hosts[word[1]]
		address := to.v4
		if strings.HasSuffix(word[2], "6") {
			address = to.v6
		}
		if got := b.try(from, word[2], net.JoinHostPort(address, word[3])); got != word[4] {
			b.Errorf("%s: got %s", strings.Join(word, " "), got)
		}
	}
}
