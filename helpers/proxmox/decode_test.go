package proxmox

import (
	"math"
	"reflect"
	"testing"
)

func TestPerlsJSONIsReadLeniently(t *testing.T) {
	f, err := object([]byte(`{"n":7,"ns":"7","nf":7.9,"ne":"","big":1e300,"nan":"NaN","t":1,"ts":"1","tt":true,"z":0,"zs":"0","zf":false,"e":"","null":null,"l":["a",1,null,""],"c":"a,b;c d","o":{"x":1},"s":"text","neg":-3}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int64{"n": 7, "ns": 7, "nf": 7, "ne": 0, "big": 0, "nan": 0, "s": 0, "absent": 0, "null": 0, "neg": -3, "tt": 1} {
		if got := f.integer(name); got != want {
			t.Errorf("integer(%s) = %d", name, got)
		}
	}
	for name, want := range map[string]bool{"t": true, "ts": true, "tt": true, "z": false, "zs": false, "zf": false, "e": false, "null": false, "absent": false, "s": true} {
		if got := f.flag(name); got != want {
			t.Errorf("flag(%s) = %v", name, got)
		}
	}
	if !f.flagOr("absent", true) || f.flagOr("z", true) || !f.flagOr("null", true) {
		t.Error("flagOr")
	}
	if f.text("n") != "7" || f.text("null") != "" || f.text("s") != "text" || f.float("nf") != 7.9 || f.float("nan") != 0 {
		t.Error("text or float")
	}
	if !reflect.DeepEqual(f.list("l"), []string{"a", "1"}) || !reflect.DeepEqual(f.list("c"), []string{"a", "b", "c", "d"}) || f.list("absent") != nil {
		t.Error("list")
	}
	if f.inner("o").integer("x") != 1 || len(f.inner("s")) != 0 || len(f.inner("absent")) != 0 {
		t.Error("inner")
	}
	if !f.has("z") || f.has("null") || f.has("absent") {
		t.Error("has")
	}
}

func TestUndouble(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "wÃ¶rld": "wörld", "wörld": "wörld", "→": "→", "": "", "Ã¶→": "Ã¶→",
	} {
		if got := undouble(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{"10G": 10 << 30, "1386K": 1386 << 10, "512M": 512 << 20, "1T": 1 << 40, "4096": 4096, "1.5G": 3 << 29} {
		if got, err := ParseSize(in); err != nil || got != want {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "G", "-1G", "x", "1e30T", "NaN"} {
		if got, err := ParseSize(bad); err == nil {
			t.Errorf("%q: %d", bad, got)
		}
	}
}

// Whatever a node answers, reading it neither panics nor makes up numbers.
func FuzzReaders(f *testing.F) {
	f.Add([]byte(`{"data":[{"iface":"vmbr0","bridge_ports":["a"],"active":"1"}],"changes":"x","total":"7"}`))
	f.Add([]byte(`{"data":{"cpuinfo":[],"memory":{"total":1e400},"out-data":"Ã¶"}}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := unwrap(body)
		if err != nil {
			return
		}
		_, _ = parseNetworks(e)
		_, _ = upidOf("x", e.Data)
		list, err := objects(e.Data)
		if err != nil {
			return
		}
		for _, o := range list {
			for name := range o {
				if x := o.float(name); math.IsNaN(x) || math.IsInf(x, 0) {
					t.Errorf("%s is %v", name, x)
				}
				_, _, _, _ = o.integer(name), o.flag(name), o.list(name), o.inner(name)
			}
			_, _, _ = parseVM(o), parseExecStatus(o), parseUser("x", o)
		}
	})
}
