package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/yamlfile"
)

// Target is the target of that name, or of that target file, with its secrets looked
// up and everything left out filled in. An empty name is the configuration's own choice.
func (c *Config) Target(nameOrPath string) (Target, error) {
	name := nameOrPath
	if name == "" {
		name = c.DefaultTarget
	}
	if node, written := c.nodes[name]; written {
		start := c.builtin(name)
		t, err := readTarget(c.file, "targets."+name, node, start)
		t.Name = name
		return t, err
	}
	if t, ok := c.Targets[name]; ok {
		t.Name = name
		return t.withDefaults(), nil
	}
	if !isPath(name) {
		return Target{}, wrong(c.file, nil, "unknown target %q; expected %s, or the path of a target file",
			name, strings.Join(names(c.Targets), ", "))
	}
	return LoadTarget(name)
}

// builtin is what a target of the file starts from: the embedded node may be changed
// in part.
func (c *Config) builtin(name string) Target {
	if name == "embedded" {
		return defaultEmbedded()
	}
	return Target{}
}

func isPath(name string) bool {
	if strings.ContainsRune(name, filepath.Separator) {
		return true
	}
	extension := filepath.Ext(name)
	return extension == ".yaml" || extension == ".yml"
}

// LoadTarget reads a target file: the form that labproof node writes, and that a
// teacher writes for a real node.
func LoadTarget(path string) (Target, error) {
	data, err := yamlfile.Read(path, yamlfile.MaxSize)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "; is the node running that writes it?"
		}
		return Target{}, wrong(path, err, "the target file cannot be read: %v%s", err, hint)
	}
	node, syntax := parse(path, data)
	if syntax != nil {
		return Target{}, syntax
	}
	if node == nil {
		return Target{}, wrong(path, nil, "the target file is empty; expected url, node, username, …")
	}
	t, err := readTarget(path, "", node, Target{})
	t.Name = path
	return t, err
}

// readTarget decodes a target with its secrets and checks it.
func readTarget(file, path string, node ast.Node, t Target) (Target, error) {
	d := newDecoder(file)
	d.lookUp = true
	d.decode(path, node, reflect.ValueOf(&t).Elem())
	if t.CA != "" && !strings.Contains(t.CA, "-----BEGIN") {
		t.CA = d.absolute(t.CA)
	}
	if t.Embedded != nil && t.Embedded.StateDir != "" {
		t.Embedded.StateDir = d.absolute(t.Embedded.StateDir)
	}
	if len(d.problems) == 0 {
		t.check(d, path) // what is not there because it could not be read is not missing
	}
	if len(d.inline) > 0 {
		if err := private(file); err != nil {
			d.fail(d.inline[0], "%v; or write the secret as ${NAME} or file:path", err)
		}
	}
	if err := d.err(); err != nil {
		return Target{}, err
	}
	return t.withDefaults(), nil
}

// withDefaults fills what is the same on nearly every Proxmox node.
func (t Target) withDefaults() Target {
	defaults := []struct {
		field *string
		value string
	}{
		{&t.Storage, "local"}, {&t.ISOStorage, "local"}, {&t.Bridge, "vmbr0"}, {&t.Guest.User, "root"},
	}
	for _, d := range defaults {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if t.SSH != nil && t.SSH.User == "" {
		shell := *t.SSH
		shell.User = "root"
		t.SSH = &shell
	}
	return t
}

// CertificateAuthority is the PEM of the CA, nil where the target names none.
func (t Target) CertificateAuthority() ([]byte, error) {
	if t.CA == "" || strings.Contains(t.CA, "-----BEGIN") {
		return []byte(t.CA), nil
	}
	pem, err := yamlfile.Read(t.CA, maxSecretSize)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authority of target %s: %w", t.Name, err)
	}
	return pem, nil
}

// PrivateKey is the key itself, nil where there is none.
func (s SSH) PrivateKey() ([]byte, error) { return keyBytes(s.Key, "the node's shell") }

// PrivateKey is the key itself, nil where there is none.
func (g Guest) PrivateKey() ([]byte, error) { return keyBytes(g.Key, "the guests") }

func keyBytes(key Secret, what string) ([]byte, error) {
	text := key.Reveal()
	if text == "" || strings.Contains(text, "\n") {
		return []byte(text), nil
	}
	data, err := yamlfile.Read(text, maxSecretSize)
	if err != nil {
		return nil, fmt.Errorf("reading the private key for %s: %w", what, err)
	}
	if err := private(text); err != nil {
		return nil, fmt.Errorf("reading the private key for %s: %w", what, err)
	}
	return data, nil
}
