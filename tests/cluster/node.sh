# shellcheck shell=bash
# The nodes of the cluster, as root: each is a network namespace and a mount namespace with a containerd, a kubelet and a
# kube-proxy of its own, joined by a bridge. Sourced by up, down and status.
#
#   machine   bridge netstore0, 10.200.0.1 (and fd00:10:200::1): API server
#   node-N    namespace netstore-node-N, 10.200.0.(10+N): pods in the node's podCIDR behind ptp links, routed
#   outside   namespace netstore-outside, plays the Internet, see outside.sh
#
# nodes/NAME/ in the state folder: containerd/, kubelet.yaml, cni/ …; root/ is mounted over the machine's folders that the
# programs insist on (OWN_FOLDERS), so that every node has its own and the machine keeps none of it.
# What belongs to a node is known by its cgroup, whoever started it: that is how down finds everything after a crash.

BRIDGE=netstore0
OWNER=/run/netstore-cluster                                        # whose nodes these are: the names are machine-wide
OWN_FOLDERS=(/opt /var/log /var/lib/kubelet /var/lib/cni /etc/cni)
DNS_IP=10.96.0.10
CNI_PLUGINS=/usr/lib/cni

node_ip() { printf '10.200.0.%d' $((10 + $1)); }
node_ip6() { printf 'fd00:10:200::%d' $((10 + $1)); }
node_dir() { printf '%s/nodes/node-%d' "$STATE" "$1"; }

# why_no_nodes: prints why this machine can have no nodes, a reason a line; nothing if it can
why_no_nodes() {
    local c
    if [ "$(uname -s)" != Linux ]; then echo "nodes need Linux"; return; fi
    if [ "$(id -u)" != 0 ]; then echo "nodes need root: network namespaces, containerd, kubelet"; return; fi
    for c in containerd ctr runc ip nsenter unshare nft iptables ip6tables conntrack busybox python3; do
        command -v "$c" >/dev/null || echo "nodes need '$c' on PATH (tests/tools installs it)"
    done
    [ -x "$CNI_PLUGINS/ptp" ] || echo "nodes need the CNI plugins in $CNI_PLUGINS (tests/tools installs them)"
    grep -qw overlay /proc/filesystems || echo "nodes need overlayfs in the kernel"
    unshare --net sh -c 'ip link add v0 type veth peer name v1 && ip link add br0 type bridge' 2>/dev/null ||
        echo "nodes need a kernel with veth and bridge, and the right to make network namespaces"
    unshare --net nft add table inet probe 2>/dev/null || echo "nodes need nf_tables in the kernel"
    unshare --net iptables -A FORWARD -j NFQUEUE --queue-num 1 2>/dev/null ||
        echo "the policy data plane needs the kernel's NFQUEUE target for iptables"
}

# --- the machine -------------------------------------------------------------------------------------------------------

# own_machine: from here on the machine's bridge and namespaces are this cluster's; what is left of one that is no more goes
own_machine() {
    local owner
    (set -C; printf '%s\n' "$STATE" >"$OWNER") 2>/dev/null && return 0
    owner=$(cat "$OWNER")
    [ "$owner" != "$STATE" ] || return 0
    if [ -e "$owner/.netstore-cluster" ]; then
        die "this machine's nodes belong to the cluster in $owner; to end it: ${0%/*}/down --state $owner"
    fi
    say "the cluster in $owner is gone, its nodes go too"
    remove_nodes
    own_machine
}

bridge_up() {
    ip link show "$BRIDGE" >/dev/null 2>&1 || ip link add "$BRIDGE" type bridge
    ip addr replace 10.200.0.1/24 dev "$BRIDGE"
    ip addr replace fd00:10:200::1/64 dev "$BRIDGE" nodad
    ip link set "$BRIDGE" up
}

# namespace NAME IP IP6: a network namespace on the bridge
namespace() {
    local ns=netstore-$1
    [ -e "/run/netns/$ns" ] || ip netns add "$ns"
    ip -n "$ns" link show eth0 >/dev/null 2>&1 && return 0
    ip link add "ns-$1" type veth peer name eth0 netns "$ns"
    ip link set "ns-$1" master "$BRIDGE" up
    nsenter --net="/run/netns/$ns" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
        net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0
    ip -n "$ns" link set lo up
    ip -n "$ns" addr add "$2/24" dev eth0
    ip -n "$ns" addr add "$3/64" dev eth0 nodad
    ip -n "$ns" link set eth0 up
    ip -n "$ns" route add default via 10.200.0.1
    ip -n "$ns" -6 route add default via fd00:10:200::1
}

# remove_nodes: everything machine-wide that a cluster with nodes has, alive or not
remove_nodes() {
    local ns name link
    for name in $(cd /run/netns 2>/dev/null && ls -d netstore-* 2>/dev/null); do
        end_cgroup "$name"
        for ns in $(ip netns pids "$name"); do kill -KILL "$ns" 2>/dev/null || true; done
        ip netns del "$name"
    done
    for link in $(ip -br link show type veth 2>/dev/null | sed -n 's/^\(ns-[a-z0-9-]*\)@.*/\1/p'); do ip link del "$link" 2>/dev/null || true; done
    if ip link show "$BRIDGE" >/dev/null 2>&1; then ip link del "$BRIDGE"; fi
    rm -f "$OWNER"
}

# --- cgroups: version 1 (and hybrid) has a hierarchy for each controller, version 2 has one ---------------------------

cgroup_roots() {
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo /sys/fs/cgroup; else
        local d; for d in /sys/fs/cgroup/*/; do d=${d%/}; [ -L "$d" ] || echo "$d"; done
    fi
}

make_cgroup() {
    local root f
    for root in $(cgroup_roots); do
        mkdir -p "$root/$1/daemons"
        if [ "$root" = /sys/fs/cgroup ]; then
            for f in cpuset cpu memory pids hugetlb io; do
                echo "+$f" >"$root/cgroup.subtree_control"; echo "+$f" >"$root/$1/cgroup.subtree_control"
            done 2>/dev/null || true
        fi
        if [ -e "$root/$1/cpuset.mems" ] && [ "${root##*/}" = cpuset ]; then      # a new cpuset is empty
            for f in cpuset.cpus cpuset.mems; do cat "$root/$f" >"$root/$1/$f"; done
        fi
    done
}

# end_cgroup NAME: kills whatever is in it, removes it
end_cgroup() {
    local root i pid files
    for root in $(cgroup_roots); do
        [ -d "$root/$1" ] || continue
        for ((i = 0; i < 100; i++)); do
            files=$(find "$root/$1" -name cgroup.procs -exec cat {} + 2>/dev/null) || true
            [ -n "$files" ] || break
            for pid in $files; do kill -KILL "$pid" 2>/dev/null || true; done
            sleep 0.05
        done
        find "$root/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
}

# --- a node ------------------------------------------------------------------------------------------------------------

# on_node N COMMAND...: in the node's namespaces. Not `ip netns exec`: that would hide the cgroups.
on_node() { local i=$1; shift; nsenter --target "$(pid_of "node-$i")" --mount --net="/run/netns/netstore-node-$i" "$@"; }

# spawn_on N NAME COMMAND...: a daemon there, in the node's cgroup
spawn_on() {
    local i=$1 name=$2 pids=/sys/fs/cgroup/pids; shift 2
    [ -d $pids ] || pids=/sys/fs/cgroup
    # shellcheck disable=SC2016  # the inner shell expands it
    spawn "$name-$i" sh -c 'umask 022; echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$pids/netstore-node-$i/daemons" \
        nsenter --target "$(pid_of "node-$i")" --mount --net="/run/netns/netstore-node-$i" "$@"
}

# make_images: the archive of all images, IMAGES, named after what it is made of
make_images() {
    [ ! -s "$IMAGES" ] || return 0
    rm -f "$STATE"/images-*.tar
    "$HERE/images" "$BIN" "$NODE_BIN" "$PROBE_BIN" "$IMAGES"
}

# node_prepare N: all that needs no API server: namespaces, containerd, the images
node_prepare() {
    local i=$1 name=node-$1 dir folder made
    dir=$(node_dir "$i")
    umask 022                                  # containers run as other users, too; the state folder itself is closed
    mkdir -p "$dir"/{containerd,cni,ipam,root}
    namespace "$name" "$(node_ip "$i")" "$(node_ip6 "$i")"
    make_cgroup "netstore-$name"
    for folder in "${OWN_FOLDERS[@]}"; do
        mkdir -p "$dir/root$folder"
        if [ ! -d "$folder" ]; then mkdir -p "$folder"; printf '%s\n' "$folder" >>"$STATE/made-folders"; fi
    done
    # The first process of the node holds its mount namespace. Private first: /run/netns is a shared mount, and the machine
    # would see every pod. Then shared, so that volumes propagate between containerd, kubelet and the containers.
    # shellcheck disable=SC2016
    spawn "$name" unshare --mount --propagation private sh -c '
        mount --make-rprivate / && mount --make-rshared / || exit
        dir=$1; shift
        for f; do mount --bind "$dir/root$f" "$f" || exit; done
        : >"$dir/mounted"; exec sleep infinity' sh "$dir" "${OWN_FOLDERS[@]}"
    for ((made = 0; made < 50; made++)); do [ ! -e "$dir/mounted" ] || break; sleep 0.05; done
    [ -e "$dir/mounted" ] || fail "$name" "no mount namespace for $name"

    printf 'nameserver 198.51.100.53\n' | put "$dir/resolv.conf"
    put "$dir/containerd.toml" <<TOML
version = 2
root = "$dir/containerd"
state = "$dir/containerd.state"
oom_score = 0
[grpc]
  address = "$dir/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10.1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$CNI_PLUGINS"
    conf_dir = "$dir/cni"
TOML
    spawn_on "$i" containerd containerd --config "$dir/containerd.toml"
    wait_for 30 "containerd-$i" ctr -a "$dir/containerd.sock" version
    if [ "$(cat "$dir/images" 2>/dev/null)" != "$IMAGES" ]; then
        for ((made = 0; made < 600; made++)); do [ ! -s "$IMAGES" ] || break; sleep 0.1; done
        on_node "$i" ctr -a "$dir/containerd.sock" -n k8s.io images import "$IMAGES" >"$STATE/log/images-$i.log" 2>&1 ||
            fail "images-$i" "$name cannot import its images"
        printf '%s\n' "$IMAGES" >"$dir/images"
    fi
    say "$name: containerd with its images"
}

# node_join N: kubelet, network and kube-proxy; the node is Ready soon after
node_join() {
    local i=$1 name=node-$1 zones=abcd dir cidrs
    dir=$(node_dir "$i")
    kubelet_config "$dir" "$name"
    spawn_on "$i" kubelet "$BIN/kubelet" --config "$dir/kubelet.yaml" --kubeconfig "$STATE/$name.kubeconfig" \
        --hostname-override "$name" --node-ip "$(node_ip "$i"),$(node_ip6 "$i")" --cert-dir "$dir/kubelet-pki" \
        --node-labels "topology.kubernetes.io/region=eu-central,topology.kubernetes.io/zone=eu-central-${zones:i-1:1}"
    wait_for 60 "kubelet-$i" has_pod_cidrs "$name"
    cidrs=$(kubectl get node "$name" -o 'jsonpath={.spec.podCIDRs[*]}')
    printf '%s\n' "$cidrs" >"$dir/podcidrs"
    cni_config "$dir" "${cidrs% *}" "${cidrs#* }"
    proxy_config "$dir" "$name"
    spawn_on "$i" kube-proxy "$BIN/kube-proxy" --config "$dir/kube-proxy.yaml"
}

has_pod_cidrs() { [[ $(kubectl get node "$1" -o 'jsonpath={.spec.podCIDRs[*]}') == *" "* ]]; }

# routes: from the machine and from everywhere on the bridge to every node's pods
routes() {
    local i j ns cidr cidr6
    for ((i = 1; i <= NODES; i++)); do
        read -r cidr cidr6 <"$(node_dir "$i")/podcidrs"
        ip route replace "$cidr" via "$(node_ip "$i")"
        ip -6 route replace "$cidr6" via "$(node_ip6 "$i")"
        for ((j = 0; j <= NODES; j++)); do
            [ "$i" != "$j" ] || continue
            ns=netstore-node-$j
            local from=() from6=()
            if [ "$j" = 0 ]; then ns=netstore-outside from=(src 198.51.100.10) from6=(src 2001:db8:51::10); fi
            ip -n "$ns" route replace "$cidr" via "$(node_ip "$i")" "${from[@]}"
            ip -n "$ns" -6 route replace "$cidr6" via "$(node_ip6 "$i")" "${from6[@]}"
        done
    done
}

# masquerade N: pods leave the cluster with the node's address, as in most real ones
masquerade() {
    local i=$1
    ip -n "netstore-node-$i" route replace 198.51.100.0/24 via 10.200.0.250
    ip -n "netstore-node-$i" -6 route replace 2001:db8:51::/64 via fd00:10:200::250
    nsenter --net="/run/netns/netstore-node-$i" nft -f - <<NFT
table inet netstore-masquerade
delete table inet netstore-masquerade
table inet netstore-masquerade {
  chain post {
    type nat hook postrouting priority srcnat + 10
    ip saddr $POD_CIDR ip daddr != { 10.0.0.0/8, 127.0.0.0/8 } masquerade
    ip6 saddr $POD_CIDR6 ip6 daddr != fd00::/8 masquerade
  }
}
NFT
}

# node_stop N: kindly where possible; then whatever is left in its cgroup
node_stop() {
    local i=$1 d
    for d in dataplane kube-proxy kubelet; do stop "$d-$i" 2; done
    stop "containerd-$i" 3
    end_cgroup "netstore-node-$i"
    stop "node-$i" 1                                                # with it go all the mounts
    rm -f "$(node_dir "$i")/mounted"
}

# --- what its programs are told ---------------------------------------------------------------------------------------

# put FILE: writes stdin there, only if it differs: kube-proxy ends itself when its file is written
put() { cat >"$1.new"; if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi; }

kubelet_config() {
    put "$1/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $STATE/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $STATE/pki/$2-serving.crt
tlsPrivateKeyFile: $STATE/pki/$2-serving.key
containerRuntimeEndpoint: unix://$1/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /netstore-$2
failCgroupV1: false
clusterDNS: [$DNS_IP]
clusterDomain: cluster.local
resolvConf: $1/resolv.conf
volumePluginDir: $1/volume-plugins
oomScoreAdj: 0
failSwapOn: false
serializeImagePulls: false
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 200Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
makeIPTablesUtilChains: false
syncFrequency: 10s
nodeStatusUpdateFrequency: 5s
YAML
}

cni_config() {
    put "$1/cni/10-netstore.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "netstore", "plugins": [
  {"type": "ptp", "ipMasq": false, "mtu": 1500, "ipam": {"type": "host-local", "dataDir": "$1/ipam",
    "ranges": [[{"subnet": "$2"}], [{"subnet": "$3"}]], "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}]}
JSON
}

proxy_config() {
    put "$1/kube-proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clientConnection: {kubeconfig: $STATE/kube-proxy.kubeconfig}
clusterCIDR: $POD_CIDR,$POD_CIDR6
hostnameOverride: $2
oomScoreAdj: 0
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
nftables: {minSyncPeriod: 0s, syncPeriod: 30s}
YAML
}
