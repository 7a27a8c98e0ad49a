package tp1

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// What a green run saw of each question is kept in testdata/looks. Judged again it is
// right; with any one thing of it changed as a student's mistake would change it, it is
// wrong, and the reason says what.

// mistake is one change to what was seen.
type mistake struct {
	question string
	path     string // into the look's JSON, e.g. "story.tried.iso.message" or "nics.0.Bridge"
	value    any    // put there; gone{} takes the key away
	says     string // part of the English reason
}

type gone struct{}

func mistakes() []mistake {
	return []mistake{
		{"tp1.q01", "api.cpus", 0, "tells of no CPU"},
		{"tp1.q01", "api.cpus", 64, "do not count the same CPUs"},
		{"tp1.q01", "api.cores", 64, "do not count the same CPUs"},
		{"tp1.q01", "api.sockets", 8, "do not count the same CPUs"},
		{"tp1.q01", "api.memory", 1 << 30, "do not count the same RAM"},
		{"tp1.q02", "memory", 8 << 30, "The class does not fit"},
		{"tp1.q02", "used", []int64{20 << 30}, "The class does not fit"},
		{"tp1.q03", "groups", []string{"groupe_1"}, "Group Groupe_1 does not exist"},
		{"tp1.q03", "again.message", "", "a second time must be refused"},
		{"tp1.q04", "users.0.ID", "etudiant1a@pam", "does not exist"},
		{"tp1.q04", "users.0.Groups", []string{"Groupe_2"}, "is not in group Groupe_1"},
		{"tp1.q04", "users.1.Enabled", false, "is disabled"},
		{"tp1.q04", "users.0.Realm", "pam", "not of the realm pve"},
		{"tp1.q04", "users.0.Expire", 1, "has expired"},
		{"tp1.q04", "story.log_ins", []string{}, "able to log in"},
		{"tp1.q04", "story.again.message", "", "a second time must be refused"},
		{"tp1.q05", "acl", []any{}, "does not have the role PVEVMAdmin"},
		{"tp1.q05", "effective./vms/102", []string{"VM.Audit"}, "PVEVMAdmin's privileges"},
		{"tp1.q05", "effective./nodes/proxmox1", []string{"Sys.Audit"}, "lacks, on /nodes/proxmox1"},
		{"tp1.q05", "effective./storage/local", []string{}, "lacks, on /storage/local"},
		{"tp1.q05", "effective./sdn/zones/localnetwork/vmbr11", []string{}, "lacks, on /sdn"},
		{"tp1.q05", "story.nothing.vms", []int{101}, "Without any right the user sees VMs"},
		{"tp1.q05", "story.nothing.storages", []string{"local"}, "Without any right the user sees storages"},
		{"tp1.q05", "story.nothing.permissions", map[string][]string{"/": {"Sys.Audit"}}, "Without any permission"},
		{"tp1.q05", "story.vm_admin.vms", []int{}, "does not show"},
		{"tp1.q05", "story.vm_admin.permissions./", []string{"VM.Audit"}, "must give exactly"},
		{"tp1.q05", "story.tried.iso.message", "", "must be refused, naming"},
		{"tp1.q05", "story.tried.bridge.status", 200, "must be refused, naming"},
		{"tp1.q05", "story.tried_full.nic.status", 403, "With the least rights"},
		{"tp1.vm", "config.name", "Debian_1", "does not have the expected name"},
		{"tp1.vm", "cores", 2, "must have 1 vCPU"},
		{"tp1.vm", "memory", 1024, "must have 2 GB"},
		{"tp1.vm", "disk.Size", 32 << 30, "must be 10 GB"},
		{"tp1.vm", "disk.Format", "raw", "qcow2"},
		{"tp1.vm", "cd.Volume", "none", "No ISO image"},
		{"tp1.vm", "nic.Bridge", "vmbr11", "must stay on the bridge"},
		{"tp1.vm", "boot.status", "stopped", "is not running"},
		{"tp1.vm", "boot.system", "NAME=\"Alpine Linux\"", "is no Debian"},
		{"tp1.q06", "files", []string{}, "There is no file in /root"},
		{"tp1.q06", "saw.read", "something else", "is not the one that was written"},
		{"tp1.q06", "saw.path", "/root/elsewhere", "is not in /root"},
		{"tp1.q07", "template", false, "is no template"},
		{"tp1.q07", "status", "running", "does not run"},
		{"tp1.q07", "disk.ID", "local:101/vm-101-disk-0.qcow2", "has not become a base volume"},
		{"tp1.q07", "runnable", []int{101}, "still listed"},
		{"tp1.q07", "story.while_running.status", 200, "must be refused"},
		{"tp1.q07", "story.while_running.message", "no", "must be refused"},
		{"tp1.q07", "story.start_template.message", "", "must fail"},
		{"tp1.clone", "name", "instance_1_1", "does not have the expected name"},
		{"tp1.clone", "disk", map[string]any{"ID": "local:102/vm-102-disk-0.qcow2"}, "is no linked clone"},
		{"tp1.clone", "base.ID", "local:201/base-201-disk-0.qcow2", "is no linked clone"},
		{"tp1.clone", "source_mac", "copied", ""},
		{"tp1.clone", "story.full.ID", "local:101/base-101-disk-0.qcow2/103/vm-103-disk-0.qcow2", "told apart"},
		{"tp1.clone", "story.file.read", "", "is not in the clone"},
		{"tp1.q08", "ping.Parsed.Failure", "", "Network is unreachable"},
		{"tp1.q08", "network.routes", []any{map[string]any{"Default": true, "Dst": "0.0.0.0/0", "Gateway": "10.0.1.1"}}, "has a default route already"},
		{"tp1.q09", "links.1.Name", "eth0", "has no interface ens18"},
		{"tp1.q09", "links.1.Flags", []string{"UP"}, "is up already"},
		{"tp1.q09", "links.1.Addresses", []any{map[string]any{"Prefix": "10.0.1.2/29", "Scope": "global"}}, "has an IPv4 address already"},
		{"tp1.q09", "routes", []any{map[string]any{"Dst": "10.0.1.0/29"}}, "has routes already"},
		{"tp1.q10", "cards", []any{}, "shows no physical interface"},
		{"tp1.q10", "ports", []string{}, "has no port"},
		{"tp1.q10", "ports", []string{"eno9"}, "is no interface of the node"},
		{"tp1.q10", "names.0.Parts", []any{}, "follows no known naming rule"},
		{"tp1.q11", "api.type", "OVSBridge", "is no bridge"},
		{"tp1.q11", "api.active", gone{}, "is not active"},
		{"tp1.q11", "class", "loopback", "addressed neither"},
		{"tp1.q11", "kernel.found", false, "does not know vmbr0"},
		{"tp1.q11", "kernel.link.Addresses", []any{}, "is not the kernel's"},
		{"tp1.q12", "listed", false, "does not exist on the node"},
		{"tp1.q12", "api.type", "eth", "is no Linux bridge"},
		{"tp1.q12", "api.active", gone{}, "configured but not applied"},
		{"tp1.q12", "kernel.found", false, "does not exist on the node"},
		{"tp1.q12", "kernel.link.Kind", "veth", "is no bridge"},
		{"tp1.q12", "story.wrong_name.fields", map[string]string{}, "begins with a digit"},
		{"tp1.q12", "story.taken_port.fields", map[string]string{}, "A port that belongs to"},
		{"tp1.q12", "story.changes", "", "must be pending"},
		{"tp1.q12", "story.pending.active", 1, "must not be active"},
		{"tp1.q12", "story.applied.active", gone{}, "must be active"},
		{"tp1.q12", "story.applied.cidr", "10.0.1.1/30", "a /30 offers only two"},
		{"tp1.q12", "story.applied.cidr", "10.0.1.1/28", "the smallest mask that fits is /29"},
		{"tp1.q12", "story.applied.cidr", "10.0.1.6/29", "must have the address 10.0.1.1"},
		{"tp1.q12", "story.applied.cidr", "", "has no IPv4 address"},
		{"tp1.q13", "nic.Bridge", "vmbr0", "is not on vmbr11"},
		{"tp1.q13", "nic.VLAN", 12, "has the VLAN tag 12"},
		{"tp1.q13", "nic.LinkDown", true, "is disconnected"},
		{"tp1.q13", "before.Parsed.Failure", "", "no route leads there"},
		{"tp1.q14", "links.0.Flags", []string{"LOOPBACK"}, "lo is down"},
		{"tp1.q14", "links.0.Type", "ether", "has no loopback interface"},
		{"tp1.q14", "links.0.Addresses", []any{}, "does not have the address 127.0.0.1/8"},
		{"tp1.q15", "files", map[string]any{"/etc/network/interfaces": map[string]string{"Content": "auto lo\niface lo inet loopback\niface ens18 inet static\n address 10.0.1.2/29\n"}}, "does not come up by itself"},
		{"tp1.q15", "files", map[string]any{"/etc/network/interfaces": map[string]string{"Content": "auto lo\niface lo inet loopback\n"}}, "is not written in /etc/network/interfaces"},
		{"tp1.q15", "files", interfaces("address 10.0.2.2/29\n gateway 10.0.1.1"), "is not in the network"},
		{"tp1.q15", "files", interfaces("address 10.0.1.2/28\n gateway 10.0.1.1"), "the mask is wrong"},
		{"tp1.q15", "files", interfaces("address 10.0.1.2/29"), "The gateway that is written"},
		{"tp1.q15", "files", interfaces("address 10.0.1.2/29\n gateway 10.0.1.2"), "The gateway that is written"},
		{"tp1.q15", "files", interfaces("address 10.0.1.1/29\n gateway 10.0.1.1"), "is that of gateway already"},
		{"tp1.q15", "files", interfaces("address 10.0.1.7/29\n gateway 10.0.1.1"), "is not one that a machine"},
		{"tp1.q15", "files", map[string]any{"/etc/network/interfaces": map[string]string{"Content": "auto ens18\niface ens18 inet dhcp\n"}}, "does not configure ens18"},
		{"tp1.q15", "network.links", []any{}, "does not have the address that the file gives it"},
		{"tp1.q15", "network.routes", []any{}, "default route does not go through"},
		{"tp1.q15", "host.Received", 0, "must work"},
		{"tp1.q16", "name", "instance-1-2", "does not have the expected name"},
		{"tp1.q16", "nic.Bridge", "vmbr0", "is not on vmbr11"},
		{"tp1.q16", "macs", map[string]string{"a": "BC:24:11:00:00:01", "b": "bc:24:11:00:00:01", "c": "BC:24:11:00:00:02"}, "have the same MAC address"},
		{"tp1.q16", "macs", map[string]string{"a": "BC:24:11:00:00:01"}, "has no network card"},
		{"tp1.q16", "macs", map[string]string{"a": "?"}, "can be read"},
		{"tp1.q16", "story.equal.Received", 3, "the ping must be lost"},
		{"tp1.q16", "story.restored.Received", 0, "the ping must work"},
		{"tp1.q17", "there.Received", 1, "must work (1/3 answers)"},
		{"tp1.q17", "back.Received", 0, "must work"},
		{"tp1.q17", "story.host.Received", 0, "must work"},
		{"tp1.q17", "story.second.Received", 0, "must work"},
		{"tp1.q17", "second.network.routes", []any{}, "default route"},
		{"tp1.q18", "api.cidr", "10.0.1.1/29", "still has an address of the host"},
		{"tp1.q18", "pending", true, "was not applied"},
		{"tp1.q18", "kernel.link.Addresses", []any{map[string]any{"Prefix": "10.0.1.1/29", "Scope": "global"}}, "kernel still has an address"},
		{"tp1.q18", "neighbours.Received", 0, "must work"},
		{"tp1.q18", "story.before.Received", 0, "had to work"},
		{"tp1.q18", "story.host.Received", 3, "still answers"},
		{"tp1.q18", "story.host.Errors", []string{}, "Destination Host Unreachable"},
		{"tp1.q18", "unanswered", []any{}, "that nobody answered"},
		{"tp1.gateway", "name", "gw_1_2", "does not have the expected name"},
		{"tp1.gateway", "status", "stopped", "is not running"},
		{"tp1.gateway", "nics", []any{map[string]any{}}, "two network cards"},
		{"tp1.q19", "nics.0.Bridge", "vmbr12", "does not have one card on vmbr11"},
		{"tp1.q19", "nics.1.Bridge", "vmbr0", "does not have one card on vmbr12"},
		{"tp1.q19", "nics.1.VLAN", 5, "does not have one card on vmbr12"},
		{"tp1.q20", "to_gateway.0.Received", 0, "must work"},
		{"tp1.q20", "from_gateway.3.Received", 0, "must work"},
		{"tp1.q20", "crossing.ip_forward", "1", "Forwarding is on already"},
		{"tp1.q20", "crossing.ping.Received", 3, "works already (3/3)"},
		{"tp1.q20", "crossing.near", []any{}, "proves that it was listening"},
		{"tp1.q20", "crossing.far", "the near ones", "Nothing must leave"},
		{"tp1.q21", "crossing.ip_forward", "0", "gw-1-2 does not forward"},
		{"tp1.q21", "boot", gone{}, "would not survive a reboot"},
		{"tp1.q21", "boot.Value", "0", "would not survive a reboot"},
		{"tp1.q21", "crossing.ping.Received", 0, "must work"},
		{"tp1.q21", "crossing.hops", []any{}, "Every request must be seen"},
		{"tp1.q21", "crossing.back", []any{}, "Every reply must be seen"},
		{"tp1.q21", "crossing.hops.0.Far.TTL", 64, "must lower the TTL by 1"},
		{"tp1.q21", "crossing.hops.1.Far.SrcMAC", "as near", "must change the MAC addresses"},
		{"tp1.q21", "routes.0.network.routes", []any{}, "default route does not go through"},
		{"tp1.q21", "story.boot_after", "as before", "did not reboot"},
		{"tp1.q21", "story.after", "0", "did not switch forwarding on"},
		{"tp1.teardown", "after.vms", []string{"101 Debian-1 stopped template=true"}, "is not what it was"},
		{"tp1.teardown", "after.acl", []string{"/ group Groupe_1 PVEVMAdmin"}, "is not what it was"},
		{"tp1.teardown", "after.pending_changes", []string{"+auto vmbr11"}, "is not what it was"},
	}
}

func interfaces(lines string) map[string]any {
	return map[string]any{"/etc/network/interfaces": map[string]string{
		"Content": "auto lo\niface lo inet loopback\nauto ens18\niface ens18 inet static\n " + lines + "\n",
	}}
}

func TestWhatAGreenRunSawIsRight(t *testing.T) {
	c := stageForJudging(t)
	for _, q := range questions() {
		t.Run(q.ID, func(t *testing.T) {
			if reason, failed := verdictOf(t, c, q, seenBy(t, q.ID)); failed {
				t.Errorf("judged wrong: %+v", reason)
			}
		})
	}
}

func TestEveryMistakeTurnsItsQuestionRed(t *testing.T) {
	c := stageForJudging(t)
	byID := map[string]entry{}
	for _, q := range questions() {
		byID[q.ID] = q
	}
	caught := map[string]bool{}
	for _, m := range mistakes() {
		t.Run(m.question+" "+m.path+" "+m.says, func(t *testing.T) {
			look := seenBy(t, m.question)
			change(t, look, m)
			reason, failed := verdictOf(t, c, byID[m.question], look)
			if !failed {
				t.Fatal("the mistake is judged right")
			}
			if !strings.Contains(reason.What.EN, m.says) {
				t.Errorf("the reason is %q, want one with %q", reason.What.EN, m.says)
			}
			if reason.What.FR == "" || reason.What.FR == reason.What.EN {
				t.Errorf("the reason is not in French: %q", reason.What.FR)
			}
			if strings.Contains(reason.What.FR+reason.What.EN+reason.Next.FR+reason.Next.EN, "%!") {
				t.Errorf("the reason is badly formatted: %+v", reason)
			}
		})
		caught[m.question] = true
	}
	for id := range byID {
		if !caught[id] {
			t.Errorf("no mistake is known that turns %s red", id)
		}
	}
}

func stageForJudging(t *testing.T) *cast {
	t.Helper()
	c := twoGroups(t, true)
	c.node.Major, c.node.Disks = 9, student.Disks{Type: "dir", QCOW2: true, Parents: true, Bases: true}
	c.node.Target = config.Target{Node: "proxmox1", Storage: "local", ISOStorage: "local", Bridge: "vmbr0"}
	return c
}

// verdictOf judges a look that was kept as JSON.
func verdictOf(t *testing.T, c *cast, q entry, seen map[string]any) (reason reports.Reason, failed bool) {
	t.Helper()
	return q.verdict(c.subjects(q.Scope)[0], decoded(t, q, seen))
}

func decoded(t *testing.T, q entry, seen map[string]any) any {
	t.Helper()
	data, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	look, err := q.decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return look
}

func seenBy(t *testing.T, id string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "looks", id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var look map[string]any
	if err := json.Unmarshal(data, &look); err != nil {
		t.Fatal(err)
	}
	return look
}

// change puts the mistake's value at its path. Some values are words for what stands
// elsewhere in the same look.
func change(t *testing.T, look map[string]any, m mistake) {
	t.Helper()
	value := m.value
	switch value {
	case "copied":
		value = look["mac"]
	case "the near ones":
		value = at(t, look, "crossing.near")
	case "as near":
		value = at(t, look, strings.Replace(m.path, "Far", "Near", 1))
	case "as before":
		value = at(t, look, "story.boot_before")
	}
	keys := split(m.path)
	parent := at(t, look, strings.Join(keys[:len(keys)-1], "."))
	last := keys[len(keys)-1]
	switch p := parent.(type) {
	case map[string]any:
		if _, takeAway := value.(gone); takeAway {
			delete(p, last)
			return
		}
		p[last] = value
	case []any:
		t.Fatalf("%s ends in a list", m.path)
	}
}

// Proxmox VE 7 lets a NIC be put on any bridge and knows no SDN privileges: what is
// right there is not asked to be refused.
func TestOnProxmox7NobodyNeedsSDNRights(t *testing.T) {
	c := stageForJudging(t)
	c.node.Major = 7
	look := seenBy(t, "tp1.q05")
	for _, path := range []string{"effective./sdn/zones/localnetwork/vmbr11", "story.tried.nic"} {
		change(t, look, mistake{question: "tp1.q05", path: path, value: map[string]any{
			"effective./sdn/zones/localnetwork/vmbr11": []string{}, "story.tried.nic": map[string]any{"status": 200},
		}[path]})
	}
	if reason, failed := verdictOf(t, c, ask(sectionUsers, q05()), look); failed {
		t.Errorf("judged wrong: %+v", reason)
	}
	for _, grant := range student.MissingRights(c.node.Target, 7, c.groups[0].Group) {
		if strings.Contains(grant.Role, "SDN") {
			t.Errorf("%v is granted, which 7 refuses", grant)
		}
	}
}
