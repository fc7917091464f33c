// Command oracle asks Kubernetes' own code: it reads questions, one JSON object per line, and answers each with one line.
// README.md has the protocol.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/klog/v2"
	kjson "sigs.k8s.io/json"
)

// An operation answers questions of one sort. An error means that the question cannot be understood; what Kubernetes
// itself objects to is part of the answer.
type operation func(question []byte) (any, error)

// operations is everything that can be asked. Each subject has a file of its own.
var operations = map[string]operation{
	// values.go
	"quantityCompare":      asked(quantityCompare),
	"labelSelectorMatches": asked(labelSelectorMatches),

	// storage.go: what the volume controller and the scheduler have in common
	"findMatchingVolume": asked(findMatchingVolume),
	"checkNodeAffinity":  asked(checkNodeAffinity),
	"claimAndVolume":     asked(claimAndVolume),
	"claimClass":         asked(claimClass),
	"defaultClass":       asked(defaultClass),
	"topologyMatches":    asked(topologyMatches),

	// volume_controller.go
	"findByClaim":            asked(findByClaim),
	"claimSatisfiedByVolume": asked(claimSatisfiedByVolume),

	// controller_sync.go
	"controllerSync": asked(controllerSync),

	// scheduler.go
	"schedulerFilter": asked(schedulerFilter),

	// qos.go
	"podQOS":    asked(podQOS),
	"podResize": asked(podResize),

	// quota.go
	"podQuota":    asked(podQuota),
	"podOverhead": asked(podOverhead),

	// rollout.go
	"rollout": asked(rollout),

	// eviction.go
	"evictionOrder": asked(evictionOrder),

	// dns.go
	"podDNS": asked(podDNS),

	// hosts.go
	"podHosts": asked(podHosts),

	// security.go
	"podSecurity": asked(podSecurity),

	// corefile.go
	"corefile": asked(corefile),
}

// envelope is what every question has.
type envelope struct {
	ID        json.RawMessage `json:"id"`
	Operation string          `json:"op"`
	Question  json.RawMessage `json:"question"`
}

// reply has either an answer or the reason why there is none.
type reply struct {
	ID      json.RawMessage `json:"id,omitempty"`
	Answer  any             `json:"answer,omitempty"`
	Refused string          `json:"refused,omitempty"`
}

// asked makes an operation of a function.
func asked[Question, Answer any](f func(Question) (Answer, error)) operation {
	return func(data []byte) (any, error) {
		var question Question
		if err := decode(data, &question); err != nil {
			return nil, err
		}
		return f(question)
	}
}

// decode reads as the API server does with field validation Strict: a misspelt field is a mistake of the test that asks,
// not an absent field.
func decode(data []byte, into any) error {
	strict, err := kjson.UnmarshalStrict(data, into)
	return errors.Join(append(strict, err)...)
}

// answer replies to one line.
func answer(line []byte) (r reply) {
	var e envelope
	defer func() {
		r.ID = e.ID
		if p := recover(); p != nil { // Kubernetes' code may panic on objects that the API server would not let in
			r.Answer, r.Refused = nil, fmt.Sprintf("panic: %v", p)
		}
	}()
	if err := decode(line, &e); err != nil {
		return reply{Refused: err.Error()}
	}
	op, known := operations[e.Operation]
	if !known {
		return reply{Refused: fmt.Sprintf("unknown operation %q", e.Operation)}
	}
	a, err := op(e.Question)
	if err != nil {
		return reply{Refused: err.Error()}
	}
	return reply{Answer: a}
}

// serve answers until the questions end. What was asked together is written together.
func serve(questions io.Reader, answers io.Writer) error {
	in, out := bufio.NewReaderSize(questions, 1<<20), bufio.NewWriterSize(answers, 1<<16)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := encoder.Encode(answer(line)); err != nil {
				return err
			}
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func main() {
	klog.SetLogger(klog.Logger{}) // the scheduler's remarks are nobody's answer
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}
