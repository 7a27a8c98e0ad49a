package proxmox

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/labproof/labproof/helpers/config"
)

// tlsConfig trusts what the target says: one certificate by its fingerprint, what a
// CA signed, or else what the machine trusts.
func tlsConfig(target config.Target) (*tls.Config, error) {
	base := &tls.Config{MinVersion: tls.VersionTLS12}
	switch {
	case target.Fingerprint != "":
		want, err := parseFingerprint(target.Fingerprint)
		if err != nil {
			return nil, err
		}
		// A node signs its certificate itself, for names by which it may not be
		// called here: the pinned fingerprint is checked instead of chain and name.
		base.InsecureSkipVerify = true
		base.VerifyConnection = pinned(want)
	case target.CA != "":
		pool, err := certPool(target.CA)
		if err != nil {
			return nil, err
		}
		base.RootCAs = pool
	}
	return base, nil
}

// pinned accepts exactly the certificate with this fingerprint; it runs for resumed
// connections too.
func pinned(want [sha256.Size]byte) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("the node showed no certificate")
		}
		got := sha256.Sum256(state.PeerCertificates[0].Raw)
		if got != want {
			return &CertificateError{Want: colons(want), Got: colons(got)}
		}
		return nil
	}
}

func parseFingerprint(s string) ([sha256.Size]byte, error) {
	var sum [sha256.Size]byte
	digits := strings.NewReplacer(":", "", " ", "").Replace(strings.TrimSpace(s))
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) != len(sum) {
		return sum, fmt.Errorf("fingerprint %q: expected the SHA-256 of a certificate, 32 bytes in hexadecimal (AA:BB:…)", s)
	}
	copy(sum[:], raw)
	return sum, nil
}

func colons(sum [sha256.Size]byte) string {
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// certPool reads certificates from a PEM file, or from the PEM itself.
func certPool(ca string) (*x509.CertPool, error) {
	pem := []byte(ca)
	if !strings.Contains(ca, "-----BEGIN") {
		var err error
		if pem, err = os.ReadFile(ca); err != nil {
			return nil, fmt.Errorf("reading the CA: %w", err)
		}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("the CA holds no PEM certificate")
	}
	return pool, nil
}
