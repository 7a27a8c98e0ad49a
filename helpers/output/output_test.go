package output

import (
	"encoding/xml"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"text":            {"hello wörld\n\tx", "hello wörld\n\tx"},
		"line ends":       {"a\r\nb", "a\nb"},
		"carriage return": {"good\rbad", `good\x0dbad`},
		"colours":         {"\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		"no UTF-8":        {"a\xff\xfeb", `a\xff\xfeb`},
		"nul":             {"a\x00b", `a\x00b`},
		"direction":       {"a\u202eb", `a\u202eb`},
		"C1 control":      {"a\u009bb", `a\x9bb`},
		"no XML":          {"a\uffffb", `a\uffffb`},
		"empty":           {"", ""},
	} {
		if got := Visible(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestLineIsOneLine(t *testing.T) {
	if got := Line(" a\nb"+strings.Repeat("x", 100), 4); got != `a\nbx […]` {
		t.Errorf("got %q", got)
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("\x1b]0;title\x07 \xc3\x28 \u202e \r\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := Visible(s)
		if !utf8.ValidString(got) {
			t.Errorf("%q is no UTF-8", got)
		}
		for _, r := range got {
			if !shown(r) {
				t.Errorf("%q shows %U", got, r)
			}
		}
		if err := xml.EscapeText(new(strings.Builder), []byte(got)); err != nil {
			t.Error(err)
		}
		if Visible(got) != got {
			t.Errorf("%q is made visible twice", got)
		}
	})
}

func TestBufferKeepsTheFirstBytes(t *testing.T) {
	b := &Buffer{Max: 5}
	for range 3 {
		if n, err := b.Write([]byte("abc")); n != 3 || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if b.String() != "abcab" || !b.Truncated() {
		t.Errorf("kept %q, truncated %v", b.String(), b.Truncated())
	}
}

func TestBufferKeepsAMebibyteByDefault(t *testing.T) {
	b := &Buffer{}
	_, _ = b.Write(make([]byte, Limit))
	if b.Truncated() {
		t.Error("truncated at its limit")
	}
	_, _ = b.Write([]byte("x"))
	if len(b.Bytes()) != Limit || !b.Truncated() {
		t.Errorf("kept %d bytes, truncated %v", len(b.Bytes()), b.Truncated())
	}
}

func TestBufferTakesWritersSideBySide(t *testing.T) {
	b := &Buffer{Max: 100}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { _, _ = b.Write([]byte("0123456789ab")) })
	}
	wg.Wait()
	if len(b.Bytes()) != 100 || !b.Truncated() {
		t.Errorf("kept %d bytes, truncated %v", len(b.Bytes()), b.Truncated())
	}
}
