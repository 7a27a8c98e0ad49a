package proxmox

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// The answers are those of a running 9.2, shortened; some numbers are strings, as
// older versions send them.

func TestNodeStatus(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET /nodes/proxmox1/status", `{"memory":{"free":21744050176,"used":"2233155584","total":25276510208,"available":23043354624},"cpuinfo":{"model":"AMD EPYC","sockets":1,"cores":"2","cpus":4},"uptime":2058,"loadavg":["2.91","1.23","0.71"],"pveversion":"pve-manager/9.2.11/14a","kversion":"Linux 6.18","rootfs":{"avail":78508924928,"total":270553174016},"ksm":{"shared":0}}`)
	got, err := s.NodeStatus(t.Context())
	want := NodeStatus{CPUs: 4, Cores: 2, Sockets: 1, Model: "AMD EPYC", MemoryTotal: 25276510208, MemoryUsed: 2233155584, MemoryFree: 21744050176, MemoryAvailable: 23043354624,
		RootTotal: 270553174016, RootAvailable: 78508924928, Kernel: "Linux 6.18", PVEVersion: "pve-manager/9.2.11/14a", Uptime: 2058, LoadAverage: []string{"2.91", "1.23", "0.71"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// go-proxmox's Client.Node hides it.
func TestNodeStatusWithoutRightsIsForbidden(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.refuses("GET /nodes/proxmox1/status", 403, "Permission check failed (/nodes/proxmox1, Sys.Audit)", `{"data":null}`)
	_, err := s.NodeStatus(t.Context())
	var refusal *Error
	if !errors.As(err, &refusal) || !errors.Is(err, ErrForbidden) {
		t.Fatalf("got %v", err)
	}
	if path, privs, ok := refusal.Permission(); !ok || path != "/nodes/proxmox1" || len(privs) != 1 || privs[0] != "Sys.Audit" {
		t.Errorf("permission %s %v %v", path, privs, ok)
	}
}

// go-proxmox decodes a JSON 0 as true.
func TestVMs(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET /nodes/proxmox1/qemu", `[
		{"vmid":101,"name":"Debian-1","status":"stopped","template":1,"cpus":1,"maxmem":2147483648,"tags":"labproof;tp1"},
		{"vmid":"102","name":"instance-1-1","status":"running","template":0,"cpus":"1","maxmem":"2147483648","pid":4242},
		{"vmid":103,"template":"","status":"stopped"}, {"vmid":104,"template":"0"}, {"vmid":105,"template":"1"}, {"vmid":106,"template":null}]`)
	vms, err := s.VMs(t.Context())
	if err != nil || len(vms) != 6 {
		t.Fatalf("%+v, %v", vms, err)
	}
	if got := vms[0]; got.ID != 101 || !got.Template || got.Running() || !reflect.DeepEqual(got.Tags, []string{"labproof", "tp1"}) || got.MaxMem != 2<<30 {
		t.Errorf("got %+v", got)
	}
	if got := vms[1]; got.ID != 102 || got.Template || !got.Running() || got.CPUs != 1 || got.MaxMem != 2<<30 || got.PID != 4242 {
		t.Errorf("got %+v", got)
	}
	for i, want := range []bool{false, false, true, false} {
		if vms[i+2].Template != want {
			t.Errorf("VM %d: template %v", vms[i+2].ID, vms[i+2].Template)
		}
	}
}

const configAnswer = `{"digest":"ce37","boot":"order=scsi0;ide2;net0","ide2":"local:iso/debian-12.iso,media=cdrom,size=1386K","kvm":0,"scsi0":"local:101/base-101-disk-0.qcow2/102/vm-102-disk-0.qcow2,size=10G","scsi1":"local-lvm:vm-102-disk-1,discard=on,size=1.5T","sata0":"none,media=cdrom","name":"Debian-1","net0":"virtio=bc:24:11:81:ca:d3,bridge=vmbr0,firewall=1","net1":"e1000,bridge=vmbr11,tag=7,link_down=1","net01":"x","memory":"2048","cores":1,"template":1,"agent":"enabled=1,fstrim_cloned_disks=1","tags":"a;b","unused0":"local:102/vm-102-disk-9.raw","scsihw":"virtio-scsi-single"}`

func TestVMConfig(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET /nodes/proxmox1/qemu/102/config", configAnswer)
	c, err := s.VMConfig(t.Context(), 102)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name() != "Debian-1" || c.Cores() != 1 || c.Sockets() != 1 || c.Memory() != 2048 || !c.Template() || !c.Agent() || c.Digest() != "ce37" || c.Get("kvm") != "0" {
		t.Errorf("got %+v", c)
	}
	nics := c.NICs()
	want := []NIC{
		{Index: 0, Model: "virtio", MAC: "BC:24:11:81:CA:D3", Bridge: "vmbr0", Firewall: true, Raw: "virtio=bc:24:11:81:ca:d3,bridge=vmbr0,firewall=1"},
		{Index: 1, Model: "e1000", Bridge: "vmbr11", VLAN: 7, LinkDown: true, Raw: "e1000,bridge=vmbr11,tag=7,link_down=1"},
	}
	if !reflect.DeepEqual(nics, want) {
		t.Errorf("NICs %+v", nics)
	}
	if _, ok := c.Net(2); ok {
		t.Error("there is no net2")
	}
	disk, ok := c.Disk("scsi0")
	if !ok || disk.Volume != "local:101/base-101-disk-0.qcow2/102/vm-102-disk-0.qcow2" || disk.Format != "qcow2" || disk.Size != 10<<30 || disk.Storage != "local" || disk.CDROM {
		t.Errorf("scsi0: %+v", disk)
	}
	var slots []string
	for _, d := range c.Drives() {
		slots = append(slots, d.Slot)
	}
	if !reflect.DeepEqual(slots, []string{"ide2", "sata0", "scsi0", "scsi1", "unused0"}) {
		t.Errorf("drives %q", slots)
	}
	if d, _ := c.Disk("scsi1"); d.Format != "" || d.Size != 3<<39 {
		t.Errorf("scsi1: %+v", d)
	}
	if d, _ := c.Disk("sata0"); !d.CDROM || d.Volume != "none" || d.Storage != "" {
		t.Errorf("sata0: %+v", d)
	}
}

func TestVMConfigDefaults(t *testing.T) {
	c := NewVMConfig(nil)
	if c.Memory() != 512 || c.Cores() != 1 || c.Sockets() != 1 || c.Template() || c.Agent() || c.NICs() != nil {
		t.Errorf("got %+v", c)
	}
	for text, want := range map[string]bool{"1": true, "0": false, "enabled=1": true, "enabled=0,type=virtio": false, "1,fstrim_cloned_disks=1": true, "": false} {
		if got := NewVMConfig(map[string]string{"agent": text}).Agent(); got != want {
			t.Errorf("agent %q: %v", text, got)
		}
	}
	if got := NewVMConfig(map[string]string{"memory": "current=4096"}).Memory(); got != 4096 {
		t.Errorf("memory %d", got)
	}
}

func TestVMConfigSurvivesEvidence(t *testing.T) {
	c := NewVMConfig(map[string]string{"name": "x", "net0": "virtio=BC:24:11:81:CA:D3,bridge=vmbr0"})
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var again VMConfig
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("%s, %v", text, err)
	}
}

func FuzzVMConfig(f *testing.F) {
	f.Add([]byte(configAnswer))
	f.Add([]byte(`{"net0":"=,,=,","scsi0":"file=","memory":"1e99","net99999999999":"x","scsi1":"x:,size=1e300T"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := object(raw)
		if err != nil {
			return
		}
		c := newVMConfig(o)
		for _, d := range c.Drives() {
			if d.Size < 0 {
				t.Errorf("%+v", d)
			}
		}
		_, _, _, _, _, _ = c.NICs(), c.Memory(), c.Cores(), c.Agent(), c.Tags(), c.Machine()
	})
}

func TestCurrentVMConfigLeavesPendingOut(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET /nodes/proxmox1/qemu/102/config", `{}`)
	if _, err := s.CurrentVMConfig(t.Context(), 102); err != nil {
		t.Fatal(err)
	}
	if got := n.requests("GET /nodes/proxmox1/qemu/102/config")[0].Query; got != "current=1" {
		t.Errorf("query %q", got)
	}
}

func TestVolumeInfo(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	const id = "local:101/base-101-disk-0.qcow2/102/vm-102-disk-0.qcow2"
	n.answers("GET /nodes/proxmox1/storage/local/content/"+id, `{"path":"/var/lib/vz/images/102/vm-102-disk-0.qcow2","format":"qcow2","size":"10737418240","used":1000}`)
	got, err := s.VolumeInfo(t.Context(), id)
	if want := (VolumeInfo{ID: id, Path: "/var/lib/vz/images/102/vm-102-disk-0.qcow2", Format: "qcow2", Size: 10 << 30, Used: 1000}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, wrong := range []string{"", "none", ":x", "/dev/sda"} {
		if _, err := s.VolumeInfo(t.Context(), wrong); err == nil {
			t.Errorf("%q is taken for a volume id", wrong)
		}
	}
}

func TestDisksStandInBootOrder(t *testing.T) {
	for name, c := range map[string]struct{ boot, bootdisk, want string }{
		"order":    {"order=virtio1;ide2;scsi0;net0", "", "virtio1 scsi0 ide0"},
		"bootdisk": {"cdn", "scsi0", "scsi0 ide0 virtio1"},
		"neither":  {"", "", "ide0 scsi0 virtio1"},
	} {
		disks := NewVMConfig(map[string]string{
			"ide0": "local:101/vm-101-disk-1.qcow2,size=1G", "ide2": "local:iso/debian.iso,media=cdrom", "scsi0": "local:101/vm-101-disk-0.qcow2",
			"virtio0": "/dev/sdb", "virtio1": "lvm:vm-101-disk-2", "unused0": "local:101/vm-101-disk-3.qcow2", "efidisk0": "local:101/vm-101-disk-4.qcow2",
			"boot": c.boot, "bootdisk": c.bootdisk,
		}).Disks()
		var slots []string
		for _, d := range disks {
			slots = append(slots, d.Slot)
		}
		if got := strings.Join(slots, " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestContentAndLinkedClones(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET /nodes/proxmox1/storage/local/content", `[
		{"volid":"local:101/base-101-disk-0.qcow2","format":"qcow2","content":"images","size":10737418240,"used":"1000","vmid":101},
		{"volid":"local:101/base-101-disk-0.qcow2/102/vm-102-disk-0.qcow2","format":"qcow2","content":"images","size":10737418240,"vmid":"102","parent":"../101/base-101-disk-0.qcow2"},
		{"volid":"local:103/vm-103-disk-0.qcow2","format":"qcow2","content":"images","size":10737418240,"vmid":103}]`)
	volumes, err := s.Content(t.Context(), "local", "images")
	if err != nil || len(volumes) != 3 {
		t.Fatal(volumes, err)
	}
	base := volumes[0].ID
	if volumes[0].Used != 1000 || volumes[1].VMID != 102 || volumes[0].LinkedTo(base) || !volumes[1].LinkedTo(base) || volumes[2].LinkedTo(base) {
		t.Errorf("got %+v", volumes)
	}
	if !(Volume{ID: "zfs:base-101-disk-0/vm-102-disk-0"}).LinkedTo("zfs:base-101-disk-0") || !(Volume{ID: "rbd:vm-102-disk-0", Parent: "base-101-disk-0"}).LinkedTo("rbd:base-101-disk-0") {
		t.Error("zfs or rbd clones are not recognised")
	}
	if (Volume{ID: "lvm:vm-102-disk-0"}).LinkedTo("lvm:base-101-disk-0") || (Volume{ID: "x:y"}).LinkedTo("") {
		t.Error("a clone is seen where the API shows none")
	}
}

func TestNetworks(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.refuses("GET /nodes/proxmox1/network", 200, "OK", `{"data":[
		{"iface":"vmbr0","type":"bridge","active":1,"autostart":"1","cidr":"198.51.100.2/30","address":"198.51.100.2","gateway":"198.51.100.1","bridge_ports":"ens18 ens19","method":"static"},
		{"iface":"ens18","type":"eth","active":1,"altnames":["enp0s18","nic0"]},
		{"iface":"vmbr11","type":"bridge","bridge_ports":"","cidr":"10.0.1.1/29","autostart":1}],
		"changes":"@@ -22,4 +22,11 @@\n \n+auto vmbr11\n+iface vmbr11 inet static\n"}`)
	state, err := s.Networks(t.Context())
	if err != nil || len(state.Interfaces) != 3 || state.Changes == "" {
		t.Fatalf("%+v, %v", state, err)
	}
	vmbr0, _ := state.Interface("vmbr0")
	if !vmbr0.Active || !vmbr0.Autostart || vmbr0.Pending || vmbr0.Gateway != "198.51.100.1" || !reflect.DeepEqual(vmbr0.BridgePorts, []string{"ens18", "ens19"}) {
		t.Errorf("vmbr0 %+v", vmbr0)
	}
	if eth, _ := state.Interface("ens18"); !reflect.DeepEqual(eth.AltNames, []string{"enp0s18", "nic0"}) {
		t.Errorf("ens18 %+v", eth)
	}
	if b, _ := state.Interface("vmbr11"); !b.Pending || b.Active {
		t.Errorf("vmbr11 %+v", b)
	}
	text, err := json.Marshal(vmbr0)
	var again Interface
	if err != nil || json.Unmarshal(text, &again) != nil || !reflect.DeepEqual(again, vmbr0) {
		t.Errorf("evidence: %s", text)
	}
}

func TestAccess(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET /access/users", `[{"realm-type":"pam","userid":"root@pam","enable":1},{"userid":"u1@pve","realm-type":"pve","enable":0,"groups":"Groupe_1,Groupe_2","expire":0},{"userid":"u2@pve","groups":["Groupe_1"]}]`)
	n.answers("GET /access/users/u1@pve", `{"enable":"1","groups":["Groupe_1"],"tokens":null}`)
	n.answers("GET /access/groups", `[{"groupid":"Groupe_1","users":"u2@pve,u1@pve"}]`)
	n.answers("GET /access/groups/Groupe_1", `{"comment":"c","members":["u2@pve","u1@pve"]}`)
	n.answers("GET /access/roles", `[{"roleid":"PVEVMAdmin","special":1,"privs":"VM.Clone,VM.Audit"},{"roleid":"NoAccess","special":1,"privs":""},{"roleid":"Mine","privs":"Sys.Audit"}]`)
	n.answers("GET /access/acl", `[{"path":"/","type":"group","ugid":"Groupe_1","roleid":"PVEVMAdmin","propagate":1},{"path":"/vms/101","type":"user","ugid":"u1@pve","roleid":"NoAccess","propagate":"0"}]`)
	n.answers("GET /access/permissions", `{"/":{"VM.Audit":1,"VM.Clone":0},"/vms/101":{}}`)
	n.answers("GET /pools", `[{"poolid":"Groupe_1"}]`)
	n.answers("GET /pools/Groupe_1", `{"comment":"c","members":[{"id":"qemu/102","vmid":102,"type":"qemu"},{"id":"qemu/101","vmid":"101"},{"id":"storage/proxmox1/local","storage":"local"}]}`)

	users, err := s.Users(t.Context())
	if err != nil || len(users) != 3 || !users[0].Enabled || users[1].Enabled || !users[2].Enabled || !reflect.DeepEqual(users[1].Groups, []string{"Groupe_1", "Groupe_2"}) {
		t.Errorf("users %+v, %v", users, err)
	}
	if u, err := s.UserDetails(t.Context(), "u1@pve"); err != nil || !u.Enabled || u.ID != "u1@pve" || len(u.Groups) != 1 {
		t.Errorf("user %+v, %v", u, err)
	}
	groups, err := s.Groups(t.Context())
	if err != nil || len(groups) != 1 || !reflect.DeepEqual(groups[0].Users, []string{"u1@pve", "u2@pve"}) {
		t.Errorf("groups %+v, %v", groups, err)
	}
	if g, err := s.Group(t.Context(), "Groupe_1"); err != nil || g.ID != "Groupe_1" || !reflect.DeepEqual(g.Users, []string{"u1@pve", "u2@pve"}) {
		t.Errorf("group %+v, %v", g, err)
	}
	roles, err := s.Roles(t.Context())
	if err != nil || len(roles) != 3 || !reflect.DeepEqual(roles[0].Privileges, []string{"VM.Audit", "VM.Clone"}) || !roles[0].Builtin || len(roles[1].Privileges) != 0 || roles[2].Builtin {
		t.Errorf("roles %+v, %v", roles, err)
	}
	acl, err := s.ACL(t.Context())
	if err != nil || len(acl) != 2 || acl[0] != (ACLEntry{Path: "/", Kind: "group", Subject: "Groupe_1", Role: "PVEVMAdmin", Propagate: true}) || acl[1].Propagate {
		t.Errorf("ACL %+v, %v", acl, err)
	}
	p, err := s.Permissions(t.Context(), "")
	if err != nil || !p.Has("/", "VM.Audit") || !p["/"]["VM.Audit"] || p["/"]["VM.Clone"] || !p.Has("/", "VM.Clone") || p.Has("/vms/101", "VM.Audit") {
		t.Errorf("permissions %+v, %v", p, err)
	}
	if pools, err := s.Pools(t.Context()); err != nil || len(pools) != 1 || pools[0].ID != "Groupe_1" {
		t.Errorf("pools %+v, %v", pools, err)
	}
	if pool, err := s.Pool(t.Context(), "Groupe_1"); err != nil || !reflect.DeepEqual(pool.VMs, []int{101, 102}) || !reflect.DeepEqual(pool.Storages, []string{"local"}) {
		t.Errorf("pool %+v, %v", pool, err)
	}
}

func TestOtherReaders(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET /cluster/nextid", `"104"`)
	n.answers("GET /cluster/resources", `[{"id":"qemu/101","type":"qemu","vmid":101,"status":"unknown"}]`)
	n.answers("GET /nodes/proxmox1/tasks", `[{"upid":"UPID:x","type":"qmclone","id":"101","user":"u1@pve","status":"OK","starttime":1,"endtime":2}]`)
	n.answers("GET /nodes/proxmox1/storage", `[{"storage":"local","type":"dir","content":"iso,import,images","active":1,"enabled":1,"total":10,"used":1,"avail":9}]`)
	n.answers("GET /nodes/proxmox1/qemu/101/status/current", `{"vmid":101,"status":"running","qmpstatus":"running","agent":1}`)
	n.answers("GET /nodes/proxmox1/network/vmbr11", `{"type":"bridge","cidr":"10.0.1.1/29"}`)
	if id, err := s.NextID(t.Context()); err != nil || id != 104 {
		t.Errorf("next id %d, %v", id, err)
	}
	if r, err := s.Resources(t.Context(), "vm"); err != nil || len(r) != 1 || r[0].VMID != 101 || n.requests("GET /cluster/resources")[0].Query != "type=vm" {
		t.Errorf("resources %+v, %v", r, err)
	}
	if tasks, err := s.Tasks(t.Context(), Params{"vmid": 101, "errors": true}); err != nil || len(tasks) != 1 || tasks[0].ID != "101" || n.requests("GET /nodes/proxmox1/tasks")[0].Query != "errors=1&vmid=101" {
		t.Errorf("tasks %+v, %v", tasks, err)
	}
	if st, err := s.Storages(t.Context()); err != nil || len(st) != 1 || !st[0].Holds("import") || st[0].Holds("rootdir") || !st[0].Active {
		t.Errorf("storages %+v, %v", st, err)
	}
	if vm, err := s.VMStatus(t.Context(), 101); err != nil || !vm.Running() || vm.QMP != "running" || !vm.Agent {
		t.Errorf("status %+v, %v", vm, err)
	}
	if i, err := s.Interface(t.Context(), "vmbr11"); err != nil || i.Name != "vmbr11" || i.CIDR != "10.0.1.1/29" {
		t.Errorf("interface %+v, %v", i, err)
	}
}

func TestOptionsOfStartAndStopArePassedOn(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.task("POST /nodes/proxmox1/qemu/101/status/shutdown", "qmshutdown", "101", "OK")
	if _, err := s.Task(t.Context(), "POST", s.VMPath(101, "status/shutdown"), Params{"timeout": 60, "forceStop": true}); err != nil {
		t.Fatal(err)
	}
	if got := n.requests("POST /nodes/proxmox1/qemu/101/status/shutdown")[0].Body; got["timeout"] != 60.0 || got["forceStop"] != 1.0 {
		t.Errorf("sent %v", got)
	}
}
