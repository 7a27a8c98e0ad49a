package tp1

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/labproof/labproof/helpers/linuxnet"
)

func TestParseFigures(t *testing.T) {
	const header = "# The following is the parsable format, which can be fed to other\n# programs.\n# CPU,Core,Socket\n"
	tests := []struct {
		name           string
		lscpu, meminfo string
		want           figures
		fails          bool
	}{
		{"two cores", header + "0,0,0\n1,1,0\n", "MemTotal:       24684092 kB\n", figures{2, 2, 1, 24684092 << 10}, false},
		{"threads and sockets", header + "0,0,0\n1,0,0\n2,1,1\n3,1,1\n", "MemTotal: 1024 kB", figures{4, 2, 2, 1 << 20}, false},
		{"cores numbered per socket", "0,0,0\n1,0,1\n", "MemTotal: 1024 kB", figures{2, 2, 2, 1 << 20}, false},
		{"nothing", "", "", figures{}, true},
		{"no memory", "0,0,0\n", "MemTotal: many kB", figures{}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseFigures(test.lscpu, test.meminfo)
			if (err != nil) != test.fails {
				t.Fatalf("error %v", err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestParseFiles(t *testing.T) {
	tests := map[string]linuxnet.Files{
		"\n": {},
		"content\t/etc/sysctl.conf\t\n\n2 /etc/sysctl.conf\n\na\n": {"/etc/sysctl.conf": {Content: "a\n"}},
		"content\t/etc/sysctl.conf\t\n\n0 /etc/sysctl.conf\n\n":    {"/etc/sysctl.conf": {}},
		"nothing\t/etc/sysctl.d/x.conf\t/dev/null\n\n":             {"/etc/sysctl.d/x.conf": {Link: "/dev/null"}},
		"content\t/a\t\ncontent\t/b\t../a\n\n 2 /a\n 2 /b\n 4 total\n\na\na\n": {
			"/a": {Content: "a\n"}, "/b": {Content: "a\n", Link: "../a"},
		},
		"content\t/a\t\ncontent\t/b\t\n\n 5 /a\n 1 /b\n 6 total\n\n\n\n1 \nx": { // what looks like the end of the sizes
			"/a": {Content: "\n\n1 \n"}, "/b": {Content: "x"},
		},
	}
	for out, want := range tests {
		if got, err := parseFiles(out); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: got %v, %v", out, got, err)
		}
	}
	for _, bad := range []string{
		"", "one field\n\n", "x\ta\tb\n\n", "content\ta\tb\tc\n\n", "content\t/a\t\n", "content\t/a\t\n\n",
		"content\t/a\t\n\n-1 /a\n\nx", "content\t/a\t\n\n2 /a\n\nx", "content\t/a\t\n\n1 /a\n\nxx", "\nx", "\n\n\nx",
		"content\t/a\t\n\n99999999999999999999 /a\n\nx",
	} {
		if got, err := parseFiles(bad); err == nil {
			t.Errorf("%q gave %v and no error", bad, got)
		}
	}
}

// Of a file of megabytes the beginning is read, and those behind it are whole.
func TestALargeFileKeepsNothingFromBeingSeen(t *testing.T) {
	large := strings.Repeat("#", maxConfig+1)
	root := plant(t, map[string]string{"/etc/network/a": large, "/etc/network/interfaces": "auto lo\n", "/etc/network/z": "->a"})
	files := throughSystem(t, root)
	if got := files["/etc/network/a"].Content; got != large[:maxConfig] {
		t.Errorf("%d bytes of it were read", len(got))
	}
	if got := files["/etc/network/z"]; got.Link != "a" || len(got.Content) != maxConfig {
		t.Errorf("the link to it is %q with %d bytes", got.Link, len(got.Content))
	}
	if got := files["/etc/network/interfaces"].Content; got != "auto lo\n" {
		t.Errorf("interfaces holds %q", got)
	}
}

func FuzzParseFiles(f *testing.F) {
	f.Add("content\t/etc/sysctl.conf\t\n\n2 /etc/sysctl.conf\n\na\n")
	f.Add("nothing\t/a\t/b\ncontent\t/c\t\n\n")
	f.Fuzz(func(t *testing.T, out string) {
		files, err := parseFiles(out)
		size := 0
		for _, file := range files {
			size += len(file.Content)
		}
		if err == nil && size > len(out) {
			t.Errorf("%d bytes in files of %d", size, len(out))
		}
	})
}

func FuzzParseFigures(f *testing.F) {
	f.Add("0,0,0\n", "MemTotal: 1 kB")
	f.Fuzz(func(t *testing.T, lscpu, meminfo string) {
		got, err := parseFigures(lscpu, meminfo)
		if err == nil && (got.CPUs < 1 || got.Cores > got.CPUs || got.Sockets > got.CPUs) {
			t.Errorf("%+v makes no sense", got)
		}
	})
}
