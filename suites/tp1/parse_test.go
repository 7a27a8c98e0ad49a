package tp1

import (
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
	got, err := parseFiles("/etc/sysctl.conf\t\tYQo=\n/etc/sysctl.d/99-sysctl.conf\t../sysctl.conf\tYQo=\n")
	want := linuxnet.Files{
		"/etc/sysctl.conf":             {Content: "a\n"},
		"/etc/sysctl.d/99-sysctl.conf": {Content: "a\n", Link: "../sysctl.conf"},
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"one field\n", "a\tb\t***\n", "a\tb\tc\td\n"} {
		if got, err := parseFiles(bad); err == nil {
			t.Errorf("%q gave %v and no error", bad, got)
		}
	}
}

func FuzzParseFiles(f *testing.F) {
	f.Add("/etc/sysctl.conf\t\tYQo=\n")
	f.Add("\t\t\t\n")
	f.Fuzz(func(t *testing.T, out string) {
		files, err := parseFiles(out)
		if err != nil && files != nil {
			t.Errorf("an error and files: %v", files)
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
