package tp1

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/guestdisk"
	"github.com/labproof/labproof/helpers/linuxnet"
)

const forwardOn = "net.ipv4.ip_forward = 1\n"

// What sets forwarding at boot is the same through a running system and on its disk.
func TestForwardingThroughTheSystemAndOnTheDisk(t *testing.T) {
	for name, test := range map[string]struct {
		tree   map[string]string // a value that begins with "->" is a link
		system string            // the file that decides; "": none does
		disk   string
	}{
		"a file of its own":   {map[string]string{"/etc/sysctl.d/99-lab.conf": forwardOn}, "/etc/sysctl.d/99-lab.conf", "/etc/sysctl.d/99-lab.conf"},
		"debian 12":           {map[string]string{"/etc/sysctl.conf": forwardOn, "/etc/sysctl.d/99-sysctl.conf": "->../sysctl.conf"}, "/etc/sysctl.d/99-sysctl.conf", "/etc/sysctl.d/99-sysctl.conf"},
		"debian 13":           {map[string]string{"/etc/sysctl.conf": forwardOn}, "", ""},
		"masked":              {map[string]string{"/usr/lib/sysctl.d/50-lab.conf": forwardOn, "/etc/sysctl.d/50-lab.conf": "->/dev/null"}, "", ""},
		"masked relatively":   {map[string]string{"/usr/lib/sysctl.d/50-lab.conf": forwardOn, "/etc/sysctl.d/50-lab.conf": "->../../dev/null"}, "", ""},
		"masked by nothing":   {map[string]string{"/usr/lib/sysctl.d/50-lab.conf": forwardOn, "/etc/sysctl.d/50-lab.conf": "->nowhere"}, "", ""},
		"another is masked":   {map[string]string{"/usr/lib/sysctl.d/50-lab.conf": forwardOn, "/etc/sysctl.d/51-lab.conf": "->/dev/null"}, "/usr/lib/sysctl.d/50-lab.conf", "/usr/lib/sysctl.d/50-lab.conf"},
		"local before vendor": {map[string]string{"/usr/lib/sysctl.d/50-lab.conf": "net.ipv4.ip_forward=0\n", "/usr/local/lib/sysctl.d/50-lab.conf": forwardOn}, "/usr/local/lib/sysctl.d/50-lab.conf", "/usr/local/lib/sysctl.d/50-lab.conf"},
		"the later name":      {map[string]string{"/etc/sysctl.d/10-lab.conf": "net.ipv4.ip_forward=0\n", "/usr/lib/sysctl.d/20-lab.conf": forwardOn}, "/usr/lib/sysctl.d/20-lab.conf", "/usr/lib/sysctl.d/20-lab.conf"},
		"in memory":           {map[string]string{"/run/sysctl.d/99-lab.conf": forwardOn}, "/run/sysctl.d/99-lab.conf", ""},
		"elsewhere":           {map[string]string{"/srv/lab.conf": forwardOn, "/etc/sysctl.d/99-lab.conf": "->../../srv/lab.conf"}, "/etc/sysctl.d/99-lab.conf", "/etc/sysctl.d/99-lab.conf"},
		"a directory":         {map[string]string{"/etc/sysctl.d/99-lab.conf/file": forwardOn}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := plant(t, test.tree)
			for way, seen := range map[string]struct {
				files linuxnet.Files
				want  string
			}{"system": {throughSystem(t, root), test.system}, "disk": {throughDisk(t, root), test.disk}} {
				boot, found, err := linuxnet.ForwardingAtBoot(matching(seen.files, sysctlFiles))
				if err != nil || found != (seen.want != "") || boot.File != seen.want || found && !boot.On() {
					t.Errorf("%s: %+v, %t, %v; want %q, of %+v", way, boot, found, err, seen.want, seen.files)
				}
			}
		})
	}
}

// The files that a source line may name are read with the one that names them.
func TestSourcedFilesAreRead(t *testing.T) {
	root := plant(t, map[string]string{
		"/etc/network/interfaces":        "source /etc/network/lab\nsource /etc/network/interfaces.d/*\n",
		"/etc/network/lab":               "auto ens18\n",
		"/etc/network/interfaces.d/card": "iface ens18 inet static\n address 10.0.1.2/29\n",
		"/etc/network/if-up.d/script":    "#!/bin/sh\n",
	})
	for way, files := range map[string]linuxnet.Files{"system": throughSystem(t, root), "disk": throughDisk(t, root)} {
		interfaces, err := linuxnet.ParseInterfaces(files, "/etc/network/interfaces")
		if err != nil || !interfaces.IsAuto("ens18") || len(interfaces.Files) != 3 {
			t.Errorf("%s: %+v, %v", way, interfaces, err)
		}
		if _, found := files["/etc/network/if-up.d/script"]; found {
			t.Errorf("%s: a script is taken for configuration", way)
		}
	}
}

// A file that is larger than any configuration costs the others nothing.
func TestALargeFileIsReadInPart(t *testing.T) {
	root := plant(t, map[string]string{
		"/etc/network/interfaces": "auto ens18\n", "/etc/network/large": strings.Repeat("x", 3<<20),
		"/etc/sysctl.d/99-lab.conf": forwardOn,
	})
	for way, files := range map[string]linuxnet.Files{"system": throughSystem(t, root), "disk": throughDisk(t, root)} {
		if len(files) != 3 || len(files["/etc/network/large"].Content) != 64<<10 || files["/etc/sysctl.d/99-lab.conf"].Content != forwardOn {
			t.Errorf("%s: %d files, %d bytes of the large one", way, len(files), len(files["/etc/network/large"].Content))
		}
	}
}

func TestADiskFullOfFilesIsNotReadToItsEnd(t *testing.T) {
	tree := map[string]string{}
	for n := range maxFiles + 1 {
		tree[fmt.Sprintf("/etc/sysctl.d/%d.conf", n)] = forwardOn
	}
	large := map[string]string{}
	for n := range maxConfigs/maxConfig + 1 {
		large[fmt.Sprintf("/etc/sysctl.d/%d.conf", n)] = strings.Repeat("#", maxConfig)
	}
	for name, tree := range map[string]map[string]string{"many": tree, "large": large} {
		disk := diskOf(t, plant(t, tree))
		if err := readDisk(t.Context(), disk, "/etc/sysctl.d/*.conf", linuxnet.Files{}); !errors.Is(err, guestdisk.ErrNotReadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What starts at boot counts where it would be started.
func TestProgramsCountWhereTheyAreExecutable(t *testing.T) {
	const script = "#!/bin/sh\nsysctl -w net.ipv4.ip_forward=1\n"
	for _, name := range []string{"/etc/rc.local", "/etc/network/if-up.d/lab"} {
		for _, executable := range []bool{false, true} {
			root := plant(t, map[string]string{name: script})
			if executable {
				if err := os.Chmod(root+name, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for way, files := range map[string]linuxnet.Files{"system": throughSystem(t, root), "disk": throughDisk(t, root)} {
				boot, found := linuxnet.ForwardingAtStart(files)
				if found != executable || found && boot.File != name {
					t.Errorf("%s, %s, executable %t: %+v", name, way, executable, boot)
				}
			}
		}
	}
}

// plant makes files and links below a new directory.
func plant(t *testing.T, tree map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range tree {
		at := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(at), 0o755)
		if target, link := strings.CutPrefix(content, "->"); err == nil && link {
			err = os.Symlink(target, at)
		} else if err == nil {
			err = os.WriteFile(at, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

var filesOfAll = slices.Concat(interfacesFiles, sysctlFiles, linuxnet.StartFiles())

// throughSystem reads a tree as the script reads a guest's.
func throughSystem(t *testing.T, root string) linuxnet.Files {
	t.Helper()
	var patterns []string
	for _, pattern := range filesOfAll {
		patterns = append(patterns, root+pattern)
	}
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", listFiles(patterns)).Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := parseFiles(strings.ReplaceAll(string(out), root+"/", "/"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// throughDisk reads a tree as the disk of a VM has it.
func throughDisk(t *testing.T, root string) linuxnet.Files {
	t.Helper()
	disk := diskOf(t, root)
	files := linuxnet.Files{}
	for _, pattern := range onDisk(filesOfAll) {
		if err := readDisk(t.Context(), disk, pattern, files); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// diskOf is a disk that holds a tree.
func diskOf(t *testing.T, root string) *guestdisk.Disk {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk.raw")
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	if out, err := exec.CommandContext(t.Context(), "mke2fs", "-q", "-F", "-t", "ext4", "-d", root, image, "16M").CombinedOutput(); err != nil {
		t.Fatalf("mke2fs: %v\n%s", err, out)
	}
	file, err := os.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	disk, err := guestdisk.New(file, 16<<20)
	if err != nil {
		t.Fatal(err)
	}
	return disk
}
