package tp1

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/reports"
)

// templateLook is the group's template as the node lists it.
type templateLook struct {
	Template bool                `json:"template"`
	Status   string              `json:"status"`
	Disk     bootDisk            `json:"disk"`
	Runnable []int               `json:"runnable"` // the VMs that are listed as VMs that can run
	Story    *student.Conversion `json:"story"`
}

// Q7: converting the running VM is refused; after a shutdown it becomes a template.
func q07() Question[*Group, templateLook] {
	return Question[*Group, templateLook]{
		ID:    "tp1.q07",
		Title: reports.Text{FR: "Convertir la VM en template", EN: "Convert the VM to a template"},
		Needs: []string{"tp1.vm"},
		After: []string{"tp1.q06"},
		Do: func(ctx context.Context, g *Group) error {
			seen, err := g.Student.ConvertToTemplate(ctx)
			g.saw.conversion = &seen
			return err
		},
		Look:  lookTemplate,
		Judge: judgeTemplate,
	}
}

func lookTemplate(ctx context.Context, g *Group) (templateLook, error) {
	look := templateLook{Story: g.saw.conversion}
	vms, err := g.Node.API.VMs(ctx)
	if err != nil {
		return look, err
	}
	listed := false
	for _, vm := range vms {
		if vm.ID == g.Template.ID {
			listed = true
			look.Template, look.Status = vm.Template, vm.Status
		}
		if !vm.Template {
			look.Runnable = append(look.Runnable, vm.ID)
		}
	}
	if !listed {
		// The node says in its own words that there is none.
		if _, err := g.Node.API.VMConfig(ctx, g.Template.ID); err != nil {
			return look, err
		}
	}
	look.Disk, err = g.Node.bootDisk(ctx, g.Template.ID)
	return look, err
}

func judgeTemplate(j *judge, g *Group, look templateLook) {
	j.Expect(look.Template).To(BeTrue(), j.because(
		"La VM %d n'est pas un template.", "VM %d is no template.", g.Template.ID).
		next("Éteignez la VM, puis clic droit → Convert to template.", "Shut the VM down, then right click → Convert to template.").say)
	j.Expect(look.Status).To(Equal("stopped"), j.because("Un template ne tourne pas.", "A template does not run.").say)
	if look.Disk.on(g.Node).Bases {
		j.Expect(look.Disk.ID).To(ContainSubstring("base-%d-disk-", g.Template.ID), j.because(
			"Le disque du template n'est pas devenu un volume de base.", "The template's disk has not become a base volume.").
			seen(look.Disk.list(), look.Disk.ID).say)
	}
	j.Expect(look.Runnable).NotTo(ContainElement(g.Template.ID), j.because(
		"Le template %d est encore listé comme une VM qui peut tourner.", "Template %d is still listed as a VM that can run.", g.Template.ID).say)
	if look.Story == nil {
		return
	}
	j.Expect(look.Story.WhileRunning).To(And(
		HaveField("Status", 500), HaveField("Message", "you can't convert a VM to template if VM is running")), j.because(
		"Convertir une VM qui tourne doit être refusé, avec les mots du nœud.",
		"Converting a running VM must be refused, in the node's own words.").refused(look.Story.WhileRunning).say)
	j.Expect(look.Story.StartTemplate.Message).To(Equal("you can't start a vm if it's a template"), j.because(
		"Démarrer un template doit échouer, avec les mots du nœud.",
		"Starting a template must fail, in the node's own words.").refused(look.Story.StartTemplate).say)
}

// cloneLook is the group's first clone beside its template.
type cloneLook struct {
	Name   string      `json:"name"`
	Disk   bootDisk    `json:"disk"`
	Base   bootDisk    `json:"base"`
	MAC    string      `json:"mac"`
	Source string      `json:"source_mac"` // the template's MAC
	Log    []string    `json:"log"`        // of the clone's task, where the volume tells nothing
	Story  *cloneStory `json:"story"`
}

// linked tells whether the clone stands on the template's disk, by whichever witness
// the storage has. A linked clone lies where its template does: Proxmox takes no other
// storage for it (PVE::API2::Qemu, clone_vm).
func (l cloneLook) linked(n *Node) bool {
	switch {
	case l.Disk.storage() != l.Base.storage():
		return false
	case l.Base.on(n).Parents:
		return l.Disk.LinkedTo(l.Base.ID)
	}
	return student.SaysLinked(l.Log)
}

// The step that has no number: a linked clone of the template.
func clone() Question[*Group, cloneLook] {
	return Question[*Group, cloneLook]{
		ID:    "tp1.clone",
		Title: reports.Text{FR: "Cloner le template (clone lié)", EN: "Clone the template (linked clone)"},
		Needs: []string{"tp1.q07"},
		Do:    doClone,
		Look:  lookClone,
		Judge: func(j *judge, g *Group, look cloneLook) {
			j.Expect(look.Name).To(BeElementOf(g.firstNames()), j.because(
				"La VM %d ne porte pas le nom attendu.", "VM %d does not have the expected name.", g.First.ID).say)
			j.Expect(look.linked(g.Node) || g.Node.Config.Accept.FullClone).To(BeTrue(), j.because(
				"%s n'est pas un clone lié du template : son disque ne s'appuie pas sur celui du template.",
				"%s is no linked clone of the template: its disk does not stand on the template's.", g.First.Name).
				seen(look.Disk.list(),
					fmt.Sprintf("volid: %s\nparent: %s\nbase: %s\n%s", look.Disk.ID, look.Disk.Parent, look.Base.ID, strings.Join(look.Log, "\n"))).
				next("Clic droit sur le template → Clone, mode Linked Clone.", "Right click on the template → Clone, mode Linked Clone.").say)
			j.Expect(linuxnet.SameMAC(look.MAC, look.Source)).To(BeFalse(), j.because(
				"Le clone a gardé l'adresse MAC du template.", "The clone kept the template's MAC address.").
				seen("net0", "template "+look.Source+"\nclone    "+look.MAC).say)
			if look.Story == nil {
				return
			}
			j.Expect(look.Story.Full.LinkedTo(look.Base.ID)).To(BeFalse(), j.because(
				"Un clone complet doit se distinguer d'un clone lié.", "A full clone must be told apart from a linked one.").
				seen("GET .../content", look.Story.Full.ID+" parent "+look.Story.Full.Parent).say)
			j.Expect(look.Story.File.Read).To(Equal(look.Story.File.Content), j.because(
				"Le fichier de la question 6 n'est pas dans le clone.", "The file of question 6 is not in the clone.").
				seen("cat "+look.Story.File.Path, look.Story.File.Read).say)
		},
	}
}

func doClone(ctx context.Context, g *Group) error {
	full, err := g.Student.CompareFullClone(ctx, g.Second)
	if err != nil {
		return err
	}
	if err := g.Student.CloneLinked(ctx, g.First); err != nil {
		return err
	}
	if err := g.Student.Boot(ctx, g.First); err != nil {
		return err
	}
	g.saw.cloning = &cloneStory{Full: full}
	if g.saw.file == nil {
		return nil
	}
	g.saw.cloning.File, err = g.Student.ReadBack(ctx, g.First, *g.saw.file)
	return err
}

func lookClone(ctx context.Context, g *Group) (cloneLook, error) {
	look := cloneLook{Story: g.saw.cloning}
	config, err := g.Node.API.VMConfig(ctx, g.First.ID)
	if err != nil {
		return look, err
	}
	source, err := g.Node.API.VMConfig(ctx, g.Template.ID)
	if err != nil {
		return look, err
	}
	nic, _ := config.Net(0)
	sourceNIC, _ := source.Net(0)
	look.Name, look.MAC, look.Source = config.Name(), nic.MAC, sourceNIC.MAC
	if look.Disk, err = g.Node.bootDisk(ctx, g.First.ID); err != nil {
		return look, err
	}
	if look.Base, err = g.Node.bootDisk(ctx, g.Template.ID); err != nil || look.Base.on(g.Node).Parents || look.Base.storage() != look.Disk.storage() {
		return look, err
	}
	if look.Log, err = student.CloneTask(ctx, g.Node.API, g.Template.ID, g.First.ID); err == nil && look.Log == nil {
		err = &notObservable{Why: reports.Textf(
			"Sur un stockage %s, seul le journal de la tâche dit si un clone est lié, et le nœud ne l'a plus.",
			"On a storage of type %s only the task's log tells whether a clone is linked, and the node no longer has it.", look.Base.on(g.Node).Type)}
	}
	return look, err
}
