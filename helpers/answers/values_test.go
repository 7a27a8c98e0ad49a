package answers

import (
	"reflect"
	"testing"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/yamlfile"
)

// node is a text as the reader gets it.
func node(t *testing.T, text string) ast.Node {
	t.Helper()
	n, err := yamlfile.Parse([]byte("k: |\n  " + text + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	entries, _ := entriesOf(n)
	return entries[0].Value
}

func TestSizes(t *testing.T) {
	const gib, gb = float64(1 << 30), 1e9
	for text, want := range map[string]struct {
		number float64
		units  []float64
	}{
		"64 Go": {64, []float64{gib, gb}}, "64GB": {64, []float64{gib, gb}}, "64 G": {64, []float64{gib, gb}}, "64": {64, []float64{gib, gb}},
		"62,8 Gio": {62.8, []float64{gib}}, "62.71 GiB": {62.71, []float64{gib}}, "62.71 gib": {62.71, []float64{gib}},
		"65536 Mio": {65536, []float64{1 << 20}}, "65 536 Mo": {65536, []float64{1 << 20, 1e6}}, "65\u00a0536\u202fMo": {65536, []float64{1 << 20, 1e6}},
		"0,5 To": {0.5, []float64{1 << 40, 1e12}}, "environ 64 Go de RAM": {64, []float64{gib, gb}}, "~64 Go": {64, []float64{gib, gb}},
		"68719476736 octets": {68719476736, []float64{1}}, "128 Ko": {128, []float64{1 << 10, 1e3}},
	} {
		var s Size
		if why := s.take(node(t, text)); why != nil || s.Number != want.number || !reflect.DeepEqual(s.Units, want.units) {
			t.Errorf("%q: %v %v, %+v", text, s.Number, s.Units, why)
		}
	}
	for _, text := range []string{"beaucoup", "-64 Go", "64 Po", "64 bananes", "62 Go sur 64 Go", "1.2.3 Go", "64 Go (2x32)", "99999999999999999999 Go", "0x40 Go"} {
		var s Size
		if why := s.take(node(t, text)); why == nil || s.Units != nil || s.Written() != text {
			t.Errorf("%q was taken as %v %v, written %q", text, s.Number, s.Units, s.Written())
		}
	}
}

func TestCounts(t *testing.T) {
	for text, want := range map[string]int{"16": 16, "16 cœurs": 16, "environ 29 VM": 29, "0": 0, "14.": 14} {
		var c Count
		if why := c.take(node(t, text)); why != nil || !c.OK || c.N != want {
			t.Errorf("%q: %+v, %+v", text, c, why)
		}
	}
	for _, text := range []string{"seize", "8 ou 16", "8c/16t", "-3", "1.5", "14,5", "1e3", "9999999999", "0x10", "1 000"} {
		var c Count
		if why := c.take(node(t, text)); why == nil || c.OK {
			t.Errorf("%q was taken as %d", text, c.N)
		}
	}
}

func TestYesOrNo(t *testing.T) {
	for text, want := range map[string]bool{"oui": true, "Oui.": true, "YES": true, "true": true, "non": false, "Non, rien ne passe": false, "no": false, "faux": false} {
		var y YesNo
		if why := y.take(node(t, text)); why != nil || !y.OK || y.Yes != want {
			t.Errorf("%q: %+v, %+v", text, y, why)
		}
	}
	for _, text := range []string{"peut-être", "non applicable", "oui et non", "1", "ça marche"} {
		var y YesNo
		if why := y.take(node(t, text)); why == nil || y.OK {
			t.Errorf("%q was taken as %t", text, y.Yes)
		}
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.1.2/29": "10.0.1.2/29", "10.0.1.2": "10.0.1.2/32", "10.0.1.2 / 29": "10.0.1.2/29", "10.0.1.2 255.255.255.248": "10.0.1.2/29",
		"10.0.1.2/255.255.255.248": "10.0.1.2/29", "10.0.1.2 /29": "10.0.1.2/29", "::1/128": "::1/128", "0.0.0.0/0": "0.0.0.0/0",
	} {
		var a Address
		if why := a.take(node(t, text)); why != nil || !a.OK || a.None || a.Prefix.String() != want {
			t.Errorf("%q: %+v, %+v", text, a, why)
		}
	}
	for _, text := range []string{"aucune", "Aucune.", "none", "aucune adresse", "—"} {
		var a Address
		if why := a.take(node(t, text)); why != nil || !a.OK || !a.None {
			t.Errorf("%q: %+v, %+v", text, a, why)
		}
	}
	for _, text := range []string{"localhost", "10.0.1", "10.0.1.2/33", "10.0.1.2/-1", "10.0.1.2/255.0.255.0", "10.0.1.256", "fe80::1%eth0", "10.0.1.2/29/29", "::1 255.0.0.0"} {
		var a Address
		if why := a.take(node(t, text)); why == nil || a.OK {
			t.Errorf("%q was taken as %s", text, a.Prefix)
		}
	}
}

func TestNamesAndMethods(t *testing.T) {
	for text, want := range map[string][]string{
		"eno1": {"eno1"}, "eno1, eno2": {"eno1", "eno2"}, "eno1 et enp3s0f0": {"eno1", "enp3s0f0"}, "eno1 (enp3s0)": {"eno1", "enp3s0"}, "aucun": nil,
	} {
		var n Names
		if why := n.take(node(t, text)); why != nil || !reflect.DeepEqual(n.List, want) || n.None != (want == nil) {
			t.Errorf("%q: %+v, %+v", text, n, why)
		}
	}
	for _, text := range []string{"c'est eno1", "é", "a b c d e f g h i j k l m n o p q r", "<script>"} {
		var n Names
		if why := n.take(node(t, text)); why == nil || n.List != nil {
			t.Errorf("%q was taken as %q", text, n.List)
		}
	}
	for text, want := range map[string]string{"static": "static", "Statique (fixe)": "static", "DHCP": "dhcp", "manuel": "manual", "par magie": "", "dhcp ou static": ""} {
		var m Method
		if why := m.take(node(t, text)); m.Value != want || (why == nil) != (want != "") {
			t.Errorf("%q: %+v, %+v", text, m, why)
		}
	}
}
