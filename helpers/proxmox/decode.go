package proxmox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// fields is one object of an answer, read leniently. Proxmox is Perl: a number may
// come as a string, a flag as 0, 1, "1", true, "" or not at all, and what is absent
// means the default. Everything odd about its JSON is dealt with in this file.
type fields map[string]json.RawMessage

// object reads one JSON object; null is an object without fields.
func object(raw json.RawMessage) (fields, error) {
	f := fields{}
	if isNull(raw) {
		return f, nil
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("expected an object: %w", err)
	}
	return f, nil
}

// objects reads a list of JSON objects; null is an empty list.
func objects(raw json.RawMessage) ([]fields, error) {
	if isNull(raw) {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("expected a list: %w", err)
	}
	result := make([]fields, 0, len(list))
	for i, item := range list {
		f, err := object(item)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		result = append(result, f)
	}
	return result, nil
}

// text is a string, a number or a flag as text; absent and null are "".
func (f fields) text(name string) string { return scalar(f[name]) }

// integer is a whole number; absent, null and what is no number are 0.
func (f fields) integer(name string) int64 {
	text := strings.TrimSpace(f.text(name))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	x := f.float(name)
	if x >= math.MaxInt64 || x <= math.MinInt64 {
		return 0
	}
	return int64(x)
}

// float is a number; absent, null, infinities and what is no number are 0.
func (f fields) float(name string) float64 {
	x, err := strconv.ParseFloat(strings.TrimSpace(f.text(name)), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// flag is a Perl truth: absent, null, "", 0, "0" and false are false.
func (f fields) flag(name string) bool { return truth(f.text(name), false) }

// flagOr is a flag whose absence means something else than false.
func (f fields) flagOr(name string, absent bool) bool { return truth(f.text(name), absent) }

func (f fields) has(name string) bool { return !isNull(f[name]) }

// inner is an object inside this one; absent or of another kind it has no fields.
func (f fields) inner(name string) fields {
	inner, err := object(f[name])
	if err != nil {
		return fields{}
	}
	return inner
}

// list is a list of texts, or a text that lists with commas, semicolons or spaces.
func (f fields) list(name string) []string {
	raw := f[name]
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) == nil {
		var list []string
		for _, item := range items {
			if text := scalar(item); text != "" {
				list = append(list, text)
			}
		}
		return list
	}
	return splitList(scalar(raw))
}

// splitList splits as PVE::Tools::split_list does; nothing to split is nil.
func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.FieldsFunc(s, func(r rune) bool {
		return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' || r == 0
	})
}

func truth(text string, absent bool) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "":
		return absent
	case "0", "false", "no", "off":
		return false
	}
	return true
}

// scalar writes a JSON scalar as text; objects and lists stay JSON.
func scalar(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if isNull(raw) {
		return ""
	}
	switch raw[0] {
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	case 't':
		return "1"
	case 'f':
		return "0"
	}
	return string(raw)
}

func isNull(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null"
}
