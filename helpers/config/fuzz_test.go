package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	if data, err := os.ReadFile(shipped); err == nil {
		f.Add(data)
	}
	for _, seed := range []string{
		"", "lang: fr", "groups: [1,2]\npairs: [1-2]", "targets: {a: {password: ${X}}}", "a: &x [*x]", "? a\n: b", "<<: {a: 1}",
		"points: {tp1.q01: 1e400}", "timeouts: {boot: 9999999h}", "patterns:\n  users:\n  - a\n  -", "lang: |\n  fr\n", "{", "!!binary x",
		"groups: 0x10", "profiles: {a: }", "\xff\xfe", "a:\n\t- b", "lang: \"\\ud800\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f.yaml", data)
		if (c == nil) == (err == nil) {
			t.Fatalf("%v and %v", c, err)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}

func FuzzTargetFile(f *testing.F) {
	f.Add("https://x:8006", "n", "u@pam", "secret", "file:x")
	f.Add("https://[::1]:1", "proxmox1", "é@pve", "a\"b\\c\n", "text:${A}")
	f.Fuzz(func(t *testing.T, url, node, user, password, guest string) {
		want := Target{URL: url, Node: node, Username: user, Password: Secret(password), Guest: Guest{User: "root", Password: Secret(guest)},
			Storage: "local", ISOStorage: "local", Bridge: "vmbr0"}
		path := filepath.Join(t.TempDir(), "t.yaml")
		if WriteTarget(path, want) != nil {
			return // said so instead of writing something else
		}
		got, err := LoadTarget(path)
		if err != nil {
			if strings.Contains(err.Error(), "unknown key") {
				t.Fatalf("a value became a key: %v", err)
			}
			return // well written and impossible, such as a URL that is none
		}
		got.Name = ""
		if !reflect.DeepEqual(got, want) || got.Password.Reveal() != password || got.Guest.Password.Reveal() != guest {
			t.Errorf("wrote %q %q %q, read %q %q %q", url, password, guest, got.URL, got.Password.Reveal(), got.Guest.Password.Reveal())
		}
	})
}

func FuzzParseGroups(f *testing.F) {
	for _, seed := range []string{"1,2-4", "1-999", "", "-", "1,,2", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		groups, err := ParseGroups(text)
		if err == nil && (len(groups) == 0 || len(groups) > maxGroups) {
			t.Errorf("%q: %d groups", text, len(groups))
		}
		for i, n := range groups {
			if n < 0 || n > maxGroupNumber || (i > 0 && groups[i-1] >= n) {
				t.Errorf("%q: %v", text, groups)
			}
		}
	})
}

func FuzzExpand(f *testing.F) {
	f.Add("9{x:2}{y}", 1, 2)
	f.Add("{{x}}", -1, 0)
	f.Fuzz(func(t *testing.T, pattern string, x, y int) {
		out, err := Expand(pattern, map[string]int{"x": x, "y": y})
		if err == nil && strings.ContainsAny(out, "{}") {
			t.Errorf("%q leaves %q", pattern, out)
		}
	})
}

func FuzzParseSize(f *testing.F) {
	f.Add("2GiB")
	f.Add("-0x1p10 TB")
	f.Fuzz(func(t *testing.T, text string) {
		if size, err := ParseSize(text); err == nil && size < 0 {
			t.Errorf("%q is %d", text, size)
		}
	})
}
