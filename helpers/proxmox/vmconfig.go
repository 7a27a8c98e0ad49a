package proxmox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// VMConfig is a VM's configuration: every option as text, as in its file, and the
// ones that labproof asks about as values.
type VMConfig struct {
	raw map[string]string
}

// VMConfig reads a VM's configuration with what is pending in it.
func (s *Session) VMConfig(ctx context.Context, id int) (VMConfig, error) {
	return s.vmConfig(ctx, id, nil)
}

// CurrentVMConfig reads the configuration that the running VM has, without what is
// pending.
func (s *Session) CurrentVMConfig(ctx context.Context, id int) (VMConfig, error) {
	return s.vmConfig(ctx, id, Params{"current": true})
}

func (s *Session) vmConfig(ctx context.Context, id int, params Params) (VMConfig, error) {
	f, err := s.object(ctx, s.VMPath(id, "config"), params)
	if err != nil {
		return VMConfig{}, err
	}
	return newVMConfig(f), nil
}

func newVMConfig(f fields) VMConfig {
	c := VMConfig{raw: make(map[string]string, len(f))}
	for name := range f {
		c.raw[name] = f.text(name)
	}
	return c
}

// NewVMConfig makes a configuration from its options, for judging one that was kept
// as evidence.
func NewVMConfig(options map[string]string) VMConfig {
	c := VMConfig{raw: make(map[string]string, len(options))}
	for name, value := range options {
		c.raw[name] = value
	}
	return c
}

// Get is an option as text; "" where it is not set.
func (c VMConfig) Get(option string) string { return c.raw[option] }

// Has tells whether an option is set.
func (c VMConfig) Has(option string) bool { _, ok := c.raw[option]; return ok }

// Options are all options; the map is the caller's own.
func (c VMConfig) Options() map[string]string {
	options := make(map[string]string, len(c.raw))
	for name, value := range c.raw {
		options[name] = value
	}
	return options
}

// Name is the VM's name.
func (c VMConfig) Name() string { return c.raw["name"] }

// Description is the VM's notes.
func (c VMConfig) Description() string { return c.raw["description"] }

// Template tells a template from a VM.
func (c VMConfig) Template() bool { return truth(c.raw["template"], false) }

// Cores is the number of cores per socket; Proxmox's default is 1.
func (c VMConfig) Cores() int { return c.number("cores", 1) }

// Sockets is the number of sockets; Proxmox's default is 1.
func (c VMConfig) Sockets() int { return c.number("sockets", 1) }

// Memory is in MiB; Proxmox's default is 512. From 8 on the option may read
// "current=2048".
func (c VMConfig) Memory() int {
	text := c.raw["memory"]
	if value, ok := properties(text, "current")["current"]; ok {
		text = value
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 512
	}
	return n
}

// Agent tells whether the guest agent is turned on.
func (c VMConfig) Agent() bool { return truth(properties(c.raw["agent"], "enabled")["enabled"], false) }

// Tags are the VM's tags.
func (c VMConfig) Tags() []string { return splitList(c.raw["tags"]) }

// Digest guards against lost updates: send it back as digest with a change.
func (c VMConfig) Digest() string { return c.raw["digest"] }

// Machine is the machine type; empty is Proxmox's default, i440fx ("pc").
func (c VMConfig) Machine() string { return properties(c.raw["machine"], "type")["type"] }

// Lock is the operation that holds the VM; empty: none.
func (c VMConfig) Lock() string { return c.raw["lock"] }

// MarshalJSON writes the options as they are.
func (c VMConfig) MarshalJSON() ([]byte, error) { return json.Marshal(c.raw) }

// UnmarshalJSON reads options back, from evidence or from an answer.
func (c *VMConfig) UnmarshalJSON(data []byte) error {
	f, err := object(data)
	if err == nil {
		*c = newVMConfig(f)
	}
	return err
}

func (c VMConfig) number(option string, absent int) int {
	n, err := strconv.Atoi(strings.TrimSpace(c.raw[option]))
	if err != nil || n < 0 {
		return absent
	}
	return n
}

// NIC is a VM's network card.
type NIC struct {
	Index    int    // 0 for net0
	Model    string // "virtio", "e1000"
	MAC      string // upper case, as Proxmox writes it; empty where it gives none
	Bridge   string
	Firewall bool
	LinkDown bool
	VLAN     int // 0: untagged
	Raw      string
}

// Net is the card net{i}.
func (c VMConfig) Net(i int) (NIC, bool) {
	text, ok := c.raw["net"+strconv.Itoa(i)]
	if !ok {
		return NIC{}, false
	}
	nic := parseNIC(text)
	nic.Index = i
	return nic, true
}

// NICs are all cards, in order.
func (c VMConfig) NICs() []NIC {
	var nics []NIC
	for _, i := range c.indexes("net") {
		if nic, ok := c.Net(i); ok {
			nics = append(nics, nic)
		}
	}
	return nics
}

// indexes are the numbers n of the options prefix{n}, in order.
func (c VMConfig) indexes(prefix string) []int {
	var list []int
	for name := range c.raw {
		digits, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		if n, err := strconv.Atoi(digits); err == nil && n >= 0 && n < 1000 && digits == strconv.Itoa(n) {
			list = append(list, n)
		}
	}
	sort.Ints(list)
	return list
}

// parseNIC reads "virtio=BC:24:11:81:CA:D3,bridge=vmbr0,firewall=1". The model may
// also stand as model=…,macaddr=….
func parseNIC(text string) NIC {
	nic := NIC{Raw: text}
	for i, part := range splitProperties(text) {
		key, value, pair := strings.Cut(part, "=")
		switch {
		case key == "bridge":
			nic.Bridge = value
		case key == "firewall":
			nic.Firewall = truth(value, false)
		case key == "link_down":
			nic.LinkDown = truth(value, false)
		case key == "model":
			nic.Model = value
		case key == "macaddr":
			nic.MAC = strings.ToUpper(value)
		case key == "tag":
			nic.VLAN, _ = strconv.Atoi(value)
		case i == 0:
			nic.Model = key
			if pair {
				nic.MAC = strings.ToUpper(value)
			}
		}
	}
	return nic
}

// Drive is a disk or a CD drive.
type Drive struct {
	Slot    string // "scsi0", "ide2"
	Volume  string // "local:101/vm-101-disk-0.qcow2", or "none" for an empty CD drive
	Storage string // "local"; empty for a path or an empty drive
	Size    int64  // bytes; 0 where it is not said
	Format  string // "qcow2", "raw"; from the option or the volume's name; empty where neither tells
	CDROM   bool
	Raw     string
}

// Disk is the drive in a slot ("scsi0").
func (c VMConfig) Disk(slot string) (Drive, bool) {
	text, ok := c.raw[slot]
	if !ok {
		return Drive{}, false
	}
	return parseDrive(slot, text), true
}

// Drives are all disks and CD drives, sorted by bus and number, "unused" ones too.
func (c VMConfig) Drives() []Drive {
	var drives []Drive
	for _, bus := range []string{"ide", "sata", "scsi", "virtio", "efidisk", "unused"} {
		for _, i := range c.indexes(bus) {
			drive, _ := c.Disk(bus + strconv.Itoa(i))
			drives = append(drives, drive)
		}
	}
	return drives
}

// Disks are the disks that lie on a storage, those the VM boots from first, in the order
// of its boot option ("order=scsi0;ide2;net0", or the older bootdisk).
func (c VMConfig) Disks() []Drive {
	order := strings.FieldsFunc(properties(c.raw["boot"], "legacy")["order"], func(r rune) bool { return r == ';' })
	order = append(order, c.raw["bootdisk"])
	var disks []Drive
	for _, drive := range c.Drives() {
		if !drive.CDROM && drive.Storage != "" && !strings.HasPrefix(drive.Slot, "unused") && !strings.HasPrefix(drive.Slot, "efidisk") {
			disks = append(disks, drive)
		}
	}
	rank := func(d Drive) int {
		if i := slices.Index(order, d.Slot); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(disks, func(a, b Drive) int { return rank(a) - rank(b) })
	return disks
}

func parseDrive(slot, text string) Drive {
	p := properties(text, "file")
	d := Drive{Slot: slot, Raw: text, Volume: p["file"], Format: p["format"], CDROM: p["media"] == "cdrom"}
	if p["volume"] != "" {
		d.Volume = p["volume"]
	}
	if storage, _, ok := strings.Cut(d.Volume, ":"); ok && !strings.HasPrefix(d.Volume, "/") {
		d.Storage = storage
	}
	d.Size, _ = ParseSize(p["size"])
	if d.Format == "" {
		d.Format = formatOf(d.Volume)
	}
	return d
}

// formatOf is the format that a volume's name ends in; block storages have none.
func formatOf(volume string) string {
	switch ext := volume[strings.LastIndexByte(volume, '.')+1:]; ext {
	case "qcow2", "raw", "vmdk", "subvol":
		return ext
	}
	return ""
}

// ParseSize reads a size as drives write it: 10G, 1386K, 512M, 1T, or bytes.
func ParseSize(text string) (int64, error) {
	digits, factor := text, int64(1)
	if n := len(text); n > 0 {
		switch text[n-1] {
		case 'K', 'k':
			factor = 1 << 10
		case 'M', 'm':
			factor = 1 << 20
		case 'G', 'g':
			factor = 1 << 30
		case 'T', 't':
			factor = 1 << 40
		}
		if factor > 1 {
			digits = text[:n-1]
		}
	}
	value, err := strconv.ParseFloat(digits, 64)
	if inRange := value >= 0 && value*float64(factor) < 1<<62; err != nil || !inRange { // NaN is in no range
		return 0, fmt.Errorf("%q is no size", text)
	}
	return int64(value * float64(factor)), nil
}

// properties reads a property string "value,key=value,…"; the first part without a
// key belongs to first, as default_key in PVE::JSONSchema.
func properties(text, first string) map[string]string {
	p := map[string]string{}
	for i, part := range splitProperties(text) {
		key, value, pair := strings.Cut(part, "=")
		switch {
		case pair:
			p[key] = value
		case i == 0:
			p[first] = part
		}
	}
	return p
}

func splitProperties(text string) []string {
	var parts []string
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}
