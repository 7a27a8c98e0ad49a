package config

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "***"

// Secret is a password, a token or a private key. However it is printed, logged or
// marshalled it reads ***; only Reveal gives the value.
type Secret string

// Reveal is the value. Hand it to what needs it, never to a message.
func (s Secret) Reveal() string { return string(s) }

// String hides the value; an empty secret is empty, so that "not set" can be seen.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return fmt.Sprintf("config.Secret(%q)", s.String()) }

// Format hides the value from every verb, %x and %d included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue hides the value from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoding/json, YAML and XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
