# shellcheck shell=bash
# Shared by the scripts of this folder: where things are, how daemons are started, watched and ended. Sourced, never run.
#
# A state folder holds one cluster:
#   lock            who works on it (up or down), with the pid; held with flock for the time of the work
#   ports           the ports in use, kept so that a daemon that died comes back where its clients expect it
#   pki/            keys and certificates            *.kubeconfig   one for the admin, one for each daemon
#   run/NAME.pid    pid, start time and boot of a daemon: enough to know the process again and to end no other
#   log/NAME.log    what it said                     etcd/          its data
#   nodes/NAME/     one node's containers, volumes and configuration, see node.sh

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${NETSTORE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/netstore}
STATE=${NETSTORE_STATE:-${TMPDIR:-/tmp}/netstore-cluster}

# The versions are those of the go.mod files; a folder of binaries is named after the files that it is made of and so
# never stale. Two of them, since a control plane alone does without the second.
checksum() (
    cd "$1" && export LC_ALL=C && shift
    find "$@" -type f ! -name '*_test.go' ! -name '*.md' | sort | xargs cat | sha256sum | cut -c1-16
)
MODS="etcd k8s kwok"
NODE_MODS="coredns dataplane local-path metrics-server pause"
# shellcheck disable=SC2086
BIN=$CACHE/bin-$(checksum "$HERE/mods" $MODS)
# shellcheck disable=SC2086
NODE_BIN=$CACHE/node-$(checksum "$HERE/mods" $NODE_MODS)
BINARIES="etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kwok kubelet kube-proxy agnhost kwok-stages.yaml"
NODE_BINARIES="coredns crds dataplane local-path-provisioner metrics-server pause local-path.yaml metrics-server.yaml"
# The program of probes is this repository's own, and its folder is named after the files of that.
REPOSITORY=$(cd "$HERE/../.." && pwd)
PROBE_SOURCES="Cargo.lock agent/Cargo.toml agent/src src/probe/check.rs src/probe/verdict.rs src/probe/wire.rs"
# shellcheck disable=SC2086
PROBE_BIN=$CACHE/probe-$(checksum "$REPOSITORY" $PROBE_SOURCES)

# Addresses in the cluster. Without nodes only loopback is ever listened on and these exist in the objects alone.
SERVICE_CIDR=10.96.0.0/16
POD_CIDR=10.244.0.0/14            # a /24 for each node, 1,024 nodes: kwok takes pod addresses from the node's range
SERVICE_CIDR6=fd00:10:96::/112    # the second family; pods have it where there are nodes
POD_CIDR6=fd00:10:244::/54
API_HOST=127.0.0.1
CONTROL_PLANE_IP=172.18.0.2       # published as the endpoint of the `kubernetes` Service; nothing listens there
DAEMONS="etcd apiserver controller-manager scheduler kwok"      # in the order of their start

# --- talking -----------------------------------------------------------------------------------------------------------

now_ms() { local t=$EPOCHREALTIME; t=${t/[.,]/}; printf '%s' "${t%???}"; }
T0=$(now_ms)

# say TEXT: one line with the seconds since the start of the script
say() { local ms=$(($(now_ms) - T0)); printf '[%3d.%ds] %s\n' $((ms / 1000)) $((ms % 1000 / 100)) "$*"; }

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# fail NAME TEXT: like die, with the end of the log of daemon NAME
fail() {
    { printf '%s: %s\n' "${0##*/}" "$2"
      if [ -s "$STATE/log/$1.log" ]; then
          printf -- '--- the last lines of %s\n' "$STATE/log/$1.log"
          tail -n 20 "$STATE/log/$1.log"
      fi; } >&2
    exit 1
}

# need COMMAND...: the tools a script cannot do without
need() { local c; for c; do command -v "$c" >/dev/null || die "needs '$c' on PATH"; done; }

# usage: prints the comment at the head of the running script, which is its help
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# Its cache of discovery goes to the state folder too: nothing is written to anybody's home.
kubectl() { "$BIN/kubectl" --kubeconfig "$STATE/admin.kubeconfig" --cache-dir "$STATE/cache" "$@"; }

have() { local d=$1 b; shift; for b; do [ -e "$d/$b" ] || return 1; done; }
# shellcheck disable=SC2086
have_binaries() { have "$BIN" $BINARIES; }
# shellcheck disable=SC2086
have_node_binaries() { have "$NODE_BIN" $NODE_BINARIES; }
have_probe() { have "$PROBE_BIN" netstore-probe; }

# --- state folder ------------------------------------------------------------------------------------------------------

# use_state DIR: makes the path absolute, since daemons and kubeconfigs refer to it
use_state() { case $1 in '') die "--state needs a folder" ;; /*) STATE=$1 ;; *) STATE=$PWD/$1 ;; esac; STATE=${STATE%/}; }

# lock_state: from here on this script alone changes the state folder (file descriptor 9, closed for daemons)
lock_state() {
    need flock
    exec 9<>"$STATE/lock"
    if ! flock -n 9; then
        say "waiting for $(cat "$STATE/lock")" >&2
        flock -w 300 9 || die "$STATE is still locked by $(cat "$STATE/lock")"
    fi
    printf '%s (pid %d) since %(%H:%M:%S)T\n' "${0##*/}" $$ -1 >"$STATE/lock"
}

# load_ports: PORT_APISERVER and the like, empty where not chosen yet; NODES, how many nodes; and what follows from that
load_ports() {
    PORT_APISERVER='' PORT_ETCD='' PORT_ETCD_PEER='' PORT_KCM='' PORT_SCHEDULER='' PORT_KWOK='' NODES=0
    # shellcheck disable=SC1091  # written by up
    if [ -e "$STATE/ports" ]; then . "$STATE/ports"; fi
    use_nodes "$NODES"
}

# use_nodes N: with nodes the API server is where they can reach it, on the bridge (node.sh)
use_nodes() { NODES=$1; if [ "$NODES" -gt 0 ]; then API_HOST=10.200.0.1 CONTROL_PLANE_IP=10.200.0.1; fi; }

# --- processes ---------------------------------------------------------------------------------------------------------

# identity PID: start time (in ticks since boot) and boot; together with the pid they name one process for ever
identity() {
    local stat boot
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -r boot </proc/sys/kernel/random/boot_id
    stat=${stat##*) }                          # the command may hold blanks: count from behind its parenthesis
    # shellcheck disable=SC2086
    set -- $stat
    [ "$1" != Z ] || return 1                  # a zombie has ended
    printf '%s %s' "${20}" "$boot"
}

# pid_of NAME: the pid, if the daemon that up started still runs
pid_of() {
    local pid id
    [ -s "$STATE/run/$1.pid" ] || return 1
    read -r pid id <"$STATE/run/$1.pid"
    [ "$(identity "$pid")" = "$id" ] || return 1
    printf '%s' "$pid"
}

alive() { pid_of "$1" >/dev/null; }

# spawn NAME COMMAND...: starts a daemon in a session of its own, once
spawn() {
    local name=$1 pid id; shift
    if alive "$name"; then return 0; fi
    : >"$STATE/log/$name.log"
    setsid "$@" >>"$STATE/log/$name.log" 2>&1 </dev/null 9>&- &
    pid=$!
    id=$(identity "$pid") || fail "$name" "$name ended at once"
    printf '%s %s\n' "$pid" "$id" >"$STATE/run/$name.pid"
}

# stop NAME [SECONDS]: TERM, and KILL after so many (8); nothing if it does not run (or if its pid is another's by now)
stop() {
    local pid i
    if pid=$(pid_of "$1"); then
        kill "$pid" 2>/dev/null || true
        for ((i = 0; i < 20 * ${2:-8}; i++)); do alive "$1" || break; sleep 0.05; done
        if alive "$1"; then kill -KILL "$pid" 2>/dev/null || true; say "$1 did not end, killed"; else say "$1 ended"; fi
    elif [ -e "$STATE/run/$1.pid" ]; then
        say "$1 was not running any more"
    fi
    rm -f "$STATE/run/$1.pid"
}

# wait_for SECONDS NAME COMMAND...: until the command succeeds; fails early when daemon NAME ends meanwhile
wait_for() {
    local until=$((SECONDS + $1)) name=$2; shift 2
    until "$@" >/dev/null 2>&1; do
        alive "$name" || fail "$name" "$name ended"
        [ $SECONDS -lt $until ] || fail "$name" "$name is not ready"
        sleep 0.1
    done
}

http_ok() { curl -fsSk --max-time 2 --noproxy '*' "$1"; }

# free_port: prints a port of loopback where nobody answers, below the range of outgoing connections
free_port() {
    local p i
    for ((i = 0; i < 200; i++)); do
        p=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; then printf '%s' "$p"; return; fi
    done
    die "found no free port"
}
