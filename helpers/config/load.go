package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/yamlfile"
)

// FileName is the configuration's usual name.
const FileName = "ginkgo.yaml"

// Open reads the configuration a command uses: the file named by --config, else the
// ginkgo.yaml of dir or of its nearest parent that has one, else the defaults.
func Open(explicit, dir string) (*Config, error) {
	if explicit != "" {
		return Load(explicit)
	}
	path, found, err := Find(dir)
	if err != nil {
		return nil, err
	}
	if !found {
		return Default(), nil
	}
	return Load(path)
}

// Find looks for ginkgo.yaml in dir and its parents; found is false where there is none.
func Find(dir string) (path string, found bool, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", false, wrong(FileName, err, "looking for it from %s: %v", dir, err)
	}
	for {
		path = filepath.Join(dir, FileName)
		info, err := os.Stat(path)
		switch {
		case err == nil && !info.IsDir():
			return path, true, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", false, wrong(path, err, "%v", err)
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return "", false, nil
	}
}

// Load reads a configuration file. Every problem in it is reported at once, as *Error.
func Load(path string) (*Config, error) {
	data, err := yamlfile.Read(path, yamlfile.MaxSize)
	if err != nil {
		return nil, wrong(path, err, "the configuration cannot be read: %v", err)
	}
	return Parse(path, data)
}

// Parse is Load for a file that was read already; name is what errors call it and what
// relative paths start from.
func Parse(name string, data []byte) (*Config, error) {
	node, syntax := parse(name, data)
	if syntax != nil {
		return nil, syntax
	}
	c := Default()
	c.file = name
	if node == nil {
		return c, nil
	}
	d := newDecoder(name)
	d.decode("", node, reflect.ValueOf(c).Elem())
	c.nodes = map[string]ast.Node{}
	for target := range c.Targets {
		if node, ok := d.at["targets."+target]; ok {
			c.nodes[target] = node
		}
	}
	c.check(d)
	if err := d.err(); err != nil {
		return nil, err
	}
	return c, nil
}
