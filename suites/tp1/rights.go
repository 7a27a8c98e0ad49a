package tp1

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// rightsLook is what the group may do, and how that came about.
type rightsLook struct {
	ACL       []proxmox.ACLEntry  `json:"acl"`            // the group's own entries
	User      string              `json:"user"`           // one of the group's; "": it has none
	Effective map[string][]string `json:"effective"`      // what that user may do, by path
	Roles     map[string][]string `json:"roles"`          // the privileges of PVEVMAdmin on this node, and of the group's roles
	Role      []string            `json:"role,omitempty"` // what a run kept that knew of one role only
	Grants    []student.Grant     `json:"grants"`         // the least set beyond it
	Story     *rightsStory        `json:"story"`
}

// Q5: a new user sees nothing; the permission on / for the group fills the interface.
func q05() Question[*Group, rightsLook] {
	return Question[*Group, rightsLook]{
		ID: "tp1.q05",
		Title: reports.Text{
			FR: "Donner au groupe le rôle PVEVMAdmin sur /, et ce qui manque encore pour faire le TP",
			EN: "Give the group the role PVEVMAdmin on /, and what the practical still lacks",
		},
		Needs:  []string{"tp1.q04"},
		Do:     doRights,
		Look:   lookRights,
		Absent: func(_ *Group, look rightsLook) bool { return len(look.ACL) == 0 },
		Judge:  judgeRights,
	}
}

// doRights looks through the student's eyes before and after the role, tries the later
// steps with that role alone, and again with what is missing.
func doRights(ctx context.Context, g *Group) error {
	teacher, story := g.Node.Teacher, &rightsStory{Witness: g.Template.ID}
	forget, err := teacher.ShowVM(ctx, g.Group)
	if err != nil {
		return err
	}
	if story.Nothing, err = g.Student.LookAround(ctx); err != nil {
		return err
	}
	if err := teacher.GrantVMAdmin(ctx, g.Group); err != nil {
		return err
	}
	if story.VMAdmin, err = g.Student.LookAround(ctx); err != nil {
		return err
	}
	if err := forget(ctx); err != nil {
		return err
	}
	if story.Tried, err = g.Student.TrySteps(ctx); err != nil {
		return err
	}
	if err := teacher.GrantMissing(ctx, g.Group); err != nil {
		return err
	}
	story.TriedFull, err = g.Student.TrySteps(ctx)
	g.saw.rights = story
	return err
}

func lookRights(ctx context.Context, g *Group) (rightsLook, error) {
	look := rightsLook{Story: g.saw.rights, Effective: map[string][]string{}, Roles: map[string][]string{}, Grants: student.MissingRights(g.Node.Target, g.Node.Major, g.Group)}
	acl, err := g.Node.API.ACL(ctx)
	if err != nil {
		return look, err
	}
	if len(acl) == 0 && !g.Node.Target.IsRoot() {
		// It has an entry of its own, at least (PVE::API2::ACL, read_acl).
		return look, errors.New("the node shows this account no entry of its ACL: it may not read them")
	}
	look.ACL = slices.DeleteFunc(acl, func(e proxmox.ACLEntry) bool { return e.Kind != "group" || e.Subject != g.Name })
	roles, err := g.Node.API.Roles(ctx)
	if err != nil {
		return look, err
	}
	for _, role := range roles {
		if role.ID == student.VMAdmin || slices.ContainsFunc(look.ACL, func(e proxmox.ACLEntry) bool { return e.Role == role.ID }) {
			look.Roles[role.ID] = role.Privileges
		}
	}
	if look.User, err = g.someUser(ctx); err != nil || look.User == "" {
		return look, err
	}
	for _, path := range effectivePaths(g) {
		permissions, err := g.Node.API.PermissionsOf(ctx, look.User, path)
		if err != nil {
			return look, err
		}
		look.Effective[path] = permissions.Privileges(path)
	}
	return look, nil
}

// roleOf is the role that the group has on /: another one where that counts as right and
// PVEVMAdmin is not given.
func (g *Group) roleOf(acl []proxmox.ACLEntry) string {
	role := student.VMAdmin
	for _, e := range acl {
		switch {
		case e.Path != "/":
		case e.Role == student.VMAdmin:
			return e.Role
		case slices.Contains(g.roles(), e.Role):
			role = e.Role
		}
	}
	return role
}

// someUser is a user of the group, the plan's first where there is that one.
func (g *Group) someUser(ctx context.Context) (string, error) {
	users, err := g.Node.API.Users(ctx)
	if err != nil {
		return "", err
	}
	found := ""
	for _, u := range slices.Backward(users) {
		if slices.Contains(u.Groups, g.Name) && found != g.Users[0] {
			found = u.ID
		}
	}
	return found, nil
}

// effectivePaths are where the practical needs the group's rights. What staff grants
// beside the role is looked at where the teacher's own part is played, too.
func effectivePaths(g *Group) []string {
	paths := []string{"/vms/" + fmt.Sprint(g.First.ID)}
	if !g.Node.acting() {
		return paths
	}
	for _, need := range needs(g) {
		paths = append(paths, need.path)
	}
	return paths
}

func judgeRights(j *judge, g *Group, look rightsLook) {
	granted := j.because("Le groupe %s n'a pas le rôle PVEVMAdmin, propagé, sur /.",
		"Group %s does not have the role PVEVMAdmin, propagated, on /.", g.Name).
		next("Datacenter → Permissions : Path /, Group %s, Role PVEVMAdmin (le « PVEVdmin » de l'énoncé est une coquille).",
			"Datacenter → Permissions: Path /, Group %s, Role PVEVMAdmin (the text's \"PVEVdmin\" is a misprint).", g.Name)
	j.Expect(look.ACL).To(ContainElement(And(
		HaveField("Path", "/"), HaveField("Role", BeElementOf(g.roles())), HaveField("Propagate", true),
	)), granted.say)
	if look.User == "" {
		return // Q4 tells that there is nobody whose rights could be looked at
	}
	role := g.roleOf(look.ACL)
	wanted := look.privileges(role)
	j.Expect(wanted).NotTo(BeEmpty(), j.because(
		"Le nœud ne dit pas ce que permet le rôle %s.", "The node does not tell what role %s may do.", role).say)
	j.Expect(look.Effective["/vms/"+fmt.Sprint(g.First.ID)]).To(ContainElements(wanted), j.because(
		"%s n'a pas les privilèges de PVEVMAdmin sur ses VM.", "%s does not hold PVEVMAdmin's privileges on the VMs.", look.User).
		next("Un rôle posé plus bas (sur /vms/…) remplace celui de /.", "A role on a deeper path (/vms/…) replaces that of /.").say)
	if look.Story == nil {
		return
	}
	for _, need := range needs(g) {
		j.Expect(look.Effective[need.path]).To(ContainElements(need.privileges), j.because(
			"Il manque à %s, sur %s, ce que le TP demande.", "%s lacks, on %s, what the practical asks for.", look.User, need.path).
			next("Voyez la liste des droits minimaux dans le README.", "See the list of least rights in the README.").say)
	}
	judgeRightsStory(j, g, look, *look.Story)
}

// privileges are those of a role on this node.
func (l rightsLook) privileges(role string) []string {
	if known, ok := l.Roles[role]; ok {
		return known
	}
	return l.Role
}

type need struct {
	path       string
	privileges []string
}

// needs are the privileges beyond PVEVMAdmin that the practical cannot do without.
func needs(g *Group) []need {
	target := g.Node.Target
	all := []need{
		{"/storage/" + target.Storage, []string{"Datastore.AllocateSpace", "Datastore.Audit"}},
		{"/nodes/" + target.Node, []string{"Sys.Audit", "Sys.Modify"}},
	}
	if g.Node.Major >= student.FirstSDN {
		all = append(all, need{"/sdn/zones/localnetwork/" + g.Bridge, []string{"SDN.Use"}})
	}
	return all
}

func judgeRightsStory(j *judge, g *Group, look rightsLook, story rightsStory) {
	j.Expect(story.Nothing.VMs).To(BeEmpty(), j.because(
		"Sans aucun droit, l'utilisateur voit pourtant des VM.", "Without any right the user sees VMs all the same.").say)
	j.Expect(story.Nothing.Storages).To(BeEmpty(), j.because(
		"Sans aucun droit, l'utilisateur voit pourtant des stockages.", "Without any right the user sees storages all the same.").say)
	for path, privileges := range story.Nothing.Permissions {
		j.Expect(privileges).To(BeEmpty(), j.because(
			"Sans aucune permission, l'utilisateur a pourtant des droits sur %s.",
			"Without any permission the user has rights on %s all the same.", path).say)
	}
	j.Expect(story.VMAdmin.VMs).To(ContainElement(story.Witness), j.because(
		"Le rôle doit agir tout de suite : la VM %d n'apparaît pas.", "The role must work at once: VM %d does not show.", story.Witness).say)
	j.Expect(story.VMAdmin.Permissions["/"]).To(ConsistOf(look.privileges(student.VMAdmin)), j.because(
		"Le rôle doit donner exactement les privilèges de PVEVMAdmin.", "The role must give exactly PVEVMAdmin's privileges.").say)
	for step, missing := range refusedSteps(g) {
		tried := story.Tried[step]
		j.Expect(tried).To(And(HaveField("Status", 403), HaveField("Message", missing)), j.because(
			"Avec PVEVMAdmin seul, l'étape « %s » doit être refusée en nommant le privilège qui manque.",
			"With PVEVMAdmin alone the step %q must be refused, naming the missing privilege.", step).refused(tried).say)
		full := story.TriedFull[step]
		j.Expect(full.Status).To(Equal(200), j.because(
			"Avec les droits minimaux, l'étape « %s » doit passer.", "With the least rights the step %q must pass.", step).refused(full).say)
	}
	j.Expect(story.Tried).To(HaveLen(len(student.Steps())), j.because(
		"Chaque étape doit avoir été essayée.", "Every step must have been tried.").say)
}

// refusedSteps are the node's words for each step that PVEVMAdmin alone cannot do (7 lets
// a NIC be put on any bridge; pve-manager, qemu-server: check_vm_create_*, API2/Network.pm).
func refusedSteps(g *Group) map[student.Step]string {
	target := g.Node.Target
	refusal := func(path string, privileges ...string) string {
		return fmt.Sprintf("Permission check failed (%s, %s)", path, strings.Join(privileges, "|"))
	}
	steps := map[student.Step]string{
		student.ReadSummary:  refusal("/nodes/"+target.Node, "Sys.Audit"),
		student.InsertISO:    refusal("/storage/"+target.ISOStorage, "Datastore.AllocateSpace", "Datastore.Audit"),
		student.AllocateDisk: refusal("/storage/"+target.Storage, "Datastore.AllocateSpace"),
		student.MakeBridge:   refusal("/nodes/"+target.Node, "Sys.Modify"),
		student.ApplyNetwork: refusal("/nodes/"+target.Node, "Sys.Modify"),
	}
	if g.Node.Major >= student.FirstSDN {
		steps[student.PlugBridge] = refusal("/sdn/zones/localnetwork/"+target.Bridge, "SDN.Use")
	}
	return steps
}
