package doctor

import (
	"slices"
	"strings"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// Use is what an account is for.
type Use string

// The two uses that need rights.
const (
	Validate Use = "validate" // plays the whole lab: accounts, rights, VMs, bridges
	Grade    Use = "grade"    // reads, and runs commands that read in guests
)

// need is one privilege on one path.
type need struct{ path, privilege string }

// firstGuestAgent is the version that split VM.Monitor into VM.GuestAgent.*.
const firstGuestAgent = 9

// agentPrivilege is what a command in a guest needs, by the agent.
func agentPrivilege(major int) string {
	if major >= firstGuestAgent {
		return "VM.GuestAgent.Unrestricted"
	}
	return "VM.Monitor"
}

// diskPrivilege is what a VM's volumes are listed for, beside Datastore.Audit (PVE::Storage's
// check_volume_access): without it a template and its clones show no disks.
const diskPrivilege = "VM.Config.Disk"

// needs are the rights of a use: the least with which the embedded node, which answers as a
// real one does, lets it through.
func needs(use Use, target config.Target, major int) []need {
	storage, isos, node := "/storage/"+target.Storage, "/storage/"+target.ISOStorage, "/nodes/"+target.Node
	list := []need{
		{"/", "Sys.Audit"}, {"/access", "Sys.Audit"}, {node, "Sys.Audit"}, {"/vms", "VM.Audit"}, {"/vms", diskPrivilege}, {"/vms", agentPrivilege(major)},
		{"/pool", "Pool.Audit"}, {storage, "Datastore.Audit"}, {isos, "Datastore.Audit"},
	}
	if major >= student.FirstSDN {
		list = append(list, need{"/sdn/zones/localnetwork", "SDN.Audit"})
	}
	if use == Grade {
		return list
	}
	list = append(list, []need{
		{"/", "Permissions.Modify"}, {"/access", "Sys.Modify"}, {"/access/groups", "Group.Allocate"}, {"/access/groups", "User.Modify"},
		{"/access/realm/pve", "Realm.AllocateUser"}, {"/pool", "Pool.Allocate"}, {node, "Sys.Modify"},
		{isos, "Datastore.AllocateTemplate"}, {isos, "Datastore.Allocate"}, {storage, "Datastore.AllocateSpace"},
		{"/vms", "VM.Allocate"}, {"/vms", "VM.PowerMgmt"}, {"/vms", "VM.Config.Options"},
	}...)
	if major >= student.FirstSDN {
		list = append(list, need{"/sdn/zones/localnetwork", "SDN.Use"})
	}
	return list
}

// paths are those whose rights are read.
func paths(target config.Target) []string {
	var list []string
	for _, n := range needs(Validate, target, firstGuestAgent) {
		if !slices.Contains(list, n.path) {
			list = append(list, n.path)
		}
	}
	return list
}

// rights checks the account for one use. Root may do everything, with no rule that says so.
func rights(f *Facts, target config.Target, use Use) Finding {
	check := "rights." + string(use)
	if f.User == "root@pam" {
		return ok(check, "root@pam a tous les droits pour %s", "root@pam has every right for %s", use)
	}
	missing := map[string][]string{}
	var order []string
	for _, n := range needs(use, target, f.Version.Major()) {
		if holds(f.Rights[n.path], n) {
			continue
		}
		if missing[n.path] == nil {
			order = append(order, n.path)
		}
		missing[n.path] = append(missing[n.path], n.privilege)
	}
	if len(order) == 0 {
		return ok(check, "%s a les droits qu'il faut pour %s", "%s has the rights that %s needs", f.User, use)
	}
	var parts []string
	for _, path := range order {
		parts = append(parts, path+" "+strings.Join(missing[path], " "))
	}
	finding := bad(check, "%s n'a pas tous les droits pour %s ; il manque : %s", "%s lacks rights for %s; missing: %s", f.User, use, strings.Join(parts, "; "))
	finding.Next = grantHint(use, f.User)
	return finding
}

func grantHint(use Use, user string) reports.Text {
	if use == Grade {
		return reports.Textf("pveum acl modify / --users %[1]s --roles PVEAuditor,LabproofGrade (README : les droits d'un compte)",
			"pveum acl modify / --users %[1]s --roles PVEAuditor,LabproofGrade (README: the rights of an account)", user)
	}
	return reports.Textf("pveum acl modify / --users %[1]s --roles LabproofValidate (README : les droits d'un compte)",
		"pveum acl modify / --users %[1]s --roles LabproofValidate (README: the rights of an account)", user)
}

func holds(p proxmox.Permissions, n need) bool { return p.Has(n.path, n.privilege) }

// GradePrivileges is what an account that grades holds on / beside the role PVEAuditor, as
// `pveum role add` takes it.
func GradePrivileges(major int) string { return diskPrivilege + "," + agentPrivilege(major) }

// ValidatePrivileges is what an account that validates holds on /: what it needs itself, and
// what it does for the students' VMs when it takes them down.
func ValidatePrivileges(major int) string {
	var list []string
	for _, n := range needs(Validate, config.Target{}, major) {
		if !slices.Contains(list, n.privilege) {
			list = append(list, n.privilege)
		}
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}
