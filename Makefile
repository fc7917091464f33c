# make test is everything; the other targets are its parts and what one needs by hand.

CARGO ?= cargo
# A cluster's state, for cluster, cluster-up and cluster-down.
STATE ?= $(or $(NETSTORE_STATE),$(or $(TMPDIR),/tmp)/netstore-cluster)

.PHONY: help build test lint tools generated bench demo record release-local cluster cluster-up cluster-down

help:
	@echo "make demo          the main questions, asked of a recorded cluster (examples/shop)"
	@echo "make build         the program: target/release/kubectl-netstore"
	@echo "make test          every check there is, a real API server included; minutes"
	@echo "make lint          format, clippy, shell scripts, docs, licences: what needs no test run"
	@echo "make bench         the table of budgets, measured"
	@echo "make generated     writes anew what is generated: schemas, sessions, help, manual pages, completions"
	@echo "make record        records examples/shop anew from a fresh cluster with nodes; as root"
	@echo "make release-local the archives of a release, as far as Linux can build them, checked and installed by krew"
	@echo "make cluster       a cluster with two nodes to try things on, with the example world; as root"
	@echo "make cluster-up    a control plane with fake nodes on loopback, with the example world"
	@echo "make cluster-down  ends either"

build:
	$(CARGO) build --locked --release

test:
	@tests/all

lint:
	@tests/all format lint docs shell licences

tools:
	@tests/tools

bench:
	$(CARGO) bench --locked --bench budget

generated:
	UPDATE_SCHEMA=1 $(CARGO) test --locked --test schema
	UPDATE_DOCS=1 $(CARGO) test --locked --test docs
	$(CARGO) build --locked
	for s in bash:kubectl-netstore.bash zsh:_kubectl-netstore fish:kubectl-netstore.fish powershell:kubectl-netstore.ps1 \
	         kubectl:kubectl_complete-netstore; do \
	    target/debug/kubectl-netstore completion "$${s%%:*}" >"completions/$${s#*:}" || exit 1; \
	done

demo:
	@$(CARGO) build --locked --quiet --profile fast
	@examples/demo target/fast/kubectl-netstore

record:
	$(CARGO) build --locked
	tests/cluster/shop/record
	UPDATE_DOCS=1 $(CARGO) test --locked --test docs

release-local:
	release/local

cluster: tools
	tests/cluster/up --state "$(STATE)" --nodes 2
	tests/cluster/shop/apply --state "$(STATE)"
	@echo 'To use it: kubectl --kubeconfig $(STATE)/admin.kubeconfig …, or eval "$$(tests/cluster/env --state $(STATE))"'

cluster-up:
	tests/cluster/up --state "$(STATE)" --kwok
	tests/cluster/shop/apply --state "$(STATE)"
	@echo 'To use it: eval "$$(tests/cluster/env --state $(STATE))"'

cluster-down:
	tests/cluster/down --state "$(STATE)" --purge
