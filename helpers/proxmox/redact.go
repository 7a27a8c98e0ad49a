package proxmox

import (
	"encoding/json"
	"strings"
	"sync"
)

const hidden = "***"

// secretNames are the parameters and answer fields whose value is never shown.
// "value" is a new API token's secret; see secretField for where it counts.
var secretNames = map[string]bool{
	"password": true, "confirmation-password": true, "cipassword": true, "otp": true,
	"tfa-challenge": true, "ticket": true, "vncticket": true, "csrfpreventiontoken": true,
	"authorization": true, "sshkeys": true, "encryption-key": true, "secret": true,
}

// secretField tells whether a field of a call to path holds a secret.
func secretField(path, name string) bool {
	if secretNames[strings.ToLower(name)] {
		return true
	}
	return name == "value" && strings.Contains(path, "/token/")
}

// redactParams copies params without their secrets.
func redactParams(path string, params Params) Params {
	if len(params) == 0 {
		return nil
	}
	safe := make(Params, len(params))
	for name, value := range params {
		if secretField(path, name) {
			value = hidden
		}
		safe[name] = value
	}
	return safe
}

// redactBody replaces the secret fields of a JSON answer, however deep they stand.
// What is no JSON is returned as it is.
func redactBody(path string, body []byte) string {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return string(body)
	}
	if !redactValue(path, value) {
		return string(body)
	}
	safe, err := json.Marshal(value)
	if err != nil {
		return hidden
	}
	return string(safe)
}

// redactValue hides secrets in place and tells whether there were any.
func redactValue(path string, value any) (changed bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if secretField(path, name) && inner != nil {
				v[name], changed = hidden, true
				continue
			}
			changed = redactValue(path, inner) || changed
		}
	case []any:
		for _, inner := range v {
			changed = redactValue(path, inner) || changed
		}
	}
	return changed
}

// secrets are the values that must not appear anywhere, wherever a node repeats
// them. Shorter ones than minSecret are left to redactParams: replacing a password
// such as "debian" everywhere would make evidence unreadable.
type secrets struct {
	mu     sync.RWMutex
	values map[string]bool
}

const minSecret = 8

func (s *secrets) add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string]bool{}
	}
	for _, value := range values {
		if len(value) >= minSecret {
			s.values[value] = true
		}
	}
}

// scrub replaces every known secret in text.
func (s *secrets) scrub(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for value := range s.values {
		text = strings.ReplaceAll(text, value, hidden)
	}
	return text
}
