"""The API server as try talks to it, and what it waits for in objects."""
import http.client, json, re, ssl, threading, urllib.parse

# Where the API keeps a kind: path, and whether it lives in a namespace.
KINDS = {
    "Namespace": ("api/v1/namespaces", False), "Node": ("api/v1/nodes", False),
    "PersistentVolume": ("api/v1/persistentvolumes", False), "PersistentVolumeClaim": ("api/v1/persistentvolumeclaims", True),
    "Pod": ("api/v1/pods", True), "ServiceAccount": ("api/v1/serviceaccounts", True), "Event": ("api/v1/events", True),
    "ResourceQuota": ("api/v1/resourcequotas", True), "LimitRange": ("api/v1/limitranges", True),
    "StatefulSet": ("apis/apps/v1/statefulsets", True), "Deployment": ("apis/apps/v1/deployments", True),
    "Job": ("apis/batch/v1/jobs", True), "StorageClass": ("apis/storage.k8s.io/v1/storageclasses", False),
    "CSINode": ("apis/storage.k8s.io/v1/csinodes", False), "CSIDriver": ("apis/storage.k8s.io/v1/csidrivers", False),
    "CSIStorageCapacity": ("apis/storage.k8s.io/v1/csistoragecapacities", True),
}


class Refused(Exception):
    """The API server said no."""


class Failed(Exception):
    """Something that was waited for did not come."""


class Api:
    """The API server, one connection for each thread."""

    def __init__(self, state):
        self.host = re.search(r"server: https://(\S+)", (state / "admin.kubeconfig").read_text()).group(1)
        self.tls = ssl.create_default_context(cafile=state / "pki/ca.crt")
        self.tls.load_cert_chain(state / "pki/admin.crt", state / "pki/admin.key")
        self.state = state
        self.local = threading.local()

    def request(self, method, path, body=None, kind="application/json"):
        data = None if body is None else json.dumps(body)
        for attempt in range(3):
            try:
                if not hasattr(self.local, "connection"):
                    self.local.connection = http.client.HTTPSConnection(self.host, context=self.tls, timeout=30)
                self.local.connection.request(method, "/" + path, data, {"Content-Type": kind})
                response = self.local.connection.getresponse()
                answer = json.loads(response.read())
                break
            except (http.client.HTTPException, OSError):
                del self.local.connection
                if attempt == 2:
                    raise
        if response.status >= 400:
            raise Refused(answer.get("message", str(answer)))
        return answer

    def path(self, kind, namespace, name=None, subresource=None):
        path, namespaced = KINDS[kind]
        if namespaced:
            group, plural = path.rsplit("/", 1)
            path = f"{group}/namespaces/{namespace}/{plural}"
        return "/".join(p for p in (path, name and urllib.parse.quote(name), subresource) if p)

    def get(self, kind, namespace, name):
        """The object, or None."""
        try:
            return self.request("GET", self.path(kind, namespace, name))
        except Refused as refused:
            if "not found" in str(refused):
                return None
            raise

    def list(self, kind, namespace, query=""):
        return self.request("GET", self.path(kind, namespace) + query)["items"]

    def create(self, namespace, item):
        return self.request("POST", self.path(item["kind"], namespace), item)

    def delete(self, kind, namespace, name):
        try:
            self.request("DELETE", self.path(kind, namespace, name), {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
        except Refused as refused:
            if "not found" not in str(refused):
                raise

    def patch(self, kind, namespace, name, merge, subresource=None):
        return self.request("PATCH", self.path(kind, namespace, name, subresource), merge, "application/merge-patch+json")


def pointer(item, path):
    """What a JSON pointer names, or None."""
    for part in path.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        try:
            item = item[int(part)] if isinstance(item, list) else item[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return item


def same(actual, expected):
    """Whether a field has the value that is waited for: "*" is any, null is none; what is no text is compared as JSON."""
    if expected is None or actual is None:
        return expected is actual
    text = actual if isinstance(actual, str) else json.dumps(actual, separators=(",", ":"))
    return expected in ("*", text)
