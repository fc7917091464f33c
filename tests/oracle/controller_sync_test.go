package main

import (
	"fmt"
	"strings"
	"testing"
)

// What the controller is asked and what it does, for each of the ways it can go.
func TestControllerSync(t *testing.T) {
	class := func(name, provisioner, more string) string {
		return fmt.Sprintf(`{"metadata":{"name":%q},"provisioner":%q,"volumeBindingMode":"Immediate"%s}`, name, provisioner, more)
	}
	annotated := func(annotations, spec string) string {
		return strings.Replace(strings.Replace(claim, `"uid":"1"`, `"uid":"1","annotations":{`+annotations+`}`, 1), `"spec":{`, `"spec":{`+spec, 1)
	}
	question := `{"op":"controllerSync","question":{"claim":%s%s}}`
	failed := `{"answer":{"error":null,"events":[{"type":"Warning","reason":"ProvisioningFailed","message":%q}],"phase":"","volumeName":null,"class":"x","provisioner":%s}}`
	for _, c := range []struct{ claim, rest, answer string }{
		{claim, `,"volumes":[` + pv("a", "1Gi", `"ReadWriteOnce"`, "") + `]`,
			`{"answer":{"error":null,"events":[],"phase":"Bound","volumeName":"a","class":"x","provisioner":null}}`},
		{claim, "", fmt.Sprintf(failed, `storageclass.storage.k8s.io "x" not found`, "null")},
		{claim, `,"classes":[` + class("x", "kubernetes.io/iscsi", "") + `]`, fmt.Sprintf(failed, "no volume plugin matched name: kubernetes.io/iscsi", "null")},
		{claim, `,"classes":[` + class("x", "kubernetes.io/nfs", "") + `]`, fmt.Sprintf(failed, "no provisionable volume plugin matched", "null")},
		{claim, `,"classes":[` + class("x", "kubernetes.io/host-path", "") + `]`,
			fmt.Sprintf(failed, `Failed to create provisioner: provisioning in volume plugin "kubernetes.io/host-path" is disabled`, `"kubernetes.io/host-path"`)},
		{claim, `,"classes":` + waiting + `,"pods":[` + pod + `]`,
			`{"answer":{"error":null,"events":[{"type":"Normal","reason":"WaitForPodScheduled","message":"waiting for pod p to be scheduled"}],` +
				`"phase":"Pending","volumeName":null,"class":"x","provisioner":null}}`},
		{strings.Replace(claim, `,"storageClassName":"x"`, "", 1),
			`,"classes":[` + strings.Replace(class("d", "somebody.test", ""), `"name":"d"`, `"name":"d","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}`, 1) + `]`,
			`{"answer":{"error":null,"events":[{"type":"Normal","reason":"ExternalProvisioning","message":"Waiting for a volume to be created either by the ` +
				`external provisioner 'somebody.test' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner ` +
				`is running and correctly registered."}],"phase":"","volumeName":null,"class":"d","provisioner":"somebody.test"}}`},
		{annotated(`"pv.kubernetes.io/bind-completed":"yes"`, `"volumeName":"gone",`), "",
			`{"answer":{"error":null,"events":[{"type":"Warning","reason":"ClaimLost","message":"Bound claim has lost its PersistentVolume. Data on the volume is lost!"}],` +
				`"phase":"Lost","volumeName":"gone","class":"x","provisioner":null}}`},
		{annotated("", `"volumeName":"a",`), `,"volumes":[` + pv("a", "1Mi", `"ReadWriteOnce"`, "") + `]`,
			`{"answer":{"error":null,"events":[{"type":"Warning","reason":"VolumeMismatch","message":"Cannot bind to requested volume \"a\": requested PV is too small"}],` +
				`"phase":"Pending","volumeName":"a","class":"x","provisioner":null}}`},
	} {
		expect(t, fmt.Sprintf(question, c.claim, c.rest), c.answer)
	}
}
