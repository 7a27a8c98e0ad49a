package hypervisor

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" // known_hosts hashes names with it; nothing rests on its strength
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// HostKeyPolicy decides whether a machine's SSH key is the right one.
type HostKeyPolicy struct {
	keys        []ssh.PublicKey // any of these
	fingerprint string          // or the key with this SHA256:… fingerprint
	first       *firstUse       // or the first one that is seen
}

// HostKeyError is a machine that shows another key than the expected one.
type HostKeyError struct {
	Addr string
	Want []string // fingerprints
	Got  string
}

func (e *HostKeyError) Error() string {
	return fmt.Sprintf("%s shows the host key %s, expected %s", e.Addr, e.Got, strings.Join(e.Want, " or "))
}

// ParseHostKey reads what a target says about the key of the machine at addr: a line
// "ssh-ed25519 AAAA…", known_hosts lines, the path of a known_hosts file, or a
// fingerprint "SHA256:…".
func ParseHostKey(text, addr string) (HostKeyPolicy, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return HostKeyPolicy{}, errors.New("ssh: host_key is missing; it is what `ssh-keyscan` prints for the node, without the host")
	}
	if strings.HasPrefix(text, "SHA256:") {
		return HostKeyPolicy{fingerprint: strings.TrimRight(text, "=")}, nil
	}
	if !strings.ContainsAny(text, " \n") {
		data, err := os.ReadFile(text)
		if err != nil {
			return HostKeyPolicy{}, fmt.Errorf("ssh: host_key is neither a key, known_hosts lines, a SHA256: fingerprint nor a readable file: %w", err)
		}
		text = string(data)
	}
	keys := hostKeys([]byte(text), addr)
	if len(keys) == 0 {
		return HostKeyPolicy{}, fmt.Errorf("ssh: host_key holds no key for %s", addr)
	}
	return HostKeyPolicy{keys: keys}, nil
}

// hostKeys are the keys of lines with a key only, and of known_hosts lines for addr.
func hostKeys(data []byte, addr string) []ssh.PublicKey {
	var keys []ssh.PublicKey
	for _, line := range bytes.Split(data, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if key, _, _, _, err := ssh.ParseAuthorizedKey(line); err == nil && isKeyType(line) {
			keys = append(keys, key)
			continue
		}
		if marker, hosts, key, _, _, err := ssh.ParseKnownHosts(line); err == nil && marker == "" && names(hosts, addr) {
			keys = append(keys, key)
		}
	}
	return keys
}

// isKeyType tells a line that begins with the key itself from one that begins with a
// host's name.
func isKeyType(line []byte) bool {
	first, _, _ := bytes.Cut(line, []byte(" "))
	for _, prefix := range []string{"ssh-", "ecdsa-", "sk-"} {
		if bytes.HasPrefix(first, []byte(prefix)) {
			return true
		}
	}
	return false
}

// names tells whether a known_hosts line is about addr, by its name or by its hash.
func names(hosts []string, addr string) bool {
	want := knownhosts.Normalize(addr)
	for _, host := range hosts {
		if host == want || hashes(host, want) {
			return true
		}
	}
	return false
}

// hashes tells whether a hashed name, |1|salt|HMAC-SHA1, stands for host.
func hashes(hashed, host string) bool {
	parts := strings.Split(hashed, "|")
	if len(parts) != 4 || parts[0] != "" || parts[1] != "1" {
		return false
	}
	salt, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	sum, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil {
		return false
	}
	mac := hmac.New(sha1.New, salt)
	_, _ = mac.Write([]byte(host))
	return hmac.Equal(mac.Sum(nil), sum)
}

// FirstUse trusts the key that a machine shows first, and no other afterwards. For a
// guest that made its key at its own first boot there is nothing to compare with;
// Fingerprint is what was trusted, as evidence.
func FirstUse() HostKeyPolicy { return HostKeyPolicy{first: &firstUse{}} }

type firstUse struct {
	mu  sync.Mutex
	key ssh.PublicKey
}

// Fingerprint is the SHA256:… of the key that FirstUse has trusted, or of a pinned key.
func (p HostKeyPolicy) Fingerprint() string {
	switch {
	case p.first != nil:
		p.first.mu.Lock()
		defer p.first.mu.Unlock()
		if p.first.key == nil {
			return ""
		}
		return ssh.FingerprintSHA256(p.first.key)
	case len(p.keys) > 0:
		return ssh.FingerprintSHA256(p.keys[0])
	}
	return p.fingerprint
}

// check is an ssh.HostKeyCallback.
func (p HostKeyPolicy) check(addr string, _ net.Addr, key ssh.PublicKey) error {
	if p.first != nil {
		return p.first.check(addr, key)
	}
	got := ssh.FingerprintSHA256(key)
	if p.fingerprint != "" && p.fingerprint == got {
		return nil
	}
	want := []string{}
	if p.fingerprint != "" {
		want = append(want, p.fingerprint)
	}
	for _, known := range p.keys {
		if sameKey(known, key) {
			return nil
		}
		want = append(want, ssh.FingerprintSHA256(known))
	}
	return &HostKeyError{Addr: addr, Want: want, Got: got}
}

func (f *firstUse) check(addr string, key ssh.PublicKey) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key == nil {
		f.key = key
		return nil
	}
	if !sameKey(f.key, key) {
		return &HostKeyError{Addr: addr, Want: []string{ssh.FingerprintSHA256(f.key)}, Got: ssh.FingerprintSHA256(key)}
	}
	return nil
}

// algorithms makes the machine show a key of a kind that is known, where that is so.
func (p HostKeyPolicy) algorithms() []string {
	var list []string
	for _, key := range p.keys {
		if key.Type() == ssh.KeyAlgoRSA {
			list = append(list, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
			continue
		}
		list = append(list, key.Type())
	}
	return list
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }
