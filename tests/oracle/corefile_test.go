package main

import "testing"

// A comma joins keys of several lines; snippets and files stand where they are imported; the last brace may be missing.
func TestCorefile(t *testing.T) {
	expect(t, `{"op":"corefile","question":{"text":"(s) {\n  log {$A}\n}\na,\nb {\n  import s\n  import x/*\n  x {\n}\n","files":{"x/f":"y"}}}`,
		`{"answer":{"blocks":[{"keys":["a","b"],"words":{"log":[{"text":"log","line":2,"file":""},{"text":"value-of-A","line":2,"file":""}],`+
			`"x":[{"text":"x","line":8,"file":""},{"text":"{","line":8,"file":""},{"text":"}","line":9,"file":""}],`+
			`"y":[{"text":"y","line":1,"file":"x/f"}]}}],"error":null}}`)
}
