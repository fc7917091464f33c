# shellcheck shell=bash
# Keys, certificates (EC P-256) and kubeconfigs of the cluster; sourced by up. What exists is kept.

PKI=$STATE/pki

# ca NAME SUBJECT
ca() {
    [ ! -s "$PKI/$1.crt" ] || return 0
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$2" \
        -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature -keyout "$PKI/$1.key" -out "$PKI/$1.crt.new"
    mv "$PKI/$1.crt.new" "$PKI/$1.crt"
}

# leaf NAME SUBJECT CA [SUBJECT-ALT-NAMES]: a client certificate, or one for a server if it has names
leaf() {
    [ ! -s "$PKI/$1.crt" ] || return 0
    local use=clientAuth
    [ -z "${4:-}" ] || use=serverAuth
    { printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=%s\n' "$use"
      [ -z "${4:-}" ] || printf 'subjectAltName=%s\n' "$4"; } >"$PKI/$1.ext"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout "$PKI/$1.key" -out "$PKI/$1.csr"
    openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/$3.crt" -CAkey "$PKI/$3.key" -CAcreateserial -days 3650 \
        -extfile "$PKI/$1.ext" -out "$PKI/$1.crt.new"
    mv "$PKI/$1.crt.new" "$PKI/$1.crt"
    rm "$PKI/$1.csr" "$PKI/$1.ext"
}

# kubeconfig NAME: for the certificate of that name
kubeconfig() {
    cat >"$STATE/$1.kubeconfig.new" <<YAML
apiVersion: v1
kind: Config
clusters:
- name: netstore
  cluster:
    server: https://$API_HOST:$PORT_APISERVER
    certificate-authority-data: $(base64 <"$PKI/ca.crt" | tr -d '\n')
users:
- name: $1
  user:
    client-certificate-data: $(base64 <"$PKI/$1.crt" | tr -d '\n')
    client-key-data: $(base64 <"$PKI/$1.key" | tr -d '\n')
contexts:
- name: netstore
  context:
    cluster: netstore
    user: $1
current-context: netstore
YAML
    mv "$STATE/$1.kubeconfig.new" "$STATE/$1.kubeconfig"
}

make_pki() {
    mkdir -p "$PKI"
    ca ca netstore-ca
    ca front-proxy-ca netstore-front-proxy-ca
    if [ ! -s "$PKI/sa.pub" ]; then              # signs the tokens of ServiceAccounts
        openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/sa.key"
        openssl ec -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub.new"
        mv "$PKI/sa.pub.new" "$PKI/sa.pub"
    fi
    local k=DNS:kubernetes s=kubernetes.default.svc
    leaf apiserver /CN=kube-apiserver ca \
        "$k,$k.default,DNS:$s,DNS:$s.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$CONTROL_PLANE_IP,IP:${SERVICE_CIDR%.*}.1"
    leaf front-proxy /CN=front-proxy-client front-proxy-ca
    leaf admin /O=system:masters/CN=admin ca
    leaf controller-manager /CN=system:kube-controller-manager ca
    leaf scheduler /CN=system:kube-scheduler ca
    leaf kwok /O=system:masters/CN=kwok ca
    [ "$NODES" -gt 0 ] || return 0
    leaf kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client ca
    leaf kube-proxy /CN=system:kube-proxy ca
    leaf dataplane /O=system:masters/CN=dataplane ca
    local i
    for ((i = 1; i <= NODES; i++)); do
        leaf "node-$i" "/O=system:nodes/CN=system:node:node-$i" ca
        leaf "node-$i-serving" "/O=system:nodes/CN=system:node:node-$i" ca "DNS:node-$i,IP:$(node_ip "$i"),IP:$(node_ip6 "$i")"
    done
}

make_kubeconfigs() {
    local n i
    for n in admin controller-manager scheduler kwok; do kubeconfig "$n"; done
    [ "$NODES" -gt 0 ] || return 0
    for n in kube-proxy dataplane; do kubeconfig "$n"; done
    for ((i = 1; i <= NODES; i++)); do kubeconfig "node-$i"; done
}
