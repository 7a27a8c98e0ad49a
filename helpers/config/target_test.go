package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"

func fullTarget() Target {
	return Target{
		URL: "https://127.0.0.1:8006", Fingerprint: strings.Repeat("AB:", 31) + "AB", Node: "proxmox1",
		Username: "root@pam", Password: `p"ass: ${X} #é`,
		SSH: &SSH{Addr: "127.0.0.1:2222", User: "root", Key: "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n",
			HostKey: hostKey},
		Storage: "local", ISOStorage: "local", ISO: "local:iso/debian-12.iso", Image: "local:import/debian-12.qcow2", Bridge: "vmbr0",
		Guest:  Guest{User: "root", Password: "file:not-a-file"},
		Guests: map[string]Guest{"3": {User: "debian", Password: "${x}"}, "12": {Key: "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"}},
	}
}

func writeFile(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTargetFileComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "target.yaml")
	for range 2 { // the second time replaces the first
		want := fullTarget()
		if err := WriteTarget(path, want); err != nil {
			t.Fatal(err)
		}
		got, err := LoadTarget(path)
		if err != nil {
			t.Fatal(err)
		}
		want.Name = path
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v: they differ in a field", got, want)
		}
		if got.Password.Reveal() != want.Password.Reveal() || got.Guest.Password.Reveal() != "file:not-a-file" {
			t.Error("a secret changed on the way")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestWriteTargetRefusesWhatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "target.yaml")
	for _, target := range []Target{{Node: "a${b}"}, {Password: "a\x00b"}, {Password: "\xff"}, {Node: "a\x1b[2Jb"}} {
		if err := WriteTarget(path, target); err == nil {
			t.Errorf("%#v is written", target)
		}
	}
	if err := WriteTarget(filepath.Join(t.TempDir(), "no", "dir.yaml"), fullTarget()); err == nil {
		t.Error("written into a directory that is not there")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("half a target file is left")
	}
}

func TestTargetFileThatEverybodyCanRead(t *testing.T) {
	dir := t.TempDir()
	open := "url: https://x:8006\nnode: n\nusername: u@pam\npassword: secret-word\n"
	path := writeFile(t, dir, "open.yaml", open, 0o644)
	_, err := LoadTarget(path)
	if err == nil || !strings.Contains(err.Error(), "open.yaml:4:11: ") || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(fmt.Sprint(err), "secret-word") {
		t.Errorf("the secret is in the message: %v", err)
	}
	t.Setenv("LABPROOF_TEST_PASSWORD", "from-the-environment")
	path = writeFile(t, dir, "env.yaml", strings.Replace(open, "secret-word", "${LABPROOF_TEST_PASSWORD}", 1), 0o644)
	got, err := LoadTarget(path)
	if err != nil || got.Password.Reveal() != "from-the-environment" {
		t.Errorf("got %q, %v", got.Password.Reveal(), err)
	}
	if got.Storage != "local" || got.ISOStorage != "local" || got.Bridge != "vmbr0" || got.Guest.User != "root" {
		t.Errorf("defaults are missing: %+v", got)
	}
}

func TestSecretsOfATargetInTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "pw", "from-a-file\n", 0o600)
	writeFile(t, dir, "loose", "x\n", 0o644)
	writeFile(t, dir, "empty", "\n", 0o600)
	config := writeFile(t, dir, FileName, `
target: good
targets:
  good: &none_of_this_is_read_here
`, 0o644)
	if _, err := Load(config); err == nil {
		t.Error("an anchor is read")
	}
	config = writeFile(t, dir, FileName, `
target: good
targets:
  good: {url: "https://${LABPROOF_TEST_HOST}:8006", ca: ca.pem, node: n, username: u@pam, password: "file:pw"}
  unset: {url: "https://x:8006", node: n, username: u@pam, password: "${LABPROOF_TEST_UNSET}"}
  malformed: {url: "https://x:8006", node: n, username: u@pam, password: "file:nowhere"}
  loose: {url: "https://x:8006", node: n, username: u@pam, password: "file:loose"}
  empty: {url: "https://x:8006", node: n, username: u@pam, password: "file:empty"}
  inline: {url: "https://x:8006", node: n, username: u@pam, password: in-the-open}
  text: {url: "https://x:8006", node: n, token: "text:u@pam!id=file:${x}"}
  key: {url: "https://x:8006", node: n, username: u@pam, password: "file:pw", ssh: {addr: "x:22", key: id_ed25519, host_key: "`+hostKey+`"}}
`, 0o644)
	t.Setenv("LABPROOF_TEST_HOST", "proxmox9")
	c, err := Load(config)
	if err != nil {
		t.Fatal(err) // secrets that are missing concern only who uses them
	}
	good, err := c.Target("")
	if err != nil || good.Password.Reveal() != "from-a-file" || good.URL != "https://proxmox9:8006" ||
		good.CA != filepath.Join(dir, "ca.pem") || good.Name != "good" {
		t.Errorf("got %+v, %v", good, err)
	}
	key, err := c.Target("key")
	if err != nil || key.SSH.Key.Reveal() != filepath.Join(dir, "id_ed25519") || key.SSH.User != "root" {
		t.Errorf("got %+v, %v", key, err)
	}
	refusals := map[string]string{
		"unset":     "ginkgo.yaml:5:70: targets.unset.password: the environment variable LABPROOF_TEST_UNSET is not set",
		"malformed": "targets.malformed.password: the secret's file: open ",
		"loose":     "every user can read it (mode 0644)",
		"empty":     "is empty",
		"inline":    "or write the secret as ${NAME} or file:path",
		"text":      "or write the secret as ${NAME} or file:path",
		"nobody":    `unknown target "nobody"; expected embedded, empty, good, inline`,
		"./no.yaml": "the target file cannot be read",
	}
	for name, want := range refusals {
		if _, err := c.Target(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	if err := os.Chmod(config, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := c.Target("text"); err != nil || text.Token.Reveal() != "u@pam!id=file:${x}" {
		t.Errorf("got %q, %v", text.Token.Reveal(), err)
	}
}

func TestGuestsOfGroups(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "seven", "from-a-file\n", 0o600)
	t.Setenv("LABPROOF_TEST_GROUP", "from-the-environment")
	node := "url: https://x:8006\nnode: n\nusername: u@pam\npassword: ${LABPROOF_TEST_GROUP}\n"
	good := writeFile(t, dir, "good.yaml", node+`guest: {password: "${LABPROOF_TEST_GROUP}"}
guests:
  3: {user: debian, key: id_group3}
  7: {password: "file:seven"}
`, 0o644)
	target, err := LoadTarget(good)
	if err != nil {
		t.Fatal(err)
	}
	for group, want := range map[int]string{1: "root/from-the-environment/", 3: "debian//" + filepath.Join(dir, "id_group3"), 7: "root/from-a-file/"} {
		creds, found := target.GuestOf(group)
		if got := creds.User + "/" + creds.Password.Reveal() + "/" + creds.Key.Reveal(); !found || got != want {
			t.Errorf("group %d: %s, want %s", group, got, want)
		}
	}
	if creds, found := (Target{Guest: Guest{User: "root"}}).GuestOf(1); found {
		t.Errorf("%v logs in without a password and a key", creds.User)
	}
	if text := fmt.Sprintf("%+v", target); strings.Contains(text, "from-") {
		t.Errorf("a secret is in %s", text)
	}
	for written, want := range map[string]string{
		`guests: {three: {password: "${LABPROOF_TEST_GROUP}"}}`: `"three" is no group`,
		`guests: {0: {password: "${LABPROOF_TEST_GROUP}"}}`:     `"0" is no group`,
		`guests: {3: {user: root}}`:                             "guests.3: password or key is missing",
		`guests: {3: {pasword: x}}`:                             `did you mean "password"`,
		`guests: {3: {password: in-the-open}}`:                  "or write the secret as ${NAME} or file:path",
	} {
		if _, err := LoadTarget(writeFile(t, dir, "bad.yaml", node+written+"\n", 0o644)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", written, err, want)
		}
	}
}

func TestReferenceForms(t *testing.T) {
	for _, password := range []string{"${", "${}", "${A B}", "${1A}", "x${A"} {
		_, err := Parse("f.yaml", []byte(`targets: {a: {url: "https://x:8006", node: n, username: u@pam, password: "`+password+`"}}`))
		if err == nil || !strings.Contains(err.Error(), "targets.a.password: a reference is written ${NAME}") {
			t.Errorf("%q: got %v", password, err)
		}
	}
}

func TestEmbeddedTarget(t *testing.T) {
	got, err := Default().Target("")
	if err != nil || got.Embedded == nil || got.Embedded.PVE != 9 || got.Name != "embedded" {
		t.Errorf("got %+v, %v", got, err)
	}
	c, err := Parse("/etc/f.yaml", []byte("targets:\n  embedded: {embedded: {release: \"13\", state_dir: node}}\n  old: {embedded: {pve: 8}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err = c.Target("embedded"); err != nil || got.Embedded.Release != "13" || got.Embedded.PVE != 9 || got.Embedded.StateDir != "/etc/node" {
		t.Errorf("got %+v, %v", got.Embedded, err)
	}
	if got, err = c.Target("old"); err != nil || got.Embedded.PVE != 8 || got.Embedded.Release != "12" {
		t.Errorf("got %+v, %v", got.Embedded, err)
	}
}

func TestTargetFileProblems(t *testing.T) {
	dir := t.TempDir()
	cases := map[string]string{
		"":                    "the target file is empty",
		"urll: https://x:1\n": `unknown key "urll", did you mean "url"?`,
		"url: https://x:1\n":  "the target: node is missing",
		"- a\n":               "expected a section (key: value), found a list",
		"url: [\n":            "target.yaml:1:6: ",
	}
	for text, want := range cases {
		_, err := LoadTarget(writeFile(t, dir, "target.yaml", text, 0o600))
		var typed *Error
		if !errors.As(err, &typed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestKeysAndAuthorities(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, "key", "KEY\n", 0o600)
	loose := writeFile(t, dir, "loose", "KEY\n", 0o644)
	inline := Secret("-----BEGIN\nX\n")
	if got, err := (SSH{Key: inline}).PrivateKey(); err != nil || string(got) != inline.Reveal() {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := (Guest{Key: Secret(path)}).PrivateKey(); err != nil || string(got) != "KEY\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := (Guest{}).PrivateKey(); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{loose, filepath.Join(dir, "none")} {
		if _, err := (SSH{Key: Secret(bad)}).PrivateKey(); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if got, err := (Target{CA: loose}).CertificateAuthority(); err != nil || string(got) != "KEY\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := (Target{CA: filepath.Join(dir, "none")}).CertificateAuthority(); err == nil {
		t.Error("a CA that is not there is taken")
	}
}

func TestSecretsStaySecret(t *testing.T) {
	target := fullTarget()
	target.Password = "hunter2-word"
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "target", target, "password", target.Password)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "target", target, "ssh", target.SSH)
	marshalled, err := json.Marshal(target)
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{log.String(), string(marshalled)}
	for _, verb := range []string{"%t", "%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, target), fmt.Sprintf(verb, target.Password), fmt.Sprintf(verb, &target.Password))
	}
	for _, text := range shown {
		for _, secret := range []string{"hunter2", "68756e74657232", "BEGIN OPENSSH"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", secret, text)
			}
		}
	}
	if Secret("").String() != "" || Secret("x").String() != "***" {
		t.Error("an empty secret must be seen to be empty")
	}
}
