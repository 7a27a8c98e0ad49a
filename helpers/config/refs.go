package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/yamlfile"
)

const (
	filePrefix = "file:"
	// textPrefix takes the rest as it is: for the rare password that starts with
	// file: or contains ${.
	textPrefix    = "text:"
	maxSecretSize = 64 << 10
)

var environment = regexp.MustCompile(`\$\{([^}]*)\}?`)
var environmentName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// hasReference says that a text stands for another one.
func hasReference(text string) bool {
	return !strings.HasPrefix(text, textPrefix) && (strings.HasPrefix(text, filePrefix) || strings.Contains(text, "${"))
}

// resolve replaces ${NAME} by the environment's value.
func (d *decoder) resolve(path string, node ast.Node, text string) string {
	if !strings.HasPrefix(path, "targets.") && !d.lookUp {
		return text // references belong to targets only: elsewhere a brace is a brace
	}
	return environment.ReplaceAllStringFunc(text, func(reference string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(reference, "${"), "}")
		if !strings.HasSuffix(reference, "}") || !environmentName.MatchString(name) {
			d.fail(node, "%s: a reference is written ${NAME}, with letters, digits and _", path)
			return ""
		}
		if !d.lookUp {
			return reference
		}
		value := os.Getenv(name)
		if value == "" {
			d.fail(node, "%s: the environment variable %s is not set", path, name)
		}
		return value
	})
}

// secret reads a text, ${NAME} or file:path. Its value never gets into a message.
func (d *decoder) secret(path string, node ast.Node, v reflect.Value) {
	text, ok := yamlfile.Text(node)
	if !ok {
		d.mismatch(path, node, v.Type())
		return
	}
	if !hasReference(text) && text != "" && !isKeyPath(path, text) {
		d.inline = append(d.inline, node)
	}
	switch {
	case strings.HasPrefix(text, textPrefix):
		text = strings.TrimPrefix(text, textPrefix)
	case strings.HasPrefix(text, filePrefix) && d.lookUp:
		text = d.secretFile(path, node, d.resolve(path, node, text[len(filePrefix):]))
	default:
		text = d.resolve(path, node, text)
	}
	if d.lookUp && isKeyPath(path, text) {
		text = d.absolute(text)
	}
	v.SetString(text)
}

// isKeyPath says that a key: names a file instead of holding the key.
func isKeyPath(path, text string) bool {
	return (path == "key" || strings.HasSuffix(path, ".key")) && text != "" && !strings.Contains(text, "\n")
}

func (d *decoder) secretFile(path string, node ast.Node, name string) string {
	name = d.absolute(name)
	value, err := readSecret(name)
	if err != nil {
		d.fail(node, "%s: the secret's file: %v", path, err)
	}
	return value
}

// readSecret reads a file that only its owner may read, without the line end that
// editors leave.
func readSecret(name string) (string, error) {
	data, err := yamlfile.Read(name, maxSecretSize)
	if err != nil {
		return "", err
	}
	if err := private(name); err != nil {
		return "", err
	}
	value := strings.TrimRight(string(data), "\r\n")
	if value == "" {
		return "", fmt.Errorf("%s is empty", name)
	}
	return value, nil
}

// private refuses a file that every user of the machine can read.
func private(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o004 != 0 {
		return fmt.Errorf("%s holds a secret and every user can read it (mode %04o); run: chmod 600 %s", name, info.Mode().Perm(), name)
	}
	return nil
}

// absolute is a path as seen from the configuration file; ~/ is the home directory.
func (d *decoder) absolute(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if filepath.IsAbs(name) || name == "" {
		return name
	}
	full, err := filepath.Abs(filepath.Join(filepath.Dir(d.file), name))
	if err != nil {
		return name
	}
	return full
}
