package main

import (
	"context"
	"net"
	"os"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/network/dns"
)

type podDNSQuestion struct {
	Pod *v1.Pod `json:"pod"`
	// NodeFile is what is in the file that --resolv-conf names.
	NodeFile string `json:"nodeFile"`
	// ClusterDNS and ClusterDomain are fields of the kubelet's configuration.
	ClusterDNS    []string `json:"clusterDNS"`
	ClusterDomain string   `json:"clusterDomain"`
}

type podDNSAnswer struct {
	Servers  []string `json:"servers"`
	Searches []string `json:"searches"`
	// Options are sorted: the kubelet keeps them in a map.
	Options []string `json:"options"`
	// Events are those about the pod or its node, as `TYPE REASON MESSAGE`.
	Events []string `json:"events"`
	// Error is why the pod cannot start.
	Error *string `json:"error"`
}

// podDNS asks what the kubelet writes into the resolv.conf of a pod.
func podDNS(q podDNSQuestion) (podDNSAnswer, error) {
	answer := podDNSAnswer{Servers: []string{}, Searches: []string{}, Options: []string{}, Events: []string{}}
	if err := needs("pod", q.Pod); err != nil {
		return answer, err
	}
	corev1.SetObjectDefaults_Pod(q.Pod)
	file, err := os.CreateTemp("", "netstore-oracle-*.conf")
	if err != nil {
		return answer, err
	}
	defer os.Remove(file.Name())
	if _, err := file.WriteString(q.NodeFile); err != nil {
		return answer, err
	}
	if err := file.Close(); err != nil {
		return answer, err
	}
	var servers []net.IP
	for _, server := range q.ClusterDNS {
		servers = append(servers, net.ParseIP(server))
	}
	recorder := record.NewFakeRecorder(8)
	configurer := dns.NewConfigurer(recorder, &v1.ObjectReference{Kind: "Node", Name: "n"}, nil, servers, q.ClusterDomain, file.Name())
	config, err := configurer.GetPodDNS(context.Background(), q.Pod)
	close(recorder.Events)
	for event := range recorder.Events {
		answer.Events = append(answer.Events, event)
	}
	if err != nil {
		answer.Error = textOf(err)
		return answer, nil
	}
	answer.Servers = append(answer.Servers, config.Servers...)
	answer.Searches = append(answer.Searches, config.Searches...)
	answer.Options = append(answer.Options, config.Options...)
	slices.Sort(answer.Options)
	return answer, nil
}
