package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/yamlfile"
)

const shipped = "../../ginkgo.yaml"

// what the file says, without where it was read from
func plain(c *Config) *Config {
	copied := *c
	copied.file, copied.nodes = "", nil
	return &copied
}

func TestShippedFileSaysTheDefaults(t *testing.T) {
	c, err := Load(shipped)
	if err != nil {
		t.Fatal(err)
	}
	got, want := reflect.ValueOf(plain(c)).Elem(), reflect.ValueOf(plain(Default())).Elem()
	for i := range got.NumField() {
		field := got.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		g, w := got.Field(i).Interface(), want.Field(i).Interface()
		if !reflect.DeepEqual(g, w) {
			t.Errorf("%s: ginkgo.yaml says %+v, the defaults are %+v", field.Name, g, w)
		}
	}
}

func TestShippedFileShowsEveryKeyAndReason(t *testing.T) {
	data, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Map, reflect.Slice:
			visit(typ.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		for i := range typ.NumField() {
			field := typ.Field(i)
			key := field.Tag.Get("yaml")
			if key == "" || key == "-" {
				continue
			}
			if !strings.Contains(string(data), key+":") {
				t.Errorf("ginkgo.yaml does not show %s.%s", typ.Name(), key)
			}
			if why := field.Tag.Get("why"); why != "" && !strings.Contains(string(data), "# "+why+"\n") {
				t.Errorf("ginkgo.yaml does not give the reason of %s: %s", key, why)
			}
			visit(field.Type)
		}
	}
	visit(reflect.TypeFor[Config]())
}

func TestEmptyFileIsTheDefaults(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "timeouts:\ntargets:\npatterns:\n", "{}"} {
		c, err := Parse("ginkgo.yaml", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if !reflect.DeepEqual(plain(c), plain(Default())) {
			t.Errorf("%q: not the defaults", text)
		}
	}
}

func TestValuesAreRead(t *testing.T) {
	c, err := Parse("ginkgo.yaml", []byte(`
lang: en
groups: [4, 2, 3]
pairs: [3-2, "4-5"]
class: {groups: 30}
patterns:
  first: {address: 5}
  users: ["a{x}@pve"]
timeouts:
  boot: 1h30m
capacity: {memory: 4 GiB, overhead: 0}
points: {tp1.q07: 2.5}
profiles:
  quick: {labels: "tp1.q12 || tp1.q20", seed: 0}
  grade: {fail_fast: true}
accept: {template_names: ["debian-{x}"]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Lang, want.Groups, want.Pairs, want.Class.Groups = "en", Groups{2, 3, 4}, Pairs{{2, 3}, {4, 5}}, 30
	want.Patterns.First.Address, want.Patterns.Users = 5, []string{"a{x}@pve"}
	want.Timeouts.Boot = 90 * time.Minute
	want.Capacity.Memory, want.Capacity.Overhead = 4*gib, 0
	want.Points["tp1.q07"] = 2.5
	quick := want.Profiles["validate"]
	quick.Labels, quick.Seed = "tp1.q12 || tp1.q20", 0
	grade := want.Profiles["grade"]
	grade.FailFast = true
	want.Profiles["quick"], want.Profiles["grade"] = quick, grade
	want.Accept.TemplateNames = []string{"debian-{x}"}
	if !reflect.DeepEqual(plain(c), plain(want)) {
		t.Errorf("got  %+v\nwant %+v", plain(c), plain(want))
	}
	if c.File() != "ginkgo.yaml" {
		t.Errorf("File() = %q", c.File())
	}
}

func TestEveryProblemHasItsLine(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"unknown key", "lang: fr\ngrups: 1\n", `f.yaml:2:1: unknown key "grups", did you mean "groups"?`},
		{"unknown nested key", "patterns:\n  frist: {}\n", `f.yaml:2:3: unknown key "frist", did you mean "first"?`},
		{"far from everything", "class:\n  zzzzzz: 1\n", `f.yaml:2:3: unknown key "zzzzzz"; expected one of groups`},
		{"timeout key", "timeouts:\n  bot: 1m\n", `f.yaml:2:3: unknown key "bot", did you mean "boot"?`},
		{"duration without unit", "timeouts:\n  boot: 30\n", `f.yaml:2:9: timeouts.boot: expected a duration such as 30s, 2m or 1h30m, found a number`},
		{"no duration", "timeouts: {boot: soon}\n", `f.yaml:1:18: timeouts.boot: "soon" is no duration`},
		{"timeout zero", "timeouts: {boot: 0s}\n", `f.yaml:1:18: timeouts.boot: 0s is impossible; expected 1ms to 24h0m0s (from the start until`},
		{"timeout negative", "timeouts: {boot: -1m}\n", `timeouts.boot: -1m0s is impossible`},
		{"poll too fast", "poll: {agent: 10ms}\n", `f.yaml:1:15: poll.agent: 10ms is impossible; expected 100ms to 1m0s`},
		{"number for text", "lang: 5\n", `f.yaml:1:7: lang: expected text, found a number; text needs quotes`},
		{"bool for text", "lang: true\n", `f.yaml:1:7: lang: expected text, found true, which YAML reads as yes or no`},
		{"text for number", "class: {groups: nine}\n", `f.yaml:1:17: class.groups: expected a whole number, found text`},
		{"fraction for number", "class: {groups: 1.5}\n", `class.groups: expected a whole number, found a number`},
		{"list for section", "patterns: [1]\n", `f.yaml:1:11: patterns: expected a section (key: value), found a list`},
		{"section for list", "accept: {first_names: {a: 1}}\n", `accept.first_names: expected a list, found a section`},
		{"nothing for text", "lang:\n", `lang: nothing is written here, expected text`},
		{"unknown language", "lang: de\n", `f.yaml:1:7: lang: "de" is unknown; expected fr or en`},
		{"class impossible", "class: {groups: 251}\n", `class.groups: 251 is impossible; expected 1 to 250, or 0 for the groups of the run`},
		{"group twice", "groups: 1,1\n", `f.yaml:1:9: groups: group 1 is named twice`},
		{"group twice in list", "groups: [1, 1]\n", `f.yaml:1:13: groups: group 1 is named twice`},
		{"unknown group", "groups: 8-10\nclass: {groups: 9}\n", `f.yaml:1:9: groups: unknown group 10; expected 1 to 9 (class.groups)`},
		{"unknown group in pair", "pairs: [1-12]\nclass: {groups: 9}\n", `f.yaml:1:8: pairs: unknown group 12; expected 1 to 9`},
		{"group 0", "groups: 0\n", `groups: unknown group 0; groups are counted from 1`},
		{"class numbers", "class: {groups: 2, numbers: 11-13}\n", `f.yaml:1:29: class.numbers: 3 numbers for 2 groups`},
		{"group range backwards", "groups: 4-2\n", `groups: "4-2" runs backwards; expected 2-4`},
		{"group no number", "groups: all\n", `groups: "all": expected group numbers from 0 to 999`},
		{"groups wrong type", "groups: {a: 1}\n", `groups: expected groups such as 1,2-4 or [1, 2], found a section`},
		{"group text in list", "groups: [a]\n", `f.yaml:1:10: groups: expected a group number`},
		{"no groups", "groups: []\n", `groups: expected 1 to 250 groups, found 0`},
		{"pair of one", "pairs: [1-1]\n", `f.yaml:1:9: pairs: "1-1" pairs a group with itself`},
		{"pair twice", "pairs: [1-2, 2-1]\n", `f.yaml:1:14: pairs: pair "2-1" is named twice`},
		{"no pair", "pairs: [12]\n", `pairs: expected a pair such as 1-2, found a number`},
		{"pairs no list", "pairs: 1-2\n", `pairs: expected a list of pairs such as [1-2, 3-4], found text`},
		{"pattern placeholder", "patterns: {bridge: \"vmbr1{z}\"}\n", `patterns.bridge: {z} in "vmbr1{z}" stands for nothing here; expected {x}`},
		{"pattern y in group", "patterns: {group: \"G{x}{y}\"}\n", `patterns.group: {y} in "G{x}{y}" stands for nothing here; expected {x}`},
		{"pattern brace", "patterns: {group: \"G{x\"}\n", `patterns.group: a brace without its partner`},
		{"pattern empty", "patterns: {group: \"\"}\n", `patterns.group: the pattern is empty`},
		{"users empty", "patterns: {users: []}\n", `patterns.users: the lab needs at least one user a group`},
		{"user pattern", "patterns: {users: [\"a{n}@pve\"]}\n", `f.yaml:1:20: patterns.users[0]: {n}`},
		{"address zero", "patterns: {host: 0}\n", `patterns.host: 0 is impossible`},
		{"size", "capacity: {memory: much}\n", `f.yaml:1:20: capacity.memory: "much" is no size`},
		{"size negative", "capacity: {memory: -1}\n", `capacity.memory: "-1" is no size`},
		{"size wrong type", "capacity: {memory: [1]}\n", `capacity.memory: expected a size such as 2GiB, found a list`},
		{"no memory", "capacity: {memory: 0}\n", `capacity.memory: a VM needs memory`},
		{"range reversed", "capacity: {reserve_max: 1GiB}\n", `capacity.reserve_max: 1GiB is less than reserve (2GiB)`},
		{"points unknown", "points: {tp1.q22: 1}\n", `f.yaml:1:19: points.tp1.q22: there is no such question; expected tp1.q01 to tp1.q21`},
		{"points negative", "points: {tp1.q01: -1}\n", `points.tp1.q01: -1 is impossible`},
		{"points text", "points: {tp1.q01: much}\n", `points.tp1.q01: expected a number, found text`},
		{"profile flakes", "profiles: {grade: {flake_attempts: 0}}\n", `profiles.grade.flake_attempts: 0 is impossible`},
		{"profile both", "profiles: {grade: {flake_attempts: 2, repeat: 2}}\n", `profiles.grade.repeat: a spec cannot both`},
		{"profile labels", "profiles: {grade: {labels: \"(a\"}}\n", `profiles.grade.labels: "(a" is no label filter`},
		{"profile timeout", "profiles: {grade: {timeout: 0}}\n", `profiles.grade.timeout: 0s is impossible`},
		{"profile grace", "profiles: {grade: {grace_period: -1s}}\n", `profiles.grade.grace_period: -1s is impossible`},
		{"text unquoted", "accept: {first_names: [12]}\n", `accept.first_names[0]: expected text, found a number; text needs quotes`},
		{"unknown default target", "target: lab9\n", `f.yaml:1:9: target: unknown target "lab9"; expected one of [embedded]`},
		{"pve version", "targets:\n  embedded:\n    embedded: {pve: 7}\n", `f.yaml:3:21: targets.embedded.embedded.pve: 7 is not served; expected 8 or 9`},
		{"accel", "targets: {embedded: {embedded: {accel: hvf}}}\n", `targets.embedded.embedded.accel: "hvf" is unknown`},
		{"embedded with url", "targets: {embedded: {url: https://x:8006, embedded: {}}}\n", `labproof makes this node itself`},
		{"target without anything", "targets: {a: {}}\n", `f.yaml:1:14: targets.a: url is missing; expected https://host:8006`},
		{"http", "targets: {a: {url: http://x:8006, node: n, username: u@pam, password: p}}\n", `targets.a.url: expected https://host:8006`},
		{"no identity", "targets: {a: {url: https://x:8006, node: n}}\n", `targets.a: password or token is missing`},
		{"two identities", "targets: {a: {url: https://x:8006, node: n, username: u@pam, password: p, token: t}}\n", `targets.a.token: a password is given as well`},
		{"token form", "targets: {a: {url: https://x:8006, node: n, token: secret}}\n", `targets.a.token: expected user@realm!id=secret`},
		{"no user", "targets: {a: {url: https://x:8006, node: n, password: p}}\n", `targets.a: username is missing`},
		{"user without realm", "targets: {a: {url: https://x:8006, node: n, username: root, password: p}}\n", `targets.a.username: expected user@realm`},
		{"node name", "targets: {a: {url: https://x:8006, node: a_b, username: u@pam, password: p}}\n", `targets.a.node: "a_b" is no node name`},
		{"fingerprint", "targets: {a: {url: https://x:8006, fingerprint: \"aa\", node: n, username: u@pam, password: p}}\n", `targets.a.fingerprint: expected the SHA-256`},
		{"ssh", "targets: {a: {url: https://x:8006, node: n, username: u@pam, password: p, ssh: {addr: x, key: k, host_key: nonsense}}}\n", `targets.a.ssh.addr: expected host:port`},
		{"ssh host key", "targets: {a: {url: https://x:8006, node: n, username: u@pam, password: p, ssh: {addr: \"x:22\", key: k, host_key: ssh-rsa nonsense}}}\n", `targets.a.ssh.host_key: expected a public key`},
		{"ssh without", "targets: {a: {url: https://x:8006, node: n, username: u@pam, password: p, ssh: {}}}\n", `targets.a.ssh: host_key is missing`},
		{"alias", "lang: *x\n", `f.yaml:1:7: anchors, aliases and tags are not read here`},
		{"tag", "lang: !!str fr\n", `f.yaml:1:7: anchors, aliases and tags are not read here`},
		{"key twice", "lang: fr\nlang: en\n", `f.yaml:2:1: mapping key "lang" already defined at [1:1]`},
		{"broken yaml", "lang: [fr\n", `f.yaml:1:7: `},
		{"tab", "class:\n\tgroups: 3\n", `f.yaml:2:`},
		{"second document", "lang: fr\n---\nlang: en\n", `f.yaml:3:`},
		{"not a section", "hello\n", `f.yaml:1:1: expected a section (key: value), found text`},
		{"nested too deep", strings.Repeat("[", 200), `f.yaml: brackets or lists are nested deeper than 100`},
		{"too large", "# " + strings.Repeat("x", yamlfile.MaxSize), `f.yaml: larger than 64 KiB`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(c.text))
			var typed *Error
			if !errors.As(err, &typed) {
				t.Fatalf("got %v, want a *Error", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
		})
	}
}

func TestAllProblemsAtOnceInTheOrderOfTheFile(t *testing.T) {
	_, err := Parse("f.yaml", []byte("lang: de\ngrups: 1\nclass:\n  groups: 999\ntimeouts:\n  boot: soon\n  x: 1s\n"))
	var typed *Error
	if !errors.As(err, &typed) {
		t.Fatalf("got %v", err)
	}
	var lines []int
	for _, p := range typed.Problems {
		lines = append(lines, p.Line)
	}
	if !reflect.DeepEqual(lines, []int{1, 2, 4, 6, 7}) {
		t.Errorf("problems in lines %v:\n%v", lines, err)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "no.yaml"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "no.yaml: the configuration cannot be read") {
		t.Errorf("got %v", err)
	}
}

func TestOpenLooksUpward(t *testing.T) {
	top := t.TempDir()
	deep := filepath.Join(top, "a", "b")
	if err := os.MkdirAll(filepath.Join(deep, FileName), 0o755); err != nil { // a directory of that name is passed over
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(top, FileName), []byte("lang: en\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Open("", deep)
	if err != nil || c.Lang != "en" || c.File() != filepath.Join(top, FileName) {
		t.Errorf("got %+v, %v", c, err)
	}
	explicit := filepath.Join(top, "other.yaml")
	if err := os.WriteFile(explicit, []byte("class: {groups: 3}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err = Open(explicit, deep)
	if err != nil || c.Lang != "fr" || c.Class.Groups != 3 {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestPairsOfASelection(t *testing.T) {
	c := Default()
	c.Pairs = Pairs{{1, 3}, {2, 4}}
	if got := c.PairsOf([]int{1, 2, 3}); !reflect.DeepEqual(got, [][2]int{{1, 3}}) {
		t.Errorf("got %v", got)
	}
}

func TestUnknownGroups(t *testing.T) {
	c := Default()
	if err := c.CheckGroups([]int{1, 900}); err != nil {
		t.Error(err)
	}
	c.Class.Groups = 9
	if err := c.CheckGroups([]int{1, 9}); err != nil {
		t.Error(err)
	}
	var typed *Error
	if err := c.CheckGroups([]int{0, 4, 10}); !errors.As(err, &typed) || len(typed.Problems) != 2 {
		t.Errorf("got %v", err)
	}
	c, err := Parse("f.yaml", []byte("class: {numbers: 21-23}\ngroups: 21,22\n"))
	if err != nil || c.Class.Groups != 3 {
		t.Fatal(c, err)
	}
	if err := c.CheckGroups([]int{23}); err != nil {
		t.Error(err)
	}
	if err := c.CheckGroups([]int{1}); err == nil || err.Error() != "f.yaml: unknown group 1; expected one of class.numbers [21 22 23]" {
		t.Errorf("got %v", err)
	}
}

func TestDefaultsAreNotShared(t *testing.T) {
	Default().Points["tp1.q01"] = 5
	Default().Targets["embedded"].Embedded.PVE = 8
	if Default().Points["tp1.q01"] != 1 || Default().Targets["embedded"].Embedded.PVE != 9 {
		t.Error("changing one configuration changes the next")
	}
}
