package proxmox

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// NetworkState is the node's network configuration with what is pending in it.
type NetworkState struct {
	Interfaces []Interface
	Changes    string // the diff of what is pending; empty: nothing is
}

// Changed are the names of the interfaces that the pending diff touches, sorted.
func (n NetworkState) Changed() []string {
	names, _ := changedNames(n.Changes)
	return slices.Sorted(maps.Keys(names))
}

// Nameless tells whether the pending diff changes lines of which it does not show whose they
// are: its context has three lines, and an interface may have more.
func (n NetworkState) Nameless() bool {
	_, nameless := changedNames(n.Changes)
	return nameless
}

// Interface finds an interface by its name.
func (n NetworkState) Interface(name string) (Interface, bool) {
	for _, i := range n.Interfaces {
		if i.Name == name {
			return i, true
		}
	}
	return Interface{}, false
}

// Interface is one interface of the node as GET /nodes/{node}/network lists it.
type Interface struct {
	Name        string // "vmbr11"
	Type        string // "bridge", "eth", "bond", "vlan", …
	Method      string // "static", "manual", "dhcp"
	Active      bool   // the kernel has it
	Autostart   bool
	CIDR        string // "10.0.1.1/29"
	Address     string
	Netmask     string
	Gateway     string
	CIDR6       string
	BridgePorts []string
	AltNames    []string // 9 and later
	Comments    string
	Pending     bool // it stands in the diff of what is pending and is not active
	raw         map[string]string
}

// Networks reads the configuration. A user without SDN.Audit or SDN.Use on a bridge
// does not see it in the list (8 and later).
func (s *Session) Networks(ctx context.Context) (NetworkState, error) {
	path := s.NodePath("network")
	e, err := s.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return NetworkState{}, err
	}
	state, err := parseNetworks(e)
	if err != nil {
		return NetworkState{}, fmt.Errorf("GET %s: %w", path, err)
	}
	return state, nil
}

// Interface reads one interface.
func (s *Session) Interface(ctx context.Context, name string) (Interface, error) {
	f, err := s.object(ctx, s.NodePath("network/"+url.PathEscape(name)), nil)
	if err != nil {
		return Interface{}, err
	}
	i := parseInterface(f)
	i.Name = name
	return i, nil
}

func parseNetworks(e envelope) (NetworkState, error) {
	list, err := objects(e.Data)
	if err != nil {
		return NetworkState{}, err
	}
	state := NetworkState{Changes: strings.TrimSpace(e.Changes)}
	mentioned, _ := changedNames(state.Changes)
	for _, f := range list {
		i := parseInterface(f)
		i.Pending = mentioned[i.Name] && !i.Active
		state.Interfaces = append(state.Interfaces, i)
	}
	return state, nil
}

func parseInterface(f fields) Interface {
	i := Interface{
		Name: f.text("iface"), Type: f.text("type"), Method: f.text("method"),
		Active: f.flag("active"), Autostart: f.flag("autostart"),
		CIDR: f.text("cidr"), Address: f.text("address"), Netmask: f.text("netmask"),
		Gateway: f.text("gateway"), CIDR6: f.text("cidr6"),
		BridgePorts: f.list("bridge_ports"), AltNames: f.list("altnames"),
		Comments: f.text("comments"), raw: map[string]string{},
	}
	for name := range f {
		i.raw[name] = f.text(name)
	}
	return i
}

// Raw is a field of the answer that has no place in Interface, as text.
func (i Interface) Raw(name string) string { return i.raw[name] }

// settings are the parameters that make this interface again.
func (i Interface) settings() Params {
	params := Params{"type": i.Type}
	for _, name := range []string{
		"cidr", "gateway", "cidr6", "gateway6", "bridge_ports", "bridge_vlan_aware",
		"autostart", "comments", "comments6", "mtu", "slaves", "bond_mode", "vlan-id", "vlan-raw-device",
	} {
		if value := i.raw[name]; value != "" {
			params[name] = value
		}
	}
	return params
}

// MarshalJSON keeps the fields as the node gave them, for evidence.
func (i Interface) MarshalJSON() ([]byte, error) { return json.Marshal(i.raw) }

// UnmarshalJSON reads them back; whether a change is pending stands in the list only.
func (i *Interface) UnmarshalJSON(data []byte) error {
	f, err := object(data)
	if err == nil {
		*i = parseInterface(f)
	}
	return err
}

// changedNames are the interfaces that a diff of /etc/network/interfaces adds,
// removes or changes, as far as the diff's own context names them; nameless tells that it
// changes others.
func changedNames(diff string) (names map[string]bool, nameless bool) {
	names = map[string]bool{}
	current, head := "", false
	for _, line := range strings.Split(diff, "\n") {
		if line == "" || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "+++") {
			continue
		}
		if strings.HasPrefix(line, "@@") {
			current, head = "", strings.HasPrefix(line, "@@ -0,") || strings.HasPrefix(line, "@@ -1,")
			continue
		}
		words := strings.Fields(line[1:])
		if len(words) >= 2 && (words[0] == "iface" || words[0] == "auto") {
			current = words[1]
		}
		changed := (line[0] == '+' || line[0] == '-') && len(words) > 0
		// The comment that Proxmox writes at the file's head belongs to no interface.
		heading := head && len(words) > 0 && strings.HasPrefix(words[0], "#")
		nameless = nameless || changed && current == "" && !heading
		if changed && current != "" {
			names[current] = true
		}
	}
	return names, nameless
}

// differing names the interfaces, except ours, that are not the same in both states.
func differing(before, now NetworkState, ours map[string]bool) []string {
	var names []string
	for _, was := range before.Interfaces {
		is, exists := now.Interface(was.Name)
		if !ours[was.Name] && (!exists || !sameSettings(was, is)) {
			names = append(names, was.Name)
		}
	}
	for _, is := range now.Interfaces {
		if _, existed := before.Interface(is.Name); !existed && !ours[is.Name] {
			names = append(names, is.Name)
		}
	}
	return names
}

// sameSettings compares what is configured; whether the kernel has it (active,
// exists) and the line's place in the file (priority) are no edits.
func sameSettings(a, b Interface) bool {
	return covers(a.raw, b.raw) && covers(b.raw, a.raw)
}

func covers(a, b map[string]string) bool {
	for name, value := range a {
		switch name {
		case "active", "exists", "priority", "altnames":
			continue
		}
		if b[name] != value {
			return false
		}
	}
	return true
}
