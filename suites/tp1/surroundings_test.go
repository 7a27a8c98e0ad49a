package tp1

import (
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
// interfaces and mounted namespaces.
type surroundings struct {
	files      string // the run's directory for temporary files
	interfaces []string
	mounts     []string        // of namespaces
	seen       map[int]process // every process of the run that was ever there
}

func newSurroundings(b *testing.B) *surroundings {
	b.Helper()
	return &surroundings{
		files: b.TempDir(), interfaces: interfaceNames(b), mounts: namespaceMounts(b), seen: map[int]process{},
	}
}

func (s *surroundings) environ() []string {
	return append(os.Environ(), "TMPDIR="+s.files)
}

// mustBeClean fails the benchmark for everything that is still there.
func (s *surroundings) mustBeClean(b *testing.B) {
	b.Helper()
	for _, p := range s.seen {
		if now, there := readProcess(p.id); there && now.started == p.started {
			b.Errorf("process %d (%s) was left behind", p.id, p.name)
		}
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

// usage is what a run took of the machine.
type usage struct {
	peak int64         // bytes: the largest resident memory of labproof's own processes together
	each string        // what each of them had of it
	own  time.Duration // CPU time of labproof's own processes
	qemu time.Duration // CPU time of guests and of the tools for their disks
}

// cpu is all of it. Unlike the time on the clock, what else the machine has to do hardly
// changes it.
func (u usage) cpu() time.Duration { return u.own + u.qemu }

// measure follows the run's processes: everything below this one. What it returns ends that.
func (s *surroundings) measure() (end func() usage) {
	const every = 250 * time.Millisecond
	stop, result := make(chan struct{}), make(chan usage)
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		var u usage
		for {
			select {
			case <-stop:
				u.sum(s.seen)
				result <- u
				return
			case <-ticker.C:
				if resident, each := s.look(); resident > u.peak {
					u.peak, u.each = resident, each
				}
			}
		}
	}()
	return func() usage { close(stop); return <-result }
}

// look updates what is known of the processes and returns labproof's resident memory. A
// process counts from the second look on: between fork and exec it is its parent once more.
func (s *surroundings) look() (resident int64, each string) {
	for _, p := range descendants(os.Getpid()) {
		_, known := s.seen[p.id]
		s.seen[p.id] = p
		if known && !p.isQEMU() {
			one := p.resident()
			resident += one
			each += fmt.Sprintf(" %s %.1f MB", p.name, float64(one)/1e6)
		}
	}
	return resident, each
}

func (u *usage) sum(seen map[int]process) {
	for _, p := range seen {
		if p.isQEMU() {
			u.qemu += p.cpu
		} else {
			u.own += p.cpu
		}
	}
}

type process struct {
	id, parent int
	name       string
	cpu        time.Duration // so far
	started    string        // with id it names a process for good
}

func (p process) isQEMU() bool { return strings.HasPrefix(p.name, "qemu-") }

// descendants are the children of a process, their children, and so on.
func descendants(of int) []process {
	entries, _ := os.ReadDir("/proc")
	children := map[int][]process{}
	for _, entry := range entries {
		if id, err := strconv.Atoi(entry.Name()); err == nil {
			if p, there := readProcess(id); there {
				children[p.parent] = append(children[p.parent], p)
			}
		}
	}
	var found []process
	for next := []int{of}; len(next) > 0; next = next[1:] {
		for _, child := range children[next[0]] {
			found, next = append(found, child), append(next, child.id)
		}
	}
	return found
}

// readProcess reads proc_pid_stat(5): "id (name) state parent …"; the 14th, 15th and 22nd
// field are its user and system time in hundredths of a second and its start.
func readProcess(id int) (process, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	if err != nil {
		return process{}, false
	}
	_, text, _ := strings.Cut(string(stat), "(")
	end := strings.LastIndexByte(text, ')')
	if end < 0 {
		return process{}, false
	}
	p, fields := process{id: id, name: text[:end]}, strings.Fields(text[end+1:])
	if len(fields) < 20 {
		return p, false
	}
	p.started = fields[19]
	if p.parent, err = strconv.Atoi(fields[1]); err != nil {
		return p, false
	}
	for _, ticks := range fields[11:13] {
		if n, err := strconv.ParseInt(ticks, 10, 64); err == nil {
			p.cpu += time.Duration(n) * time.Second / 100
		}
	}
	return p, true
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
