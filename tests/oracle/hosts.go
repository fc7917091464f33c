package main

import (
	"net"
	"reflect"
	"unsafe"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/network/dns"
)

type podHostsQuestion struct {
	Pod           *v1.Pod `json:"pod"`
	ClusterDomain string  `json:"clusterDomain"`
}

type podHostsAnswer struct {
	// Hostname and Domain are what the pod calls itself.
	Hostname string `json:"hostname"`
	Domain   string `json:"domain"`
	// File is the /etc/hosts of a pod that is not on the host network.
	File string `json:"file"`
	// Error is why the pod cannot start.
	Error *string `json:"error"`
}

//go:linkname managedHostsFileContent k8s.io/kubernetes/pkg/kubelet.managedHostsFileContent
func managedHostsFileContent(hostIPs []string, hostName, hostDomainName string, hostAliases []v1.HostAlias) []byte

// podHosts asks what the kubelet writes into the /etc/hosts of a pod.
func podHosts(q podHostsQuestion) (podHostsAnswer, error) {
	var answer podHostsAnswer
	if err := needs("pod", q.Pod); err != nil {
		return answer, err
	}
	kl := &kubelet.Kubelet{}
	configurer := dns.NewConfigurer(nil, nil, nil, []net.IP{}, q.ClusterDomain, "")
	field := reflect.ValueOf(kl).Elem().FieldByName("dnsConfigurer")
	*(**dns.Configurer)(unsafe.Pointer(field.UnsafeAddr())) = configurer
	hostname, domain, err := kl.GeneratePodHostNameAndDomain(klog.Background(), q.Pod)
	if err != nil {
		answer.Error = textOf(err)
		return answer, nil
	}
	var ips []string
	for _, ip := range q.Pod.Status.PodIPs {
		ips = append(ips, ip.IP)
	}
	answer.Hostname, answer.Domain = hostname, domain
	answer.File = string(managedHostsFileContent(ips, hostname, domain, q.Pod.Spec.HostAliases))
	return answer, nil
}
