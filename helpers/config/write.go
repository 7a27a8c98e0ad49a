package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

// WriteTarget writes a target file that only its owner can read, replacing it whole.
// LoadTarget reads it back as the same target.
func WriteTarget(path string, t Target) error {
	var b strings.Builder
	b.WriteString("# Written by labproof. It holds secrets: only its owner may read it.\n")
	if err := writeStruct(&b, "", reflect.ValueOf(t)); err != nil {
		return fmt.Errorf("writing target file %s: %w", path, err)
	}
	if err := renameio.WriteFile(path, []byte(b.String()), 0o600, renameio.IgnoreUmask()); err != nil {
		return fmt.Errorf("writing target file %s: %w", path, err)
	}
	return nil
}

func writeStruct(b *strings.Builder, indent string, v reflect.Value) error {
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "" || name == "-" || v.Field(i).IsZero() {
			continue
		}
		if err := writeField(b, indent, name, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func writeField(b *strings.Builder, indent, name string, v reflect.Value) error {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		fmt.Fprintf(b, "%s%s:\n", indent, name)
		return writeStruct(b, indent+"  ", v)
	case reflect.Map:
		fmt.Fprintf(b, "%s%s:\n", indent, name)
		return writeMap(b, indent+"  ", v)
	}
	text, err := scalarText(name, v)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "%s%s: %s\n", indent, name, text)
	return nil
}

// writeMap writes a map whose keys are plain words or numbers, by key.
func writeMap(b *strings.Builder, indent string, v reflect.Value) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
	for _, key := range keys {
		name, err := quoted("a key", key.String())
		if err == nil {
			err = writeField(b, indent, name, v.MapIndex(key))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func scalarText(name string, v reflect.Value) (string, error) {
	switch value := v.Interface().(type) {
	case Secret:
		text := value.Reveal()
		if hasReference(text) || strings.HasPrefix(text, textPrefix) {
			text = textPrefix + text
		}
		return quoted(name, text)
	case Size:
		return value.String(), nil
	case time.Duration:
		return value.String(), nil
	case string:
		if strings.Contains(value, "${") {
			return "", fmt.Errorf("%s contains ${, which would be read as a reference", name)
		}
		return quoted(name, value)
	}
	return fmt.Sprint(v.Interface()), nil
}

// quoted is the text in double quotes, which JSON and YAML write alike. Characters
// that YAML cannot hold are refused.
func quoted(name, text string) (string, error) {
	for _, r := range text {
		if r == '\uFFFD' || r == '\uFEFF' || (r < ' ' && r != '\n' && r != '\t') || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return "", fmt.Errorf("%s contains the character %U, which a target file cannot hold", name, r)
		}
	}
	out, err := json.Marshal(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(out), nil
}
