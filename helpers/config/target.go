package config

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Target is one Proxmox node and how to reach it.
type Target struct {
	Name        string `yaml:"-"`           // the name in ginkgo.yaml, or the path of the target file
	URL         string `yaml:"url"`         // https://host:8006
	Fingerprint string `yaml:"fingerprint"` // SHA-256 of the node's certificate, hex, colons allowed
	CA          string `yaml:"ca"`          // path of a PEM file, or the PEM itself; instead of the fingerprint
	Node        string `yaml:"node"`        // the node's name, e.g. proxmox1
	Username    string `yaml:"username"`    // user@realm
	Password    Secret `yaml:"password"`
	Token       Secret `yaml:"token"` // user@realm!id=secret, instead of the password
	SSH         *SSH   `yaml:"ssh"`   // the node's shell; nil: not available
	Storage     string `yaml:"storage"`
	ISOStorage  string `yaml:"iso_storage"`
	ISO         string `yaml:"iso"`   // volume id of the Debian ISO; empty: the first ISO of iso_storage
	Image       string `yaml:"image"` // volume id of the image to import; empty: labproof uploads its own
	Bridge      string `yaml:"bridge"`
	Guest       Guest  `yaml:"guest"`
	// Guests are how to log in to the guests of single groups, by the group's number.
	Guests map[string]Guest `yaml:"guests"`

	Embedded *Embedded `yaml:"embedded"` // labproof starts this node itself; everything above is then made by it
}

// IsRoot tells whether the account is root@pam, or one of its tokens.
func (t Target) IsRoot() bool {
	user, _, _ := strings.Cut(string(t.Token), "!")
	return cmp.Or(t.Username, user) == "root@pam"
}

// SSH is the node's shell.
type SSH struct {
	Addr     string `yaml:"addr"` // host:port
	User     string `yaml:"user"`
	Key      Secret `yaml:"key"` // path of a private key, or the key itself
	Password Secret `yaml:"password"`
	HostKey  string `yaml:"host_key"` // one line as in known_hosts without the host: "ssh-ed25519 AAAA…"
}

// Guest is how to log in to guests: those of labproof's own image, or a group's.
type Guest struct {
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
	Key      Secret `yaml:"key"` // path of a private key, or the key itself
}

// Embedded describes the node that labproof brings along.
type Embedded struct {
	PVE       int    `yaml:"pve"`        // 8 or 9
	Release   string `yaml:"release"`    // Debian release of the guests: "12" or "13"
	Mirror    string `yaml:"mirror"`     // package mirror for the image; empty: the machine's own sources
	Disks     string `yaml:"disks"`      // the kind of storage the lab's disks lie on: "dir", "lvmthin" (raw only) or "lvm" (no linked clones)
	Accel     string `yaml:"accel"`      // "auto" proves KVM by booting something, then falls back; "kvm"; "tcg"
	StateDir  string `yaml:"state_dir"`  // empty: a directory of its own per run
	MinDisk   Size   `yaml:"min_disk"`   // free space the state directory needs before the node starts
	MinMemory Size   `yaml:"min_memory"` // available memory needed before the node starts
}

// GuestOf is how to log in to the guests of a group; found is false where the target has
// neither a password nor a key for them.
func (t Target) GuestOf(group int) (creds Guest, found bool) {
	creds, own := t.Guests[strconv.Itoa(group)]
	if !own {
		creds = t.Guest
	}
	if creds.User == "" {
		creds.User = "root"
	}
	return creds, creds.Password != "" || creds.Key != ""
}

// String names the target without its secrets.
func (t Target) String() string {
	if t.Embedded != nil && t.URL == "" {
		return fmt.Sprintf("%s (embedded, PVE %d)", t.Name, t.Embedded.PVE)
	}
	return fmt.Sprintf("%s (%s, node %s)", t.Name, t.URL, t.Node)
}

// Format prints every verb as String. Without it fmt shows secrets: it prints a pointer
// within a struct, such as SSH, without asking its fields how they want to be shown.
func (t Target) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// String names the shell without its secrets.
func (s SSH) String() string { return s.User + "@" + s.Addr }

// Format prints every verb as String.
func (s SSH) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
