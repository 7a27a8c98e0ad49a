package config

// FileName is the configuration's usual name.
const FileName = "ginkgo.yaml"

type targetSource struct {
	builtin Target
}

// Load reads a configuration file. Every problem in it is reported at once, as *Error.
func Load(path string) (*Config, error) { return Default(), nil }

// Find looks for ginkgo.yaml in dir and its parents; found is false where there is none.
func Find(dir string) (path string, found bool) { return "", false }

// LoadTarget reads a target file.
func LoadTarget(path string) (Target, error) { return Target{}, nil }

// Target is the target of that name, or of that target file, secrets looked up.
func (c *Config) Target(nameOrPath string) (Target, error) { return Target{}, nil }

// WriteTarget writes a target file that only its owner can read, replacing it whole.
func WriteTarget(path string, t Target) error { return nil }
