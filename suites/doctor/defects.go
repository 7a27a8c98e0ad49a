package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/labproof/labproof/reports"
)

// defects are the places where the lab's own text does not hold, as far as they apply to
// this node: whoever teaches it should say them before the class finds them.
func defects(f *Facts, q Question) []Finding {
	major := f.Version.Major()
	kind := ""
	for _, s := range f.Storages {
		if s.ID == q.Target.Storage {
			kind = s.Type
		}
	}
	highest := 0
	for _, g := range q.Lab.Groups {
		highest = max(highest, g.Number)
	}
	debian12 := strings.Contains(q.Target.ISO, "debian-12")
	var list []Finding
	for i, d := range []struct {
		applies bool
		fr, en  string
	}{
		{true, "Q5 : le rôle s'appelle PVEVMAdmin ; PVEVdmin n'existe pas", "Q5: the role is PVEVMAdmin; there is no PVEVdmin"},
		{true, "Q5 : ce rôle seul ne suffit pas au TP ; il faut aussi PVEDatastoreUser, PVESDNUser et Sys.Audit, Sys.Modify sur le nœud", "Q5: that role alone cannot do the lab; it takes PVEDatastoreUser, PVESDNUser and Sys.Audit, Sys.Modify on the node as well"},
		{true, "Q5 : donné sur /, il laisse chaque groupe détruire les VM de tous ; un pool par groupe l'évite", "Q5: given on /, it lets each group destroy everybody's VMs; a pool per group prevents that"},
		{true, "Q12 : quatre adresses (/30) n'en laissent que deux, il en faut trois : /29", "Q12: four addresses (/30) leave two, three are needed: /29"},
		{true, "les VM s'appellent instance-x-1 et -3 dans le texte, instance_x_2 et _3 sur les schémas ; _ est refusé dans un nom", "the VMs are instance-x-1 and -3 in the text, instance_x_2 and _3 in the diagrams; _ is refused in a name"},
		{true, "la passerelle ne peut pas être sa propre passerelle : sa configuration n'a pas de ligne gateway", "the gateway cannot be its own gateway: its configuration has no gateway line"},
		{!debian12, "Q21 : Debian 13 n'a pas /etc/sysctl.conf ; écrivez dans /etc/sysctl.d/*.conf", "Q21: Debian 13 has no /etc/sysctl.conf; write to /etc/sysctl.d/*.conf"},
		{true, "tcpdump et sudo ne sont pas dans une Debian nue, et la VM n'a pas Internet : mettez-les dans le template", "tcpdump and sudo are not in a bare Debian, and the VM has no Internet: put them into the template"},
		{highest > 9, "9xy se lit de deux façons à partir du groupe 10 : prenez des numéros de largeur fixe (ginkgo.yaml)", "9xy can be read in two ways from group 10 on: take numbers of a fixed width (ginkgo.yaml)"},
		{major == 7, "localnetwork n'existe pas en Proxmox VE 7", "there is no localnetwork in Proxmox VE 7"},
		{kind == "lvm", "pas de clone lié sur du LVM classique", "thick LVM has no linked clones"},
		{true, "« Apply Configuration » applique les changements de tout le monde : un groupe à la fois", "Apply Configuration applies everybody's changes: one group at a time"},
		{true, "sans Sys.Audit, un groupe ne voit pas les tâches des autres", "without Sys.Audit a group does not see the others' tasks"},
		{true, "ensXX n'est vrai qu'avec la machine i440fx ; avec q35 la carte est enp6s18", "ensXX is true of the i440fx machine only; with q35 the card is enp6s18"},
		{true, "Q18 : retirer l'adresse de l'hôte retire aussi la passerelle par défaut des VM, jusqu'à ce que gw prenne .1", "Q18: removing the host's address removes the VMs' default gateway as well, until gw takes .1"},
	} {
		if d.applies {
			list = append(list, Finding{Check: fmt.Sprintf("text.%02d", i+1), State: Note, What: reports.Text{FR: d.fr, EN: d.en}})
		}
	}
	return list
}

// gib writes bytes as people read them.
func gib(bytes int64) string { return strconv.FormatFloat(float64(bytes)/(1<<30), 'f', 1, 64) + " GiB" }

func number(n int) string { return strconv.Itoa(n) }
