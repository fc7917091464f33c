package main

import (
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/coredns/caddy/caddyfile"
)

type corefileQuestion struct {
	Text string `json:"text"`
	// Files are those beside the Corefile, by path.
	Files map[string]string `json:"files"`
}

type corefileAnswer struct {
	Blocks []corefileBlock `json:"blocks"`
	// Error is why CoreDNS does not start.
	Error *string `json:"error"`
}

type corefileBlock struct {
	Keys []string `json:"keys"`
	// Words are what each plugin is given, those of several directives of one name behind each other.
	Words map[string][]corefileWord `json:"words"`
}

type corefileWord struct {
	Text string `json:"text"`
	Line int    `json:"line"`
	// File is that of an import, relative to the Corefile.
	File string `json:"file"`
}

// corefile asks what CoreDNS reads in a Corefile, before plugins look at it. Variables of the environment have their own names as
// values.
func corefile(q corefileQuestion) (corefileAnswer, error) {
	answer := corefileAnswer{Blocks: []corefileBlock{}}
	log.SetOutput(io.Discard)
	folder, err := os.MkdirTemp("", "netstore-oracle-*")
	if err != nil {
		return answer, err
	}
	defer os.RemoveAll(folder)
	for path, text := range q.Files {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return answer, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return answer, err
		}
	}
	for _, name := range []string{"A", "ZONE"} {
		if err := os.Setenv(name, "value-of-"+name); err != nil {
			return answer, err
		}
	}
	blocks, err := caddyfile.Parse(filepath.Join(folder, "Corefile"), strings.NewReader(q.Text), nil)
	if err != nil {
		answer.Error = textOf(err)
		return answer, nil
	}
	for _, block := range blocks {
		words := map[string][]corefileWord{}
		for name, tokens := range block.Tokens {
			for _, token := range tokens {
				file := strings.TrimPrefix(strings.TrimPrefix(token.File, folder), "/")
				words[name] = append(words[name], corefileWord{token.Text, token.Line, file})
			}
		}
		answer.Blocks = append(answer.Blocks, corefileBlock{block.Keys, words})
	}
	return answer, nil
}
