package guestdisk

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/internal/sshtest"
	"github.com/labproof/labproof/helpers/proxmox"
)

// node is a shell on this machine; what it makes in $TMPDIR is in the folder.
func node(t *testing.T) (shell *hypervisor.Shell, server *sshtest.Server, folder string) {
	t.Helper()
	folder = t.TempDir()
	t.Setenv("TMPDIR", folder)
	server = sshtest.New(t)
	shell, err := hypervisor.Dial(t.Context(), config.SSH{Addr: server.Addr, User: "root", Key: config.Secret(server.Key), HostKey: server.HostKeyLine()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shell.Close() })
	return shell, server, folder
}

// linked makes a template's disk and a linked clone's with a change of its own.
func linked(t *testing.T) (base, clone string) {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "disk.raw")
	root := read(t, fileSystem(t, 40*mib))
	system := place{kind: 0x83, first: 2048, count: uint32(len(root) / sector), fill: root}
	if err := os.WriteFile(raw, mbrDisk(t, []place{system}, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	base = filepath.Join(t.TempDir(), "base, with a comma=1.qcow2")
	tool(t, "qemu-img", "convert", "-O", "qcow2", raw, base)
	clone = filepath.Join(t.TempDir(), "vm-102-disk-0.qcow2")
	tool(t, "qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", clone)
	tool(t, "qemu-io", "-c", "write -P 0x41 40M 64k", clone)
	return base, clone
}

// emptied waits until nothing is left in a folder.
func emptied(t *testing.T, folder string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if left, err := os.ReadDir(folder); err == nil && len(left) == 0 {
			return
		}
	}
	left, _ := os.ReadDir(folder)
	t.Errorf("left behind: %v", left)
}

func TestALinkedCloneIsReadOnTheNodeAndNothingIsWritten(t *testing.T) {
	shell, _, folder := node(t)
	base, clone := linked(t)
	before := [][]byte{read(t, base), read(t, clone)}
	for _, path := range []string{base, clone} {
		d, err := Open(t.Context(), shell, proxmox.VolumeInfo{ID: "local:x", Path: path, Format: "qcow2"})
		if err != nil {
			t.Fatal(err)
		}
		testTree(t, d)
		if _, err := d.ReadFile(t.Context(), "/nothing"); err == nil || !strings.Contains(err.Error(), "local:x:/nothing") {
			t.Errorf("got %v", err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	for i, path := range []string{base, clone} {
		if !bytes.Equal(before[i], read(t, path)) {
			t.Errorf("%s was written", path)
		}
	}
	emptied(t, folder)
}

// A VM that runs holds locks on its disk; a VM that is started while its disk is read
// must get them.
func TestReadingNeitherNeedsNorTakesLocks(t *testing.T) {
	shell, _, _ := node(t)
	_, clone := linked(t)
	lock := func() func() {
		t.Helper()
		vm := exec.Command("qemu-io", "-f", "qcow2", clone)
		in, err := vm.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := vm.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := vm.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = in.Write([]byte("write -P 0x42 50M 64k\n"))
		said := bufio.NewReader(out)
		for line := ""; !strings.Contains(line, "wrote"); {
			if line, err = said.ReadString('\n'); err != nil {
				t.Errorf("it cannot write: %q, %v", line, err)
				break
			}
		}
		return func() {
			_ = in.Close()
			_, _ = io.Copy(io.Discard, said)
			_ = vm.Wait()
		}
	}
	unlock := lock()
	d, err := Open(t.Context(), shell, proxmox.VolumeInfo{Path: clone, Format: "qcow2"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	unlock()
	defer lock()()
	if got, err := d.ReadFile(t.Context(), "/etc/hostname"); err != nil || string(got) != "instance-1-1\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestADiskThatTheNodeCannotOpen(t *testing.T) {
	shell, _, folder := node(t)
	file := filepath.Join(t.TempDir(), "x.qcow2")
	if err := os.WriteFile(file, []byte("this is no image"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		volume proxmox.VolumeInfo
		want   string
	}{
		"no image":     {proxmox.VolumeInfo{Path: file, Format: "qcow2"}, "not in qcow2 format"},
		"no device":    {proxmox.VolumeInfo{Path: "/dev/pve/vm-102-disk-0", Format: "raw"}, "the node has no file or device /dev/pve/vm-102-disk-0"},
		"of a storage": {proxmox.VolumeInfo{Path: "rbd:pool/vm-102-disk-0", Format: "raw"}, "no file or device of the node (rbd:pool/vm-102-disk-0)"},
		"no disk":      {proxmox.VolumeInfo{Path: file, Format: "subvol"}, `its format is "subvol"`},
		"nothing":      {proxmox.VolumeInfo{Path: file, Format: "raw"}, "no partition of the disk"},
	} {
		c.volume.ID = "local:102/vm-102-disk-0.qcow2"
		_, err := Open(t.Context(), shell, c.volume)
		var typed *NotReadableError
		if !errors.As(err, &typed) || typed.Volume != c.volume.ID || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	emptied(t, folder)
}

// Whoever reads may die; what runs for it on the node must not outlive it.
func TestNothingOutlivesTheConnection(t *testing.T) {
	shell, server, folder := node(t)
	_, clone := linked(t)
	d, err := Open(t.Context(), shell, proxmox.VolumeInfo{Path: clone, Format: "qcow2"})
	if err != nil {
		t.Fatal(err)
	}
	server.Drop()
	if _, err := d.ReadFile(t.Context(), "/big"); err == nil {
		t.Error("it reads on without a connection")
	}
	emptied(t, folder)
}
