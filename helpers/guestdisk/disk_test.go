package guestdisk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestFilesOfEveryKindOfFileSystem(t *testing.T) {
	for name, options := range map[string][]string{
		"Debian's default": nil,
		"ext4 of 1 KiB":    {"-t", "ext4", "-b", "1024"},
		"ext4, 64 bit":     {"-t", "ext4", "-O", "64bit,metadata_csum"},
		"ext4, 32 bit":     {"-t", "ext4", "-O", "^64bit,^metadata_csum"},
		"small inodes":     {"-t", "ext4", "-I", "128"},
		"no flex groups":   {"-t", "ext4", "-O", "^flex_bg"},
		"ext3 of 1 KiB":    {"-t", "ext3", "-b", "1024"},
		"ext2":             {"-t", "ext2"},
	} {
		t.Run(name, func(t *testing.T) {
			testTree(t, onDisk(t, read(t, fileSystem(t, 40*mib, options...))))
		})
	}
}

func TestAHashTreeIsADirectory(t *testing.T) {
	image := fileSystem(t, 40*mib, "-t", "ext4", "-b", "1024")
	tool(t, "sh", "-c", `e2fsck -fyD "$0"; [ $? -le 1 ]`, image)
	if flags := tool(t, "debugfs", "-R", "stat /many", image); !strings.Contains(flags, "Flags: 0x81000") {
		t.Fatalf("e2fsck made no hash tree:\n%s", flags)
	}
	testTree(t, onDisk(t, read(t, image)))
}

// Debian does not ask for inline data; a small file in its inode is read all the same.
func TestInlineData(t *testing.T) {
	d := onDisk(t, read(t, fileSystem(t, 40*mib, "-t", "ext4", "-O", "inline_data", "-I", "256")))
	if got, err := d.ReadFile(t.Context(), "/etc/hostname"); err != nil || string(got) != "instance-1-1\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := d.ReadFile(t.Context(), "/etc/network/interfaces"); !errors.Is(err, ErrNotReadable) {
		t.Errorf("a file that lies in attributes too: %v", err)
	}
}

// testTree compares what is read with what tree wrote.
func testTree(t *testing.T, d *Disk) {
	t.Helper()
	for name, want := range map[string]string{"/etc/absolute": "/etc/hostname", "/etc/hostname": "", "/lib": "usr/lib"} {
		if got, err := d.ReadLink(t.Context(), name); err != nil || got != want {
			t.Errorf("%s leads to %q, %v; want %q", name, got, err, want)
		}
	}
	ctx := t.Context()
	sparse := make([]byte, 1<<20+4)
	copy(sparse[64<<10:], "here")
	copy(sparse[1<<20:], "here")
	for name, want := range map[string]string{
		"/etc/network/interfaces": interfaces,
		"/etc/hostname":           "instance-1-1\n", "/etc/absolute": "instance-1-1\n", "/etc/outside": "instance-1-1\n", "/etc/long": "instance-1-1\n",
		"/etc/../etc/./hostname": "instance-1-1\n", "/etc/os-release": "ID=debian\n", "/lib/../lib/os-release": "ID=debian\n",
		"/etc/empty": "", "/big": strings.Repeat("0123456789abcdef", 100_000), "/sparse": string(sparse),
		"/many/a-rather-long-name-so-that-the-directory-becomes-a-hash-tree-0077": "77",
	} {
		if got, err := d.ReadFile(ctx, name); err != nil || string(got) != want {
			t.Errorf("%s: %d bytes %.60q, %v", name, len(got), got, err)
		}
	}
	for name, want := range map[string]error{
		"/etc/nothing": fs.ErrNotExist, "/no/such/folder": fs.ErrNotExist, "/etc/nowhere": fs.ErrNotExist, "/etc/hostname/x": fs.ErrNotExist,
		"/etc": fs.ErrInvalid, "/": fs.ErrInvalid, "etc/hostname": fs.ErrInvalid, "": fs.ErrInvalid, "/etc/loop": errLinks,
	} {
		var where *fs.PathError
		if _, err := d.ReadFile(ctx, name); !errors.Is(err, want) || !errors.As(err, &where) {
			t.Errorf("%q: %v", name, err)
		}
	}
	entries, err := d.ReadDir(ctx, "/root")
	if want := []Entry{{".bashrc", true}, {"answer", true}, {"link", false}}; err != nil || !reflect.DeepEqual(entries, want) {
		t.Errorf("/root: %v, %v", entries, err)
	}
	if entries, err = d.ReadDir(ctx, "/many"); err != nil || len(entries) != 120 {
		t.Errorf("/many: %d names, %v", len(entries), err)
	}
	for pattern, want := range map[string][]string{
		"/etc/network/interfaces":     {"/etc/network/interfaces"},
		"/etc/network/interfaces.d/*": {"/etc/network/interfaces.d/more"},
		"/etc/sysctl.d/*.conf":        {"/etc/sysctl.d/10-masked.conf", "/etc/sysctl.d/99-lab.conf", "/etc/sysctl.d/99-sysctl.conf"},
		"/lib/sysctl.d/*.conf":        {"/lib/sysctl.d/50-default.conf"},
		"/usr/local/lib/*/*.conf":     nil,
		"/etc/nothing":                nil,
		"/etc/hostname/*":             nil,
	} {
		if got, err := d.Glob(ctx, pattern); err != nil || strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %q, %v", pattern, got, err)
		}
	}
}

func TestPartitions(t *testing.T) {
	root := read(t, fileSystem(t, 40*mib))
	blank := filepath.Join(t.TempDir(), "boot.raw")
	tool(t, "mke2fs", "-q", "-F", blank, "4096k")
	boot := place{kind: 0x83, first: 2048, count: 8192, fill: read(t, blank)}
	system := place{kind: 0x83, first: 12288, count: uint32(len(root) / sector), fill: root}
	swap := place{kind: 0x82, first: 96 * 1024, count: 8192}
	moved := system
	moved.first = 20480
	for name, disk := range map[string][]byte{
		"no partition":       root,
		"MBR":                mbrDisk(t, []place{system}, nil),
		"behind /boot":       mbrDisk(t, []place{boot, system}, nil),
		"MBR, logical":       mbrDisk(t, []place{boot}, []place{{kind: 0x82, first: 14336, count: 4096}, moved}),
		"Debian's installer": mbrDisk(t, []place{system}, []place{swap}),
		"GPT":                gptDisk(t, boot, system),
	} {
		t.Run(name, func(t *testing.T) { testTree(t, onDisk(t, disk)) })
	}
}

func TestWhatCannotBeReadOfflineIsNamed(t *testing.T) {
	sign := func(at int, text string) []byte {
		b := make([]byte, mib)
		copy(b[at:], text)
		return b
	}
	blank := filepath.Join(t.TempDir(), "boot.raw")
	tool(t, "mke2fs", "-q", "-F", blank, "4096k")
	boot := place{kind: 0x83, first: 2048, count: 8192, fill: read(t, blank)}
	with := func(fill []byte) []byte {
		return mbrDisk(t, []place{boot, {kind: 0x8e, first: 12288, count: 4096, fill: fill}}, nil)
	}
	for name, c := range map[string]struct {
		disk []byte
		want string
	}{
		"LVM":         {with(sign(512, "LABELONE")), "root is on LVM"},
		"LUKS":        {with(sign(0, "LUKS\xba\xbe")), "root is on LUKS"},
		"Btrfs":       {with(sign(64<<10+64, "_BHRfS_M")), "root is on Btrfs"},
		"XFS":         {gptDisk(t, boot, place{first: 12288, count: 4096, fill: sign(0, "XFSB")}), "root is on XFS"},
		"blank":       {make([]byte, mib), "no partition"},
		"only a boot": {boot.fill, "no partition"},
		"a GPT gone":  {mbrDisk(t, []place{{kind: 0xee, first: 1, count: 100}}, nil), "GPT"},
	} {
		_, err := New(bytes.NewReader(c.disk), int64(len(c.disk)))
		var typed *NotReadableError
		if !errors.Is(err, ErrNotReadable) || !errors.As(err, &typed) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATruncatedDiskIsAnError(t *testing.T) {
	root := read(t, fileSystem(t, 40*mib))
	for _, size := range []int{0, 1, 511, 1500, 4096, 100_000} {
		d, err := New(bytes.NewReader(root[:size]), int64(size))
		if err == nil {
			_, err = d.ReadFile(t.Context(), "/sparse")
		}
		if err == nil {
			t.Errorf("of %d bytes it reads", size)
		}
	}
}

func TestAFileThatIsTooLargeIsRefused(t *testing.T) {
	image := fileSystem(t, 40*mib)
	large := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(large, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "debugfs", "-w", "-R", "write "+large+" large", image)
	if _, err := onDisk(t, read(t, image)).ReadFile(t.Context(), "/large"); !errors.Is(err, errTooLarge) {
		t.Errorf("got %v", err)
	}
}

// What is committed in the journal counts, as after a kernel's replay; what was taken back
// does not.
func TestTheJournalIsReadAsAKernelWouldReplayIt(t *testing.T) {
	for name, options := range map[string][]string{
		"checksums":    {"-O", "metadata_csum,64bit"},
		"no checksums": {"-O", "^metadata_csum,^64bit"},
		"1 KiB":        {"-b", "1024"},
	} {
		t.Run(name, func(t *testing.T) {
			image := fileSystem(t, 64*mib, append([]string{"-t", "ext4"}, options...)...)
			block := func(file string) string {
				return strings.TrimSpace(lastLine(tool(t, "debugfs", "-R", "blocks "+file, image)))
			}
			written := func(text string) string {
				file := filepath.Join(t.TempDir(), "block")
				size := 4096
				if name == "1 KiB" {
					size = 1024
				}
				data := make([]byte, size)
				copy(data, text)
				if err := os.WriteFile(file, data, 0o600); err != nil {
					t.Fatal(err)
				}
				return file
			}
			script := filepath.Join(t.TempDir(), "commands")
			lines := []string{
				"jo",
				fmt.Sprintf("jw -b %s %s", block("/etc/hostname"), written("first-name!!\n")),
				fmt.Sprintf("jw -b %s %s", block("/etc/hostname"), written("latest-name!\n")),
				fmt.Sprintf("jw -b %s %s", block("/root/answer"), written("43\n")),
				fmt.Sprintf("jw -b %s %s", block("/etc/sysctl.conf"), written("\xc0\x3b\x39\x98 magic")), // has to be escaped
				fmt.Sprintf("jw -r %s", block("/root/answer")),
				"jc",
			}
			if err := os.WriteFile(script, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
				t.Fatal(err)
			}
			tool(t, "debugfs", "-w", "-f", script, image)
			d := onDisk(t, read(t, image))
			for file, want := range map[string]string{
				"/etc/hostname": "latest-name!\n", "/root/answer": "42\n", "/etc/sysctl.conf": "\xc0\x3b\x39\x98 magic",
			} {
				if got, err := d.ReadFile(t.Context(), file); err != nil || string(got[:min(len(want), len(got))]) != want[:len(got)] {
					t.Errorf("%s: %q, %v", file, got, err)
				}
			}
			if len(d.root.replaced) == 0 {
				t.Error("the journal was not read")
			}
		})
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func TestAnEndedQuestionEndsTheDisk(t *testing.T) {
	d := onDisk(t, read(t, fileSystem(t, 40*mib)))
	stop := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if _, err := d.ReadFile(ctx, "/etc/hostname"); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := d.ReadFile(t.Context(), "/etc/hostname"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error("closed twice:", err)
	}
}
