package main

import (
	"bytes"
	"strings"
	"testing"
)

// ask puts lines of questions and gives the lines of answers.
func ask(t *testing.T, questions ...string) []string {
	t.Helper()
	var out bytes.Buffer
	if err := serve(strings.NewReader(strings.Join(questions, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

// expect asks one question and compares the whole answer.
func expect(t *testing.T, question, answer string) {
	t.Helper()
	if got := ask(t, question); len(got) != 1 || got[0] != answer {
		t.Errorf("asked    %s\nexpected %s\ngot      %s", question, answer, strings.Join(got, "\n         "))
	}
}

func TestEveryLineIsAnswered(t *testing.T) {
	got := ask(t,
		`{"id":"first","op":"quantityCompare","question":{"a":"1Gi","b":"1G"}}`,
		``,
		`nonsense`,
		`{"id":{"any":"value"},"op":"nonsense"}`,
		`{"op":"quantityCompare","question":{"a":"1","c":"1"}}`,
		`{"id":5,"op":"findMatchingVolume","question":{}}`,
		`{"id":6,"op":"findMatchingVolume","question":{"claim":{},"volumes":[null]}}`)
	expected := []string{
		`{"id":"first","answer":{"compare":1,"a":{"canonical":"1Gi","value":1073741824,"error":null},"b":{"canonical":"1G","value":1000000000,"error":null}}}`,
		`{"refused":"invalid character 'o' in literal null (expecting 'u')"}`,
		`{"id":{"any":"value"},"refused":"unknown operation \"nonsense\""}`,
		`{"refused":"unknown field \"c\""}`,
		`{"id":5,"refused":"the question has no claim"}`,
		`{"id":6,"refused":"panic: runtime error: invalid memory address or nil pointer dereference"}`,
	}
	if strings.Join(got, "\n") != strings.Join(expected, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestQuantities(t *testing.T) {
	// Compared exactly, beyond 64 bits too; the value as an integer is then something else.
	expect(t, `{"op":"quantityCompare","question":{"a":"800E","b":"801E"}}`,
		`{"answer":{"compare":-1,"a":{"canonical":"800E","value":0,"error":null},"b":{"canonical":"801E","value":0,"error":null}}}`)
	expect(t, `{"op":"quantityCompare","question":{"a":"1.5","b":"1500m"}}`,
		`{"answer":{"compare":0,"a":{"canonical":"1500m","value":2,"error":null},"b":{"canonical":"1500m","value":2,"error":null}}}`)
	expect(t, `{"op":"quantityCompare","question":{"a":"1 Gi","b":"1"}}`,
		`{"answer":{"compare":null,"a":{"canonical":null,"value":null,"error":"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},"b":{"canonical":"1","value":1,"error":null}}}`)
}

func TestSelectors(t *testing.T) {
	expect(t, `{"op":"labelSelectorMatches","question":{"selector":{"matchLabels":{"a":"b"}},"labels":{"a":"b"}}}`,
		`{"answer":{"matches":true,"error":null}}`)
	expect(t, `{"op":"labelSelectorMatches","question":{"selector":null,"labels":{}}}`,
		`{"answer":{"matches":false,"error":null}}`)
	expect(t, `{"op":"labelSelectorMatches","question":{"selector":{"matchExpressions":[{"key":"a","operator":"Near"}]},"labels":{}}}`,
		`{"answer":{"matches":false,"error":"\"Near\" is not a valid label selector operator"}}`)
}
