// What the agent answers to a test suite: what it sees, and when a change counts. HTTP on a Unix socket.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
)

const (
	defaultTimeout = 30 * time.Second
	longestTimeout = 10 * time.Minute
)

type server struct {
	world *world
	gate  *gate
	node  string
	mode  mode
}

// view is the answer of /view and of /settle.
type view struct {
	Mode       mode     `json:"mode"`
	Node       string   `json:"node"`
	Policies   []policy `json:"policies"`
	Pods       int      `json:"pods"`
	Namespaces int      `json:"namespaces"`
	Packets    packets  `json:"packets"`
}

type policy struct {
	Kind            string `json:"kind"`
	Namespace       string `json:"namespace,omitempty"`
	Name            string `json:"name"`
	UID             string `json:"uid"`
	ResourceVersion string `json:"resourceVersion"`
}

// packets counts since the start. A connection that is tried again counts again.
type packets struct {
	Allowed uint64 `json:"allowed"`
	Denied  uint64 `json:"denied"`
	Errors  uint64 `json:"errors"`
}

// failure is the answer of all other codes than 200.
type failure struct {
	Error   string   `json:"error"`
	Missing []string `json:"missing,omitempty"`
}

// serve answers until the returned function is called, which also removes the socket.
func (s *server) serve(path string, failed chan<- error) (func(), error) {
	if connection, err := net.Dial("unix", path); err == nil {
		_ = connection.Close()
		return nil, fmt.Errorf("somebody answers at %s already", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // of an agent that was killed
		return nil, err
	}
	mask := syscall.Umask(0o177)
	listener, err := net.Listen("unix", path)
	syscall.Umask(mask)
	if err != nil {
		return nil, err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /view", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, s.view()) })
	routes.HandleFunc("POST /settle", s.settle)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return func() { _ = server.Close() }, nil // closing a Unix listener removes its socket
}

func (s *server) settle(w http.ResponseWriter, r *http.Request) {
	timeout := defaultTimeout
	if text := r.URL.Query().Get("timeout"); text != "" {
		var err error
		if timeout, err = time.ParseDuration(text); err != nil || timeout <= 0 || timeout > longestTimeout {
			write(w, http.StatusBadRequest, failure{Error: fmt.Sprintf("timeout is a time like 30s and at most %s, not %q", longestTimeout, text)})
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	if err := s.world.settle(ctx); err != nil {
		answer := failure{Error: fmt.Sprintf("not settled within %s", timeout)}
		var open unsettled
		if errors.As(err, &open) {
			answer.Missing = open.missing
		}
		write(w, http.StatusGatewayTimeout, answer)
		return
	}
	// The order matters: only when no verdict of before is under way does the table hold every connection of before.
	s.gate.barrier()
	if err := endDenied(ctx, s.world.engine); err != nil {
		write(w, http.StatusInternalServerError, failure{Error: err.Error()})
		return
	}
	write(w, http.StatusOK, s.view())
}

func (s *server) view() view {
	v := view{Mode: s.mode, Node: s.node, Policies: []policy{}, Packets: packets{
		Allowed: s.gate.counters.allowed.Load(),
		Denied:  s.gate.counters.denied.Load(),
		Errors:  s.gate.counters.errors.Load(),
	}}
	for _, kind := range s.world.kinds {
		objects := kind.cached()
		switch kind.name {
		case "Pod":
			v.Pods = len(objects)
		case "Namespace":
			v.Namespaces = len(objects)
		}
		for _, object := range objects {
			if object, err := meta.Accessor(object); err == nil && kind.policy {
				v.Policies = append(v.Policies, policy{kind.name, object.GetNamespace(), object.GetName(),
					string(object.GetUID()), object.GetResourceVersion()})
			}
		}
	}
	slices.SortFunc(v.Policies, func(a, b policy) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return v
}

func write(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // who does not wait for the answer does not want it
}
