package tp1

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// surroundings are what a run of the program may leave behind: files, processes, network
// interfaces and mounted namespaces. Its processes are told by a mark in their
// environment, which all their children inherit.
type surroundings struct {
	mark       string
	files      string // the run's directory for temporary files
	interfaces []string
	mounts     []string // of namespaces
}

func newSurroundings(b *testing.B) *surroundings {
	b.Helper()
	return &surroundings{
		mark: "LABPROOF_BENCH=" + rand.Text(), files: b.TempDir(), interfaces: interfaceNames(b), mounts: namespaceMounts(b),
	}
}

func (s *surroundings) environ() []string {
	return append(os.Environ(), s.mark, "TMPDIR="+s.files)
}

// mustBeClean fails the benchmark for everything that is still there.
func (s *surroundings) mustBeClean(b *testing.B) {
	b.Helper()
	for _, p := range s.processes() {
		b.Errorf("process %d (%s) was left behind", p.id, p.name)
	}
	left, err := os.ReadDir(s.files)
	if err != nil {
		b.Error(err)
	}
	for _, entry := range left {
		b.Errorf("%s was left behind", filepath.Join(s.files, entry.Name()))
	}
	if now := interfaceNames(b); !slices.Equal(now, s.interfaces) {
		b.Errorf("network interfaces: %v, before %v", now, s.interfaces)
	}
	if now := namespaceMounts(b); !slices.Equal(now, s.mounts) {
		b.Errorf("mounted namespaces: %v, before %v", now, s.mounts)
	}
}

// measure follows the memory of the run's processes, guests and their disks' tools aside.
// What it returns ends that and tells their largest resident memory together, in bytes.
func (s *surroundings) measure() (peak func() int64) {
	const every = 250 * time.Millisecond
	stop, largest := make(chan struct{}), make(chan int64)
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		var most int64
		for {
			select {
			case <-stop:
				largest <- most
				return
			case <-ticker.C:
				most = max(most, s.resident())
			}
		}
	}()
	return func() int64 { close(stop); return <-largest }
}

func (s *surroundings) resident() int64 {
	var sum int64
	for _, p := range s.processes() {
		if !strings.HasPrefix(p.name, "qemu-") {
			sum += p.resident()
		}
	}
	return sum
}

type process struct {
	id   int
	name string
}

// processes are those of the run, by proc_pid_environ(5).
func (s *surroundings) processes() []process {
	entries, _ := os.ReadDir("/proc")
	var found []process
	for _, entry := range entries {
		id, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", id))
		if err != nil || !slices.Contains(strings.Split(string(environ), "\x00"), s.mark) {
			continue // gone, or not ours to read
		}
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", id))
		if err == nil {
			found = append(found, process{id, string(bytes.TrimSpace(name))})
		}
	}
	return found
}

// resident is the second number of proc_pid_statm(5), in bytes; 0 for a process that is gone.
func (p process) resident() int64 {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.id))
	fields := strings.Fields(string(statm))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

func interfaceNames(b *testing.B) []string {
	b.Helper()
	list, err := net.Interfaces()
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for _, one := range list {
		names = append(names, one.Name)
	}
	return names
}

// namespaceMounts are the mounts that keep a namespace alive without a process.
func namespaceMounts(b *testing.B) []string {
	b.Helper()
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		b.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(table)) {
		if strings.Contains(line, " - nsfs ") {
			found = append(found, line)
		}
	}
	return found
}
