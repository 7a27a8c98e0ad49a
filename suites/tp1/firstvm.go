package tp1

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// machineLook is the group's first VM as it is configured, template or not yet.
type machineLook struct {
	Config  proxmox.VMConfig `json:"config"`
	Cores   int              `json:"cores"`
	Sockets int              `json:"sockets"`
	Memory  int              `json:"memory"` // MiB
	Disk    proxmox.Drive    `json:"disk"`
	CD      proxmox.Drive    `json:"cd"`
	NIC     proxmox.NIC      `json:"nic"`
	Boot    *bootStory       `json:"boot"`
}

// The step that has no number: create x01 as the practical describes it, and boot it.
func firstVM() Question[*Group, machineLook] {
	return Question[*Group, machineLook]{
		ID:    "tp1.vm",
		Title: reports.Text{FR: "Créer et démarrer la première VM", EN: "Create and boot the first VM"},
		Needs: []string{"tp1.q05"},
		Do: func(ctx context.Context, g *Group) error {
			if err := g.Student.CreateVM(ctx); err != nil {
				return err
			}
			if err := g.Student.Boot(ctx, g.Template); err != nil {
				return err
			}
			boot, err := bootedSystem(ctx, g)
			g.saw.booted = boot
			return err
		},
		Look:  lookMachine,
		Judge: judgeMachine,
	}
}

func bootedSystem(ctx context.Context, g *Group) (*bootStory, error) {
	status, err := g.Node.API.VMStatus(ctx, g.Template.ID)
	if err != nil {
		return nil, err
	}
	release, err := g.Student.In(g.Template).ReadFile(ctx, "/etc/os-release")
	return &bootStory{Status: status.Status, System: string(release)}, err
}

func lookMachine(ctx context.Context, g *Group) (machineLook, error) {
	config, err := g.Node.API.VMConfig(ctx, g.Template.ID)
	if err != nil {
		return machineLook{}, err
	}
	look := machineLook{
		Config: config, Cores: config.Cores(), Sockets: config.Sockets(), Memory: config.Memory(), Boot: g.saw.booted,
	}
	look.NIC, _ = config.Net(0)
	for _, drive := range config.Drives() {
		if drive.CDROM && !strings.HasSuffix(look.CD.Volume, ".iso") {
			look.CD = drive
		}
	}
	if disks := config.Disks(); len(disks) > 0 { // that of UEFI's variables is none of them
		look.Disk = disks[0]
	}
	return look, nil
}

func judgeMachine(j *judge, g *Group, look machineLook) {
	config := fmt.Sprintf("GET /nodes/%s/qemu/%d/config", g.Node.Target.Node, g.Template.ID)
	j.Expect(look.Config.Name()).To(BeElementOf(g.templateNames()), j.because(
		"La VM %d ne porte pas le nom attendu.", "VM %d does not have the expected name.", g.Template.ID).
		seen(config, "name: "+look.Config.Name()).say)
	j.Expect(look.Cores*look.Sockets).To(Equal(student.CPUs), j.because(
		"La VM %d doit avoir 1 vCPU.", "VM %d must have 1 vCPU.", g.Template.ID).
		next("Hardware → Processors.", "Hardware → Processors.").say)
	j.Expect(look.Memory).To(g.memory(look), j.because(
		"La VM %d doit avoir 2 Go de RAM (2048 Mio).", "VM %d must have 2 GB of RAM (2048 MiB).", g.Template.ID).
		next("Hardware → Memory.", "Hardware → Memory.").say)
	j.Expect(look.Disk.Size).To(Equal(int64(student.DiskGiB)<<30), j.because(
		"Le disque de la VM %d doit faire 10 Go.", "VM %d's disk must be 10 GB.", g.Template.ID).
		seen(config, look.Disk.Slot+": "+look.Disk.Raw).next("Hardware → Hard Disk.", "Hardware → Hard Disk.").say)
	if g.Node.Disks.QCOW2 {
		j.Expect(cmp.Or(look.Disk.Format, "raw")).To(BeElementOf(g.diskFormats(look)), j.because(
			"Le disque de la VM %d doit être au format qcow2.", "VM %d's disk must be in qcow2 format.", g.Template.ID).
			seen(config, look.Disk.Slot+": "+look.Disk.Raw).say)
	}
	judgeCD(j, g, look, config)
	j.Expect(look.NIC.Bridge).To(Equal(g.Node.Target.Bridge), j.because(
		"La carte réseau de la VM %d doit rester sur le bridge proposé, %s.",
		"VM %d's network card must stay on the bridge that is proposed, %s.", g.Template.ID, g.Node.Target.Bridge).
		seen(config, "net0: "+look.NIC.Raw).say)
	if look.Boot == nil {
		return
	}
	j.Expect(look.Boot.Status).To(Equal("running"), j.because("La VM %d ne tourne pas.", "VM %d is not running.", g.Template.ID).say)
	j.Expect(look.Boot.System).To(ContainSubstring("Debian"), j.because(
		"Le système qui a démarré n'est pas une Debian.", "The system that booted is no Debian.").
		seen("cat /etc/os-release", look.Boot.System).say)
}

// memory matches 2 GB: who types it may count in powers of ten.
func (g *Group) memory(look machineLook) types.GomegaMatcher {
	if look.Boot != nil {
		return Equal(student.MemoryMiB)
	}
	return BeElementOf(student.MemoryMiB, 2000)
}

// judgeCD asserts that the installer's ISO is in the drive. Once the system is installed a
// group may have taken it out: then the drive is left.
func judgeCD(j *judge, g *Group, look machineLook, config string) {
	iso := HaveSuffix(".iso")
	if look.Boot == nil {
		iso = Or(iso, Equal("none"))
	}
	j.Expect(look.CD.Volume).To(iso, j.because(
		"Aucune image ISO n'est dans le lecteur de la VM %d.", "No ISO image is in the drive of VM %d.", g.Template.ID).
		seen(config, look.CD.Slot+": "+look.CD.Raw).next("Hardware → CD/DVD Drive.", "Hardware → CD/DVD Drive.").say)
}

// rootLook is what lies in /root.
type rootLook struct {
	VM    string        `json:"vm"`
	Files []string      `json:"files"` // plain files that an installer does not leave there
	Saw   *student.File `json:"saw"`   // what was written and read back
}

// Q6: open a shell and make a file in /root.
func q06() Question[*Group, rootLook] {
	return Question[*Group, rootLook]{
		ID:    "tp1.q06",
		Title: reports.Text{FR: "Créer un fichier dans /root", EN: "Create a file in /root"},
		Needs: []string{"tp1.vm"},
		Do: func(ctx context.Context, g *Group) error {
			file, err := g.Student.LeaveFile(ctx, g.Template)
			if err == nil {
				g.saw.file = &file
			}
			return err
		},
		Look: lookRoot,
		Judge: func(j *judge, g *Group, look rootLook) {
			j.Expect(look.Files).NotTo(BeEmpty(), j.because(
				"Il n'y a aucun fichier dans /root de %s.", "There is no file in /root of %s.", look.VM).
				seen("find /root -maxdepth 1 -type f", strings.Join(look.Files, "\n")).
				next("touch /root/essai, puis ls -l /root.", "touch /root/essai, then ls -l /root.").say)
			if look.Saw == nil {
				return
			}
			j.Expect(look.Files).To(ContainElement(look.Saw.Path), j.because(
				"Le fichier %s n'est pas dans /root.", "File %s is not in /root.", look.Saw.Path).say)
			j.Expect(look.Saw.Read).To(Equal(look.Saw.Content), j.because(
				"Le fichier relu n'est pas celui qui a été écrit.", "The file that was read is not the one that was written.").say)
		},
	}
}

// onlyInTemplate is why the file in /root cannot be seen.
var onlyInTemplate = reports.Text{
	FR: "Aucun clone du template n'existe, et son disque ne peut pas être lu : /root ne se voit pas.",
	EN: "There is no clone of the template, and its disk cannot be read: /root cannot be seen.",
}

// lookRoot lists /root in the first VM, or in its clone once that VM is a template.
func lookRoot(ctx context.Context, g *Group) (rootLook, error) {
	vm := g.Template
	config, err := g.Node.API.VMConfig(ctx, vm.ID)
	if err != nil {
		return rootLook{}, err
	}
	if config.Template() {
		vm = g.First
	}
	look := rootLook{VM: vm.Name, Saw: g.saw.file}
	look.Files, err = g.Node.rootFiles(ctx, vm)
	if _, absent := notThere(g, err); absent && config.Template() {
		// There is no clone: the file is on the template's disk, if that can be read.
		look.VM = g.Template.Name
		if look.Files, err = g.Node.rootFiles(ctx, g.Template); unreachable(err) {
			err = &notObservable{Why: onlyInTemplate}
		}
		return look, err
	}
	if errors.Is(err, guest.ErrNotRunning) && !config.Template() {
		// Shut down to be converted, which was forgotten: its clone has the file as well.
		if files, inClone := g.Node.rootFiles(ctx, g.First); inClone == nil {
			look.VM, look.Files, err = g.First.Name, files, nil
		}
	}
	return look, err
}
