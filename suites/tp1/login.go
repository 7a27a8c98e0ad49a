package tp1

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/reports"
)

// hardware is what a node consists of, told by two witnesses.
type hardware struct {
	API   figures           `json:"api"`
	Shell *figures          `json:"shell"` // nil: the target gives no shell
	CPUs  hypervisor.Result `json:"lscpu"`
	RAM   hypervisor.Result `json:"meminfo"`
}

type figures struct {
	CPUs    int   `json:"cpus"`  // logical
	Cores   int   `json:"cores"` // physical, over all sockets
	Sockets int   `json:"sockets"`
	Memory  int64 `json:"memory"` // bytes
}

// memoryTolerance is how far two counts of the same RAM may differ: what firmware and
// kernel keep for themselves.
const memoryTolerance = 0.03

// Q1: how many cores, how much RAM has the node?
func q01() Question[*Node, hardware] {
	return Question[*Node, hardware]{
		ID: "tp1.q01",
		Title: reports.Text{
			FR: "Nombre de cœurs et quantité de RAM du nœud",
			EN: "Number of cores and amount of RAM of the node",
		},
		Look: lookHardware,
		Judge: func(j *judge, n *Node, look hardware) {
			j.Expect(look.API.CPUs).To(BeNumerically(">=", 1), j.because(
				"Le nœud %s n'annonce aucun processeur.", "Node %s tells of no CPU.", n.Target.Node).say)
			if look.Shell == nil {
				return
			}
			lscpu := j.because("L'API et le système du nœud ne comptent pas les mêmes processeurs.",
				"The API and the node's own system do not count the same CPUs.").
				seen(look.CPUs.Command, look.CPUs.Stdout).
				next("Comparez l'onglet Summary du nœud à lscpu.", "Compare the node's Summary tab with lscpu.")
			j.Expect(look.API.CPUs).To(Equal(look.Shell.CPUs), lscpu.say)
			j.Expect(look.API.Cores).To(Equal(look.Shell.Cores), lscpu.say)
			j.Expect(look.API.Sockets).To(Equal(look.Shell.Sockets), lscpu.say)
			j.Expect(float64(look.API.Memory)).To(BeNumerically("~", float64(look.Shell.Memory), memoryTolerance*float64(look.Shell.Memory)),
				j.because("L'API et le système du nœud ne comptent pas la même RAM (écart de plus de 3 %%).",
					"The API and the node's own system do not count the same RAM (more than 3 %% apart).").
					seen(look.RAM.Command, look.RAM.Stdout).
					next("Comparez l'onglet Summary du nœud à /proc/meminfo.", "Compare the node's Summary tab with /proc/meminfo.").say)
		},
	}
}

func lookHardware(ctx context.Context, n *Node) (hardware, error) {
	var look hardware
	status, err := n.API.NodeStatus(ctx)
	if err != nil {
		return look, err
	}
	look.API = figures{CPUs: status.CPUs, Cores: status.Cores, Sockets: status.Sockets, Memory: status.MemoryTotal}
	if n.Shell == nil {
		return look, nil
	}
	if look.CPUs, err = n.Shell.Run(ctx, "lscpu -p=CPU,CORE,SOCKET"); err != nil {
		return look, err
	}
	if look.RAM, err = n.Shell.Run(ctx, "grep MemTotal /proc/meminfo"); err != nil {
		return look, err
	}
	shell, err := parseFigures(look.CPUs.Stdout, look.RAM.Stdout)
	look.Shell = &shell
	return look, err
}

// parseFigures counts the lines of `lscpu -p=CPU,CORE,SOCKET` and reads the line
// "MemTotal: N kB" of /proc/meminfo.
func parseFigures(lscpu, meminfo string) (figures, error) {
	cpus, cores, sockets := map[string]bool{}, map[string]bool{}, map[string]bool{}
	scanner := bufio.NewScanner(strings.NewReader(lscpu))
	for scanner.Scan() {
		fields := strings.Split(strings.TrimSpace(scanner.Text()), ",")
		if len(fields) < 3 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		cpus[fields[0]], cores[fields[2]+"/"+fields[1]], sockets[fields[2]] = true, true, true
	}
	words := strings.Fields(meminfo)
	if len(words) < 2 || len(cpus) == 0 {
		return figures{}, fmt.Errorf("read the node's hardware: lscpu answered %q, meminfo %q", lscpu, meminfo)
	}
	kib, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return figures{}, fmt.Errorf("read MemTotal in %q: %w", meminfo, err)
	}
	return figures{CPUs: len(cpus), Cores: len(cores), Sockets: len(sockets), Memory: kib << 10}, nil
}

// room is how many small VMs the node holds.
type room struct {
	Memory   int64    `json:"memory"` // bytes
	CPUs     int      `json:"cpus"`
	Running  []string `json:"running"`  // VMs that are not the lab's and run already
	Used     []int64  `json:"used"`     // the memory configured for each of them, in bytes
	Standing int      `json:"standing"` // how many of the lab's run already
}

// Q2: how many VMs of 1 vCPU and 2 GB can run at once?
func q02() Question[*Node, room] {
	return Question[*Node, room]{
		ID: "tp1.q02",
		Title: reports.Text{
			FR: "Combien de VM de 1 vCPU et 2 Go tiennent sur le nœud",
			EN: "How many VMs of 1 vCPU and 2 GB fit on the node",
		},
		Look: lookRoom,
		Judge: func(j *judge, n *Node, look room) {
			free, err := lab.Free(n.rule(), look.Memory, look.Used...)
			j.Expect(err).NotTo(HaveOccurred())
			groups := n.classSize()
			class := lab.ClassVMs(groups)
			// A lab that runs already fits, whatever the configured memory adds up to.
			j.Expect(max(free, look.Standing)).To(BeNumerically(">=", class),
				j.because("La classe ne tient pas : %d groupes font tourner %d VM, il reste de la place pour %d (RAM %d Mio, VM déjà en marche : %s).",
					"The class does not fit: %d groups run %d VMs, there is room for %d (RAM %d MiB, VMs running already: %s).",
					groups, class, free, look.Memory>>20, strings.Join(look.Running, ", ")).
					next("Moins de groupes (class.groups), ou arrêtez des VM, ou plus de RAM.",
						"Fewer groups (class.groups), or stop VMs, or more RAM.").say)
		},
	}
}

func lookRoom(ctx context.Context, n *Node) (room, error) {
	status, err := n.API.NodeStatus(ctx)
	if err != nil {
		return room{}, err
	}
	vms, err := n.API.VMs(ctx)
	if err != nil {
		return room{}, err
	}
	look := room{Memory: status.MemoryTotal, CPUs: status.CPUs}
	for _, vm := range vms {
		switch {
		case vm.Status != "running":
		case n.planned(vm.ID):
			look.Standing++
		default:
			look.Running = append(look.Running, fmt.Sprintf("%d %s", vm.ID, vm.Name))
			look.Used = append(look.Used, vm.MaxMem)
		}
	}
	_, err = look.capacity(n)
	return look, err
}

// capacity is how many VMs the node holds by the configured rule.
func (r room) capacity(n *Node) (lab.Capacity, error) { return lab.Count(n.rule(), r.Memory, r.CPUs) }

// classSize is how many groups work on the node at once.
func (n *Node) classSize() int {
	if n.Config.Class.Groups > 0 {
		return n.Config.Class.Groups
	}
	return len(n.Plan.Groups)
}

// planned tells whether a VMID is one of the lab's own.
func (n *Node) planned(vmid int) bool {
	for _, vm := range n.vms() {
		if vm.ID == vmid {
			return true
		}
	}
	return false
}

// vms are all VMs of the plan.
func (n *Node) vms() []lab.VM {
	var all []lab.VM
	for _, g := range n.Plan.Groups {
		all = append(all, g.VMs()...)
	}
	for _, p := range n.Plan.Pairs {
		all = append(all, p.Gateway)
	}
	return all
}

func (n *Node) rule() lab.Rule { return lab.RuleOf(n.Config.Capacity) }
