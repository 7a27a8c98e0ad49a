package doctor

import (
	"errors"
	"slices"
	"strings"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/proxmox"
)

// Question is what the doctor is asked.
type Question struct {
	Config *config.Config
	Target config.Target // with its Defaults
	Lab    lab.Lab       // the groups that are to work at once
	Use    Use           // Validate: all of the lab is still to be built; Grade: it stands already
}

// Examine judges facts. The order is that of doing something about it.
func Examine(f *Facts, q Question) []Finding {
	list := []Finding{
		ok("reach", "%s répond, son certificat est celui de la cible, %s est connecté", "%s answers, its certificate is the target's, %s is logged in", q.Target.URL, f.User),
		version(f),
		rights(f, q.Target, Grade),
	}
	if q.Use == Grade {
		return append(append(list, pending(f), forwarding(f)), defects(f, q)...)
	}
	list = append(list, rights(f, q.Target, Validate))
	list = append(list, storage(f, q)...)
	list = append(list, iso(f, q), image(f, q), bridge(f, q), capacity(f, q), collisions(f, q), pending(f), forwarding(f))
	return append(list, defects(f, q)...)
}

// Unreachable is the only finding of a node that could not be asked anything.
func Unreachable(target config.Target, err error) []Finding {
	finding := bad("reach", "%s : %v", "%s: %v", target.URL, err)
	var certificate *proxmox.CertificateError
	switch {
	case errors.As(err, &certificate):
		finding = finding.todo("comparez fingerprint: avec la page du nœud, Certificats", "compare fingerprint: with the node's page, Certificates")
	case errors.Is(err, proxmox.ErrUnauthorized):
		finding = finding.todo("vérifiez username, password ou token de la cible", "check the target's username, password or token")
	default:
		finding = finding.todo("le nœud est-il allumé, url: est-elle la bonne, un pare-feu est-il entre les deux ?", "is the node up, is url: right, is a firewall in between?")
	}
	return []Finding{finding}
}

// unread is a check that could not be done.
func (f *Facts) unread(check, part string) (Finding, bool) {
	err, missing := f.Unread[part]
	if !missing {
		return Finding{}, false
	}
	return warning(check, "pas vérifié : %v", "not checked: %v", err).
		todo("donnez ce droit au compte, ou vérifiez à la main", "give the account that right, or check by hand"), true
}

// The versions of Proxmox VE that are known.
const oldest, newest = 8, 9

func version(f *Facts) Finding {
	if finding, missing := f.unread("version", "version"); missing {
		return finding
	}
	switch major := f.Version.Major(); {
	case major < oldest:
		return warning("version", "Proxmox VE %s n'est plus maintenu ; le lab marche là où il peut", "Proxmox VE %s is out of support; the lab works where it can", f.Version.Version).
			todo("passez à Proxmox VE 8 ou 9", "upgrade to Proxmox VE 8 or 9")
	case major > newest:
		return warning("version", "Proxmox VE %s est plus récent que ce que labproof connaît", "Proxmox VE %s is newer than what labproof knows", f.Version.Version)
	}
	return ok("version", "Proxmox VE %s", "Proxmox VE %s", f.Version.Version)
}

// perGroup is what a group's disks take on a storage that allocates late: an installed
// Debian, and what its two clones write.
const perGroup = 3 << 30

func storage(f *Facts, q Question) []Finding {
	if finding, missing := f.unread("storage", "storage"); missing {
		return []Finding{finding}
	}
	i := slices.IndexFunc(f.Storages, func(s proxmox.Storage) bool { return s.ID == q.Target.Storage })
	if i < 0 {
		return []Finding{bad("storage", "le stockage %s n'existe pas, ou le compte ne le voit pas", "there is no storage %s, or the account does not see it", q.Target.Storage).
			todo("storage: dans la cible, ou le rôle PVEDatastoreUser sur /storage/%[1]s", "storage: in the target, or the role PVEDatastoreUser on /storage/%[1]s", q.Target.Storage)}
	}
	s, list := f.Storages[i], []Finding{}
	need := int64(perGroup) * int64(len(q.Lab.Groups))
	switch {
	case !s.Active || !s.Enabled:
		list = append(list, bad("storage", "le stockage %s n'est pas actif", "storage %s is not active", s.ID).todo("pvesm status", "pvesm status"))
	case !s.Holds("images"):
		list = append(list, bad("storage", "le stockage %s ne prend pas de disques", "storage %s takes no disks", s.ID).
			todo("Datacenter > Storage > %[1]s > Content : Disk image", "Datacenter > Storage > %[1]s > Content: Disk image", s.ID))
	case s.Available < need:
		list = append(list, bad("storage", "%s : %s libres, il en faut %s pour %d groupes", "%s: %s free, %s needed for %d groups", s.ID, gib(s.Available), gib(need), len(q.Lab.Groups)).
			todo("faites de la place, ou prenez un autre stockage (storage:)", "make room, or take another storage (storage:)"))
	default:
		list = append(list, ok("storage", "%s (%s) : %s libres, %d groupes en prennent environ %s", "%s (%s): %s free, %d groups take about %s", s.ID, s.Type, gib(s.Available), len(q.Lab.Groups), gib(need)))
	}
	return append(list, clones(s))
}

func clones(s proxmox.Storage) Finding {
	disks := student.DisksOfType(s.Type)
	switch {
	case !disks.Bases:
		return bad("clones", "%s est du LVM classique : pas de clone lié", "%s is thick LVM: it has no linked clones", s.ID).
			todo("prenez un stockage dir, nfs, lvmthin, zfspool ou rbd", "take a dir, nfs, lvmthin, zfspool or rbd storage")
	case !disks.QCOW2:
		return warning("clones", "%s impose des disques raw : le qcow2 demandé par le TP n'y existe pas", "%s forces raw disks: the lab's qcow2 does not exist there", s.ID).
			todo("annoncez-le ; accept.disk_formats l'accepte déjà", "tell the class; accept.disk_formats takes it already")
	}
	return ok("clones", "%s fait des clones liés en qcow2", "%s makes linked clones in qcow2", s.ID)
}

func iso(f *Facts, q Question) Finding {
	if finding, missing := f.unread("iso", "iso"); missing {
		return finding
	}
	switch {
	case len(f.ISOs) == 0:
		return bad("iso", "aucun ISO sur %s", "no ISO on %s", q.Target.ISOStorage).
			todo("déposez l'ISO netinst de Debian : %s > ISO Images", "upload Debian's netinst ISO: %s > ISO Images", q.Target.ISOStorage)
	case q.Target.ISO != "" && !slices.Contains(f.ISOs, q.Target.ISO):
		return bad("iso", "%s n'est pas sur %s", "%s is not on %s", q.Target.ISO, q.Target.ISOStorage).todo("iso: dans la cible", "iso: in the target")
	case q.Target.ISO != "":
		return ok("iso", "ISO %s", "ISO %s", q.Target.ISO)
	}
	return ok("iso", "ISO %s", "ISO %s", f.ISOs[0])
}

func image(f *Facts, q Question) Finding {
	if q.Target.Image != "" {
		if finding, missing := f.unread("image", "image"); missing {
			return finding
		}
		if !slices.Contains(f.Images, q.Target.Image) {
			return bad("image", "%s n'est pas sur le nœud", "%s is not on the node", q.Target.Image).todo("image: dans la cible", "image: in the target")
		}
		return ok("image", "image %s", "image %s", q.Target.Image)
	}
	i := slices.IndexFunc(f.Storages, func(s proxmox.Storage) bool { return s.ID == q.Target.ISOStorage })
	if i < 0 || !f.Storages[i].Holds("import") {
		return bad("image", "%s ne prend pas d'images à importer : labproof ne peut pas y déposer la sienne", "%s takes no images to import: labproof cannot upload its own there", q.Target.ISOStorage).
			todo("pvesm set %[1]s --content iso,import,images (8.3 ou plus), ou image: dans la cible", "pvesm set %[1]s --content iso,import,images (8.3 or later), or image: in the target", q.Target.ISOStorage)
	}
	return ok("image", "labproof déposera son image sur %s", "labproof will upload its image to %s", q.Target.ISOStorage)
}

func bridge(f *Facts, q Question) Finding {
	if finding, missing := f.unread("bridge", "network"); missing {
		return finding
	}
	switch i, there := f.Network.Interface(q.Target.Bridge); {
	case !there:
		return bad("bridge", "pas de bridge %s, ou le compte ne le voit pas", "no bridge %s, or the account does not see it", q.Target.Bridge).
			todo("bridge: dans la cible, ou SDN.Use sur /sdn/zones/localnetwork", "bridge: in the target, or SDN.Use on /sdn/zones/localnetwork")
	case i.Type != "bridge" || !i.Active:
		return bad("bridge", "%s n'est pas un bridge actif", "%s is no active bridge", q.Target.Bridge).todo("page du nœud > Network", "the node's page > Network")
	}
	return ok("bridge", "bridge %s actif", "bridge %s is active", q.Target.Bridge)
}

func capacity(f *Facts, q Question) Finding {
	for _, part := range []string{"status", "vms"} {
		if finding, missing := f.unread("capacity", part); missing {
			return finding
		}
	}
	var used []int64
	for _, vm := range f.VMs {
		if vm.Running() {
			used = append(used, vm.MaxMem)
		}
	}
	groups := max(len(q.Lab.Groups), q.Config.Class.Groups)
	needed := lab.ClassVMs(groups)
	free, err := lab.Free(lab.RuleOf(q.Config.Capacity), f.Status.MemoryTotal, used...)
	switch {
	case err != nil:
		return warning("capacity", "pas vérifié : %v", "not checked: %v", err)
	case free < needed:
		return bad("capacity", "%d groupes font tourner %d VM à la fois, il y a de la place pour %d", "%d groups run %d VMs at once, there is room for %d", groups, needed, free).
			todo("moins de groupes à la fois, ou arrêtez d'autres VM ; KSM et le ballooning peuvent en porter plus", "fewer groups at once, or stop other VMs; KSM and ballooning may carry more")
	}
	return ok("capacity", "place pour %d VM de 2 Go ; %d groupes en font tourner %d", "room for %d VMs of 2 GB; %d groups run %d", free, groups, needed)
}

func collisions(f *Facts, q Question) Finding {
	if finding, missing := f.unread("collisions", "snapshot"); missing {
		return finding
	}
	taken := Taken(q.Lab, f.Snapshot)
	if len(taken) == 0 {
		return ok("collisions", "rien de ce que %d groupes feront n'existe déjà", "nothing that %d groups will make is there already", len(q.Lab.Groups))
	}
	return bad("collisions", "déjà là : %s", "already there: %s", strings.Join(taken, ", ")).
		todo("labproof clean, d'autres groupes, ou d'autres patterns: dans ginkgo.yaml", "labproof clean, other groups, or other patterns: in ginkgo.yaml")
}

func pending(f *Facts) Finding {
	if finding, missing := f.unread("pending", "network"); missing {
		return finding
	}
	if f.Network.Changes == "" {
		return ok("pending", "aucun changement de réseau en attente", "no network change is pending")
	}
	return bad("pending", "des changements de réseau attendent sur le nœud : %s", "network changes are pending on the node: %s", strings.Join(f.Network.Changed(), ", ")).
		todo("appliquez-les ou annulez-les (nœud > Network) : « Apply » d'un groupe appliquerait ceux de tous",
			"apply or revert them (node > Network): a group's Apply would apply everybody's")
}

func forwarding(f *Facts) Finding {
	switch err := f.Unread["forwarding"]; {
	case errors.Is(err, errNoShell):
		return warning("forwarding", "pas vérifié si l'hôte route : la cible n'a pas de shell", "not checked whether the host forwards: the target has no shell").
			todo("donnez ssh: à la cible, ou : cat /proc/sys/net/ipv4/ip_forward sur le nœud", "give the target ssh:, or: cat /proc/sys/net/ipv4/ip_forward on the node")
	case err != nil:
		return warning("forwarding", "pas vérifié si l'hôte route : %v", "not checked whether the host forwards: %v", err)
	case f.Forwards == "0":
		return ok("forwarding", "l'hôte ne route pas", "the host does not forward")
	}
	return warning("forwarding", "l'hôte route entre ses bridges : les groupes se joignent avant d'avoir une passerelle (Q18, Q20)",
		"the host forwards between its bridges: groups reach each other before there is a gateway (Q18, Q20)").
		todo("sysctl net.ipv4.ip_forward=0 pendant le TP, si rien d'autre n'en a besoin", "sysctl net.ipv4.ip_forward=0 during the lab, if nothing else needs it")
}

// Taken lists what a lab would make and what is there already.
func Taken(plan lab.Lab, s student.Snapshot) []string {
	var found []string
	has := func(lines []string, what, id string) {
		if slices.ContainsFunc(lines, func(line string) bool { return line == id || strings.HasPrefix(line, id+" ") }) {
			found = append(found, what+" "+id)
		}
	}
	for _, g := range plan.Groups {
		for _, vm := range g.VMs() {
			has(s.VMs, "VM", number(vm.ID))
		}
		has(s.Groups, "group", g.Name)
		has(s.Pools, "pool", g.Pool)
		has(s.Roles, "role", g.Role)
		has(s.Interfaces, "bridge", g.Bridge)
		for _, user := range g.Users {
			has(s.Users, "user", user)
		}
	}
	for _, p := range plan.Pairs {
		has(s.VMs, "VM", number(p.Gateway.ID))
		has(s.Pools, "pool", p.Pool)
	}
	return found
}
