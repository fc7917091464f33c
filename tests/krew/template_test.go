// Whether release/manifest fills in the template as Go's text/template does, which krew-release-bot uses.
package krew

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
)

// What the bot hands to a template, as far as ours asks for it.
type release struct{ TagName, PluginOwner, PluginRepo string }

func TestTheScriptFillsInTheTemplateAsTheBotDoes(t *testing.T) {
	archives := t.TempDir()
	for _, platform := range []string{"linux", "darwin", "windows"} {
		for _, processor := range []string{"amd64", "arm64"} {
			for _, suffix := range []string{"tar.gz", "zip"} {
				name := fmt.Sprintf("kubectl-netstore_%s_%s.%s", platform, processor, suffix)
				if err := os.WriteFile(filepath.Join(archives, name), []byte(name), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	// A URL is a template of its own, and the sum is that of what lies there.
	fill := func(text string, values any) string {
		var filled strings.Builder
		if err := template.Must(template.New("").Parse(text)).Execute(&filled, values); err != nil {
			t.Fatal(err)
		}
		return filled.String()
	}
	addURIAndSha := func(url, tag string) string {
		url = fill(url, release{TagName: tag})
		archive, err := os.ReadFile(filepath.Join(archives, path.Base(url)))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("uri: %s\n    sha256: %x", url, sha256.Sum256(archive))
	}
	parsed, err := template.New("netstore.yaml").Funcs(template.FuncMap{"addURIAndSha": addURIAndSha}).ParseFiles("../../krew/netstore.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var wanted strings.Builder
	if err := parsed.Execute(&wanted, release{"v1.2.3", "some-owner", "some.repository"}); err != nil {
		t.Fatal(err)
	}
	found, err := exec.Command("../../release/manifest", "some-owner/some.repository", "v1.2.3", archives).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, found)
	}
	if string(found) != wanted.String() {
		t.Errorf("the script says\n%s\nand the template\n%s", found, wanted.String())
	}
}
