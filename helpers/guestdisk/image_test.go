package guestdisk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	mib        = 1 << 20
	interfaces = "auto ens18\niface ens18 inet static\n\taddress 10.0.1.2/29\n\tgateway 10.0.1.1\n"
)

// tool runs a program that Debian keeps from the PATH of ordinary users.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// tree is what stands on the disks of these tests.
func tree(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(name, target string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	write("etc/network/interfaces", interfaces)
	write("etc/network/interfaces.d/more", "auto lo\n")
	write("etc/network/interfaces.d/.hidden", "no\n")
	write("etc/hostname", "instance-1-1\n")
	write("etc/empty", "")
	write("etc/sysctl.d/99-lab.conf", "net.ipv4.ip_forward=1\n")
	link("etc/sysctl.d/10-masked.conf", "/dev/null")
	link("etc/sysctl.d/99-sysctl.conf", "../sysctl.conf")
	write("etc/sysctl.conf", "# nothing\n")
	write("usr/lib/sysctl.d/50-default.conf", "kernel.x=1\n")
	link("lib", "usr/lib")
	write("usr/lib/os-release", "ID=debian\n")
	link("etc/os-release", "../usr/lib/os-release")
	link("etc/absolute", "/etc/hostname")
	link("etc/outside", "../../../../../../../../../etc/hostname")
	link("etc/loop", "loop2")
	link("etc/loop2", "loop")
	link("etc/nowhere", "/no/such/file")
	link("etc/long", strings.Repeat("./", 60)+"hostname")
	write("root/answer", "42\n")
	write("root/.bashrc", "x\n")
	link("root/link", "answer")
	write("big", strings.Repeat("0123456789abcdef", 100_000)) // 1.6 MB: several extents on small blocks
	for i := range 120 {
		write(fmt.Sprintf("many/a-rather-long-name-so-that-the-directory-becomes-a-hash-tree-%04d", i), fmt.Sprint(i))
	}
	sparse, err := os.Create(filepath.Join(root, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{64 << 10, 1 << 20} {
		if _, err := sparse.WriteAt([]byte("here"), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := sparse.Close(); err != nil {
		t.Fatal(err)
	}
	return root
}

// fileSystem makes an image of size bytes with the tree on it.
func fileSystem(t testing.TB, size int64, options ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "fs.raw")
	args := append([]string{"-q", "-F", "-d", tree(t)}, options...)
	if !slices.Contains(options, "-t") {
		args = append(args, "-t", "ext4") // mke2fs's own default is ext2
	}
	tool(t, "mke2fs", append(args, file, fmt.Sprintf("%dk", size>>10))...)
	return file
}

// place is a partition of a disk made here: sectors, and the file that fills it.
type place struct {
	kind         byte
	first, count uint32
	fill         []byte
}

const diskSectors = 96 * mib / sector

// mbrDisk writes a disk with a partition table; logical ones follow one extended.
func mbrDisk(t testing.TB, primary, logical []place) []byte {
	t.Helper()
	disk := make([]byte, diskSectors*sector)
	table := func(at uint32, line int, p place) {
		e := disk[int(at)*sector+mbrTable+16*line:]
		e[4] = p.kind
		binary.LittleEndian.PutUint32(e[8:], p.first)
		binary.LittleEndian.PutUint32(e[12:], p.count)
		disk[int(at)*sector+510], disk[int(at)*sector+511] = 0x55, 0xaa
	}
	for i, p := range primary {
		table(0, i, p)
		copy(disk[int(p.first)*sector:], p.fill)
	}
	if len(logical) == 0 {
		return disk
	}
	extended := logical[0].first - 2048
	table(0, len(primary), place{kind: 5, first: extended, count: diskSectors - extended})
	for i, p := range logical {
		record := p.first - 2048
		table(record, 0, place{kind: p.kind, first: 2048, count: p.count})
		if i+1 < len(logical) {
			table(record, 1, place{kind: 5, first: logical[i+1].first - 2048 - extended, count: 1})
		}
		copy(disk[int(p.first)*sector:], p.fill)
	}
	return disk
}

// gptDisk writes a disk with a GPT whose second entry is not in use.
func gptDisk(t testing.TB, list ...place) []byte {
	t.Helper()
	disk := mbrDisk(t, []place{{kind: 0xee, first: 1, count: diskSectors - 1}}, nil)
	copy(disk[sector:], "EFI PART")
	header := disk[sector:]
	binary.LittleEndian.PutUint64(header[72:], 2)
	binary.LittleEndian.PutUint32(header[80:], 128)
	binary.LittleEndian.PutUint32(header[84:], 128)
	for i, p := range list {
		e := disk[2*sector+128*(2*i):]
		copy(e, bytes.Repeat([]byte{0xaf}, 16))
		binary.LittleEndian.PutUint64(e[32:], uint64(p.first))
		binary.LittleEndian.PutUint64(e[40:], uint64(p.first+p.count-1))
		copy(disk[int(p.first)*sector:], p.fill)
	}
	return disk
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func onDisk(t testing.TB, data []byte) *Disk {
	t.Helper()
	d, err := New(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
