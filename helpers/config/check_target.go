package config

import (
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	tokenForm    = regexp.MustCompile(`^[^\s:/@!]+@[A-Za-z][A-Za-z0-9._-]*![A-Za-z][A-Za-z0-9._-]*=\S+$`)
	usernameForm = regexp.MustCompile(`^[^\s:/]+@[A-Za-z][A-Za-z0-9._-]*$`)
	nodeForm     = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)
	releases     = []string{"12", "13"}
)

// check reports what no node can have. Where secrets are not looked up, a value with a
// reference is left for later.
func (t Target) check(d *decoder, path string) {
	if t.Embedded != nil {
		t.checkEmbedded(d, path)
		return
	}
	t.checkURL(d, path)
	t.checkTrust(d, path)
	t.checkIdentity(d, path)
	if t.Node == "" {
		d.missing(path, "node", "the node's name, as in the tree of its web page")
	} else if !d.later(t.Node) && !nodeForm.MatchString(t.Node) {
		d.failAt(join(path, "node"), "%q is no node name", t.Node)
	}
	if t.SSH != nil {
		t.SSH.check(d, join(path, "ssh"))
	}
	t.checkGuests(d, join(path, "guests"))
}

// checkGuests reports logins of groups that cannot be, and those that are none.
func (t Target) checkGuests(d *decoder, path string) {
	for _, group := range names(t.Guests) {
		at := join(path, group)
		if number, err := strconv.Atoi(group); err != nil || number < 1 || number > maxGroups || strconv.Itoa(number) != group {
			d.failAt(at, "%q is no group; expected its number, 1 to %d", group, maxGroups)
		}
		if g := t.Guests[group]; g.Password == "" && g.Key == "" {
			d.missing(at, "password or key", "what logs in to the group's guests")
		}
	}
}

// later says that a value cannot be checked before its references are looked up.
func (d *decoder) later(text string) bool { return !d.lookUp && hasReference(text) }

func (d *decoder) missing(path, key, what string) {
	where := path
	if where == "" {
		where = "the target"
	}
	d.fail(d.at[path], "%s: %s is missing; expected %s", where, key, what)
}

func (t Target) checkURL(d *decoder, path string) {
	switch u, err := url.Parse(t.URL); {
	case t.URL == "":
		d.missing(path, "url", "https://host:8006 (or embedded: for the node that labproof brings along)")
	case d.later(t.URL):
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "":
		d.failAt(join(path, "url"), "expected https://host:8006, without a path or a user")
	}
}

func (t Target) checkTrust(d *decoder, path string) {
	if t.Fingerprint != "" && t.CA != "" {
		d.failAt(join(path, "ca"), "a fingerprint is given as well; expected one of the two")
	}
	if t.Fingerprint == "" || d.later(t.Fingerprint) {
		return
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(t.Fingerprint, ":", ""))
	if err != nil || len(raw) != 32 {
		d.failAt(join(path, "fingerprint"), "expected the SHA-256 of the node's certificate: 64 hex digits, colons allowed")
	}
}

func (t Target) checkIdentity(d *decoder, path string) {
	switch {
	case t.Password == "" && t.Token == "":
		d.missing(path, "password or token", "a user's password or an API token")
	case t.Password != "" && t.Token != "":
		d.failAt(join(path, "token"), "a password is given as well; expected one of the two")
	case t.Token != "" && !d.later(t.Token.Reveal()) && !tokenForm.MatchString(t.Token.Reveal()):
		d.failAt(join(path, "token"), "expected user@realm!id=secret")
	}
	if t.Password != "" && t.Username == "" {
		d.missing(path, "username", "user@realm, e.g. root@pam")
	}
	if t.Username != "" && !d.later(t.Username) && !usernameForm.MatchString(t.Username) {
		d.failAt(join(path, "username"), "expected user@realm, e.g. root@pam")
	}
}

func (s SSH) check(d *decoder, path string) {
	switch host, port, err := net.SplitHostPort(s.Addr); {
	case s.Addr == "":
		d.missing(path, "addr", "host:port, e.g. proxmox1:22")
	case d.later(s.Addr):
	case err != nil || host == "" || !isPort(port):
		d.failAt(join(path, "addr"), "expected host:port, e.g. proxmox1:22")
	}
	if s.Key == "" && s.Password == "" {
		d.missing(path, "key or password", "the path of a private key, or a password")
	}
	switch {
	case s.HostKey == "":
		d.missing(path, "host_key", `the host's public key: ssh-keyscan -t ed25519 HOST | cut -d" " -f2-`)
	case !d.later(s.HostKey) && !isHostKey(s.HostKey):
		d.failAt(join(path, "host_key"), `expected a public key: "ssh-ed25519 AAAA…"`)
	}
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

func isHostKey(text string) bool {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return false
	}
	blob, err := base64.StdEncoding.DecodeString(fields[1])
	return err == nil && len(blob) > 4+len(fields[0]) && string(blob[4:4+len(fields[0])]) == fields[0]
}

func (t Target) checkEmbedded(d *decoder, path string) {
	e, path := t.Embedded, join(path, "embedded")
	if t.URL != "" || t.Node != "" || t.Username != "" || t.SSH != nil {
		d.failAt(path, "labproof makes this node itself: url, node, username and ssh are not for it")
	}
	if e.PVE != 8 && e.PVE != 9 {
		d.failAt(join(path, "pve"), "%d is not served; expected 8 or 9", e.PVE)
	}
	if !slices.Contains(releases, e.Release) && !d.later(e.Release) {
		d.failAt(join(path, "release"), `%q is no Debian release of the lab; expected "12" or "13"`, e.Release)
	}
	if !slices.Contains([]string{"auto", "kvm", "tcg"}, e.Accel) {
		d.failAt(join(path, "accel"), "%q is unknown; expected auto, kvm or tcg", e.Accel)
	}
	if !slices.Contains([]string{"dir", "lvmthin", "lvm"}, e.Disks) {
		d.failAt(join(path, "disks"), "%q is unknown; expected dir, lvmthin or lvm", e.Disks)
	}
	if e.Mirror != "" && !d.later(e.Mirror) {
		if u, err := url.Parse(e.Mirror); err != nil || u.Host == "" && u.Scheme != "file" {
			d.failAt(join(path, "mirror"), "expected the URL of a Debian mirror")
		}
	}
}
