package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// needs refuses a question without a part that it cannot do without.
func needs[T any](name string, value *T) error {
	if value == nil {
		return fmt.Errorf("the question has no %s", name)
	}
	return nil
}

type quantityCompareQuestion struct {
	A string `json:"a"`
	B string `json:"b"`
}

type quantityCompareAnswer struct {
	// Compare is -1, 0 or 1, or null if one of the two is no quantity.
	Compare *int   `json:"compare"`
	A       parsed `json:"a"`
	B       parsed `json:"b"`
}

// parsed is a quantity as Kubernetes understands it.
type parsed struct {
	Canonical *string `json:"canonical"`
	// Value is rounded up to a whole number. What is too large for 64 bits becomes something else: 10E is 0.
	Value *int64  `json:"value"`
	Error *string `json:"error"`
}

func parse(text string) (parsed, *resource.Quantity) {
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return parsed{Error: textOf(err)}, nil
	}
	value := q.Value()
	canonical := q.DeepCopy()
	written := canonical.String()
	return parsed{Canonical: &written, Value: &value}, &q
}

// quantityCompare compares two quantities exactly.
func quantityCompare(q quantityCompareQuestion) (quantityCompareAnswer, error) {
	var answer quantityCompareAnswer
	var a, b *resource.Quantity
	answer.A, a = parse(q.A)
	answer.B, b = parse(q.B)
	if a != nil && b != nil {
		order := a.Cmp(*b)
		answer.Compare = &order
	}
	return answer, nil
}

type labelSelectorMatchesQuestion struct {
	Selector *metav1.LabelSelector `json:"selector"`
	Labels   map[string]string     `json:"labels"`
}

type labelSelectorMatchesAnswer struct {
	Matches bool    `json:"matches"`
	Error   *string `json:"error"`
}

// labelSelectorMatches asks a LabelSelector; null selects nothing, an empty one everything.
func labelSelectorMatches(q labelSelectorMatchesQuestion) (labelSelectorMatchesAnswer, error) {
	selector, err := metav1.LabelSelectorAsSelector(q.Selector)
	if err != nil {
		return labelSelectorMatchesAnswer{Error: textOf(err)}, nil
	}
	return labelSelectorMatchesAnswer{Matches: selector.Matches(labels.Set(q.Labels))}, nil
}
