# shellcheck shell=bash
# The world outside the cluster, as root: one more network namespace on the bridge that plays the Internet. Sourced by up.
#
#   198.51.100.10, .11 (2001:db8:51::10, ::11)   agnhost web servers on 80 and 443
#   198.51.100.53 (2001:db8:51::53)              DNS with the names below; every other name is NXDOMAIN

OUTSIDE_DAEMONS="outside-dns outside-web-80 outside-web-443"

outside_up() {
    local ns=netstore-outside dir=$STATE/outside a p
    mkdir -p "$dir"
    namespace outside 10.200.0.250 fd00:10:200::250
    for a in 10 11 53; do
        ip -n "$ns" addr replace "198.51.100.$a/32" dev lo
        ip -n "$ns" addr replace "2001:db8:51::$a/128" dev lo nodad
    done
    put "$dir/hosts" <<'HOSTS'
198.51.100.10 web.outside.test www.example.test api.example.test
2001:db8:51::10 web.outside.test
198.51.100.11 other.outside.test
HOSTS
    # No fallthrough: a name with an A record only would be NXDOMAIN for AAAA, and glibc gives up on it.
    put "$dir/Corefile" <<COREFILE
. {
    bind 198.51.100.53 2001:db8:51::53
    errors
    hosts $dir/hosts {
        ttl 30
    }
}
COREFILE
    spawn outside-dns nsenter --net="/run/netns/$ns" "$NODE_BIN/coredns" -conf "$dir/Corefile"
    for p in 80 443; do
        spawn "outside-web-$p" nsenter --net="/run/netns/$ns" "$BIN/agnhost" netexec --http-port="$p" --udp-port=-1
    done
    say "outside: 198.51.100.10, .11 and DNS at .53"
}

outside_down() { local d; for d in $OUTSIDE_DAEMONS; do stop "$d" 1; done; }
