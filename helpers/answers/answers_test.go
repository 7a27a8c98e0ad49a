package answers

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// parse reads a file of group 3 of which everything but single questions is well formed.
func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("groupe-3.yaml", 3, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// problems are the problems of a file in English, without the file's name.
func problems(f *File) []string {
	var all []string
	for _, p := range f.Problems {
		all = append(all, p.Question+" "+strings.TrimPrefix(p.In("en"), "groupe-3.yaml:"))
	}
	return all
}

func TestTheTemplateIsAFileWithNothingAnswered(t *testing.T) {
	for _, lang := range []string{"fr", "en", ""} {
		text, err := Template(3, lang)
		if err != nil {
			t.Fatal(err)
		}
		f := parse(t, string(text))
		if f.Problems != nil {
			t.Errorf("%s: %q", lang, problems(f))
		}
		for _, id := range IDs() {
			if state := f.State(id); state != Missing {
				t.Errorf("%s: %s is %s", lang, id, state)
			}
		}
		for _, q := range f.questions() {
			at := strings.Index(string(text), "\n"+q.key+":\n")
			if at < 0 {
				t.Errorf("%s has no %s", lang, q.key)
				continue
			}
			for _, each := range q.fields {
				next := strings.Index(string(text)[at:], "\n  "+each.key+":")
				if next < 0 {
					t.Errorf("%s: %s has no %s, or not in this order", lang, q.key, each.key)
				}
				at += max(next, 0)
			}
		}
	}
}

func TestTheTemplatesTakeEveryAnswer(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		text, err := Template(3, lang)
		if err != nil {
			t.Fatal(err)
		}
		filled := string(text)
		for empty, value := range map[string]string{
			"coeurs:\n": "coeurs: 16\n", "ram:\n": "ram: 64 Go\n", "vm:\n": "vm: 29\n", "fichier:\n": "fichier: /root/essai\n",
			"interface:\n": "interface: eno1\n", "adresse:\n": "adresse: 10.0.0.1/24\n", "passerelle:\n": "passerelle: aucune\n",
			"ports:\n": "ports: eno1\n", "methode:\n": "methode: static\n", "fonctionne:\n": "fonctionne: non\n",
			"ens18:\n": "ens18: vmbr13\n", "passe:\n": "passe: oui\n", "|\n    \n": "|\n    Un texte : avec l'« essentiel » # et \"plus\".\n",
		} {
			filled = strings.ReplaceAll(filled, empty, value)
		}
		f := parse(t, filled)
		if f.Problems != nil {
			t.Errorf("%s: %q", lang, problems(f))
		}
		for _, id := range IDs() {
			if state := f.State(id); state != Answered {
				t.Errorf("%s: %s is %s", lang, id, state)
			}
		}
		if got, want := f.Words("tp1.q07"), `Un texte : avec l'« essentiel » # et "plus".`; got != want {
			t.Errorf("%s: words %q", lang, got)
		}
	}
}

func TestEveryFieldOfEveryQuestion(t *testing.T) {
	f := parse(t, `groupe: 3
q01: {coeurs: 16, ram: "62,8 Gio"}
q02:
  vm: 29
  sans_surallocation: non
  raisonnement: parce que
q06:
  fichier: /root/essai
  commande: |
    su -
    touch /root/essai
q10:
  interface: [eno1, eno2]
q11:
  adresse: 192.168.1.10 255.255.255.0
  passerelle: Aucune passerelle.
  ports: aucun
  methode: Statique
q13: {fonctionne: "Non, aucune route"}
q14: {adresse: 127.0.0.1}
q16: une seule phrase
q19:
  interfaces:
    ens18: vmbr13
    ens19: VMBR14
q21:
  passe: yes
  ttl_entree: 64
  ttl_sortie: 63
`)
	if f.Problems != nil {
		t.Fatalf("problems %q", problems(f))
	}
	for name, ok := range map[string]bool{
		"cores":       f.Q01.Cores.OK && f.Q01.Cores.N == 16,
		"ram":         f.Q01.RAM.Number == 62.8 && reflect.DeepEqual(f.Q01.RAM.Units, []float64{1 << 30}),
		"vms":         f.Q02.VMs.N == 29 && f.Q02.NoOvercommit.OK && !f.Q02.NoOvercommit.Yes,
		"reasoning":   f.Q02.Reasoning.Written() == "parce que",
		"path":        f.Q06.Path.Written() == "/root/essai",
		"command":     f.Q06.Command.Written() == "su -\ntouch /root/essai",
		"cards":       reflect.DeepEqual(f.Q10.Interface.List, []string{"eno1", "eno2"}),
		"address":     f.Q11.Address.OK && f.Q11.Address.Prefix == netip.MustParsePrefix("192.168.1.10/24"),
		"no gateway":  f.Q11.Gateway.OK && f.Q11.Gateway.None,
		"no ports":    f.Q11.Ports.None,
		"method":      f.Q11.Method.Value == "static",
		"works":       f.Q13.Works.OK && !f.Q13.Works.Yes,
		"lo":          f.Q14.Address.OK && !f.Q14.Address.Masked && f.Q14.Address.Prefix.Addr() == netip.MustParseAddr("127.0.0.1"),
		"short form":  f.Q16.Explanation.Written() == "une seule phrase",
		"wires":       reflect.DeepEqual(f.Q19.Interfaces.Wires, []Wire{{"ens18", "vmbr13"}, {"ens19", "VMBR14"}}),
		"wires' text": f.Q19.Interfaces.Written() == "ens18: vmbr13, ens19: VMBR14",
		"crosses":     f.Q21.Crosses.OK && f.Q21.Crosses.Yes,
		"ttl":         f.Q21.TTLIn.N == 64 && f.Q21.TTLOut.N == 63,
	} {
		if !ok {
			t.Errorf("%s: wrong in %+v", name, f)
		}
	}
	for id, want := range map[string]State{
		"tp1.q01": Answered, "tp1.q02": Answered, "tp1.q07": Missing, "tp1.q10": Partly, "tp1.q11": Answered, "tp1.q16": Answered,
	} {
		if got := f.State(id); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	if got, want := f.Words("tp1.q06"), "su -\ntouch /root/essai"; got != want {
		t.Errorf("words %q", got)
	}
}

func TestWordsOfSeveralFieldsStandBelowTheirKeys(t *testing.T) {
	f := parse(t, "groupe: 3\nq08:\n  commande: ping 192.0.2.1\n  resultat: |\n    Network is unreachable\n")
	if got, want := f.Words("tp1.q08"), "commande:\nping 192.0.2.1\nresultat:\nNetwork is unreachable\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestWhatIsWrongInOneAnswerLeavesTheOthers(t *testing.T) {
	for name, c := range map[string]struct {
		q13  string // from line 4 on
		want string
	}{
		"colon in a plain text": {"q13:\n  fonctionne: non\n  pourquoi: la VM n'a rien : aucune route\n", "tp1.q13 6: YAML"},
		"open quote":            {"q13:\n  pourquoi: \"pas de route\n", "tp1.q13 5: YAML"},
		"tab":                   {"q13:\n\tpourquoi: rien\n", "tp1.q13 5: YAML"},
		"pasted at the margin":  {"q13:\n  pourquoi: |\nauto lo\niface lo inet loopback\n", "tp1.q13 "},
		"twice the same field":  {"q13:\n  fonctionne: non\n  fonctionne: oui\n", "tp1.q13 6: "},
		"twice the question":    {"q13:\n  fonctionne: non\nq13:\n  fonctionne: oui\n", "tp1.q13 6: q13 is there twice; only line 4 counts"},
		"unknown field":         {"q13:\n  fonctione: non\n", `tp1.q13 5: unknown key "fonctione", did you mean "fonctionne"?`},
		"no yes or no":          {"q13:\n  fonctionne: parfois\n", "tp1.q13 5: fonctionne: expected yes (oui) or no (non); read: parfois"},
		"a list":                {"q13:\n  pourquoi:\n    - rien\n", "tp1.q13 6: pourquoi: expected one value, not a list"},
		"keys":                  {"q13:\n  pourquoi: {a: b}\n", "tp1.q13 5: pourquoi: expected one value, not keys"},
		"a scalar":              {"q13: non\n", "tp1.q13 4: expected, each on a line of its own: fonctionne, pourquoi"},
		"a stray line":          {"q13:\n  voilà\n  fonctionne: non\n", "tp1.q13 5: YAML"},
		"an anchor":             {"q13:\n  fonctionne: &a [x]\n", "tp1.q13 5: fonctionne: expected one value, not an anchor"},
		"an alias":              {"q13:\n  pourquoi: *a\n", "tp1.q13 5: pourquoi: expected one value, not an anchor"},
		"a tag":                 {"q13:\n  pourquoi: !!binary aGk=\n", "tp1.q13 5: pourquoi: expected one value, not an anchor, alias or tag"},
		"merge":                 {"q13:\n  <<: {fonctionne: non}\n", `tp1.q13 5: unknown key "<<"`},
		"not UTF-8":             {"q13:\n  pourquoi: d\xe9j\xe0\n", "tp1.q13 5: this text is not UTF-8"},
		"a terminal's escape":   {"q13:\n  pourquoi: \x1b[31mrouge\n", `tp1.q13 5: control character "\x1b"`},
		"too long":              {"q13:\n  pourquoi: " + strings.Repeat("x", maxWords+1) + "\n", "tp1.q13 5: pourquoi: longer than 16384 bytes"},
		"deep":                  {"q13:\n  pourquoi: " + strings.Repeat("[", 5000) + "\n", "tp1.q13 5: YAML"},
		"unknown question":      {"q99:\n  a: b\n", ` 4: unknown key "q99"`},
		"another document":      {"---\ngroupe: 4\n", " 5: groupe is there twice"},
		"a key in capitals":     {"Q13:\n  fonctionne: non\n", ` 4: unknown key "Q13"`},
	} {
		t.Run(name, func(t *testing.T) {
			f := parse(t, "groupe: 3\nq01:\n  coeurs: 16\n"+c.q13+"q14:\n  adresse: 127.0.0.1/8\n")
			if !f.Q01.Cores.OK || !f.Q14.Address.OK {
				t.Error("the other answers were lost")
			}
			all := problems(f)
			if len(all) != 1 || !strings.HasPrefix(all[0], c.want) {
				t.Errorf("got %q, want %q", all, c.want)
			}
			for _, p := range f.Problems {
				if p.Question == "tp1.q13" && f.State(p.Question) != Unreadable || p.FR == p.EN {
					t.Errorf("state %s, %+v", f.State(p.Question), p)
				}
			}
		})
	}
}

func TestWhatIsWrongInOneFieldLeavesTheOthers(t *testing.T) {
	for name, reasoning := range map[string]string{
		"less indented":   "|\n    64 / 2 = 32\n   moins un peu",
		"not indented":    "|\n  la RAM",
		"behind the bar":  "| la RAM",
		"a colon":         "la limite : la RAM",
		"an open quote":   "\"la RAM",
		"a tab":           "|\n\tla RAM",
		"control":         "la \x1b[1mRAM",
		"another charset": "m\xe9moire",
	} {
		f := parse(t, "groupe: 3\nq02:\n  vm: 29\n  raisonnement: "+reasoning+"\n  sans_surallocation: oui\n")
		if f.Q02.VMs.N != 29 || !f.Q02.NoOvercommit.Yes || f.Q02.Reasoning.Written() != "" {
			t.Errorf("%s: %+v", name, f.Q02)
		}
		if len(f.Problems) != 1 || f.Problems[0].Line < 4 || f.Problems[0].Line > 6 || f.State("tp1.q02") != Unreadable {
			t.Errorf("%s: %q", name, problems(f))
		}
	}
}

func TestWhatIsWrongWithTheFile(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no group":           {"q14:\n  adresse: 127.0.0.1/8\n", "groupe-3.yaml: the line groupe: 3 is missing"},
		"an empty group":     {"groupe:\nq14:\n  adresse: 127.0.0.1/8\n", "groupe-3.yaml:1: the group's number is missing"},
		"no number":          {"groupe: trois\nq14:\n  adresse: 127.0.0.1/8\n", "groupe-3.yaml:1: expected a whole number"},
		"words before":       {"Bonjour !\ngroupe: 3\nq14:\n  adresse: 127.0.0.1/8\n", "groupe-3.yaml:1: expected a key"},
		"everything shifted": {"  groupe: 3\n  q14:\n    adresse: 127.0.0.1/8\n", "groupe-3.yaml:1: expected a key"},
	} {
		f, err := Parse("groupe-3.yaml", 3, []byte(c.text))
		if err != nil || len(f.Problems) == 0 || !strings.Contains(allOf(f), c.want) {
			t.Errorf("%s: %v, %s", name, err, allOf(f))
		}
	}
	for name, text := range map[string]string{
		"byte order mark": "\ufeffgroupe: 3\nq14:\n  adresse: 127.0.0.1/8\n",
		"line ends":       "groupe: 3\r\nq14:\r\n  adresse: 127.0.0.1/8\r\n",
		"document start":  "# réponses\n---\ngroupe: 3\nq14:\n  adresse: 127.0.0.1/8\n",
		"quoted keys":     "\"groupe\": 3\n'q14':\n  \"adresse\": 127.0.0.1/8\n",
		"last line open":  "groupe: 3\nq14:\n  adresse: 127.0.0.1/8",
		"margin comments": "groupe: 3\nq14:\n# ici\n  adresse: 127.0.0.1/8\n",
	} {
		if f := parse(t, text); f.Problems != nil || !f.Q14.Address.OK {
			t.Errorf("%s: %q", name, problems(f))
		}
	}
}

func allOf(f *File) string {
	var b strings.Builder
	for _, p := range f.Problems {
		b.WriteString(p.In("en") + "\n")
	}
	return b.String()
}

func TestFilesOfWhichNothingCanBeUsed(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"another group's": {"# copy\ngroupe: 4\nq14:\n  adresse: 127.0.0.1/8\n", "groupe-3.yaml:2: these answers are group 4's, not group 3's"},
		"UTF-16":          {"\xff\xfeg\x00r\x00", "no text file"},
		"huge":            {strings.Repeat("#", maxFile+1), "larger than 256 KiB"},
	} {
		f, err := Parse("groupe-3.yaml", 3, []byte(c.text))
		var lost *Error
		if f != nil || !errors.As(err, &lost) || !strings.Contains(err.Error(), c.want) || lost.French() == lost.Error() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRead(t *testing.T) {
	folder := t.TempDir()
	if _, err := ReadFolder(folder, 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Read(folder, 3); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
	path := filepath.Join(folder, "groupe-3.yaml")
	if err := os.WriteFile(path, []byte("groupe: 3\nq01: {coeurs: 16}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, group := range []int{0, 3} {
		if f, err := Read(path, group); err != nil || f.Group != 3 || f.Q01.Cores.N != 16 {
			t.Errorf("%+v, %v", f, err)
		}
	}
	if err := os.Truncate(path, maxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFolder(folder, 3); err == nil || !strings.Contains(err.Error(), "larger than 256 KiB") {
		t.Errorf("a huge file: %v", err)
	}
}

func TestProblemsAreCounted(t *testing.T) {
	f := parse(t, "groupe: 3\n"+strings.Repeat("x: 1\n", 10000))
	if len(f.Problems) != maxProblems {
		t.Errorf("%d problems", len(f.Problems))
	}
}

func FuzzParse(f *testing.F) {
	for _, lang := range []string{"fr", "en"} {
		text, err := Template(3, lang)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, seed := range []string{
		"", "groupe: 3", "groupe: 4", "q01: {coeurs: 16, ram: 64 Go}", "q19:\n  interfaces:\n    ens18: vmbr13", "q19: {interfaces: {? [a]: b}}",
		"q15:\n  fichier: |\n    auto lo\n# x\n    iface lo inet loopback", "q11: {adresse: 10.0.0.1 255.255.255.0, ports: [a, b]}",
		"q01: &a [*a]", "q01: !!int 3", "q01:\n\tcoeurs: 1", "\"q01\": ~", "q01: >-\n  x\n", "\xff", "---\n---\nq01:\n...", "q01: \"\\ud800\"", "q01:\n- a",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("f.yaml", 3, data)
		if (file == nil) == (err == nil) {
			t.Fatalf("%v and %v", file, err)
		}
		if err != nil {
			return
		}
		lines := strings.Count(string(data), "\n") + 1
		for _, p := range file.Problems {
			if p.FR == "" || p.EN == "" || p.Line < 0 || p.Line > lines {
				t.Errorf("problem %+v in %d lines", p, lines)
			}
		}
		for _, id := range IDs() {
			if words := file.Words(id); len(words) > 5*maxWords {
				t.Errorf("%s: %d bytes of words", id, len(words))
			}
			if file.State(id) == "" {
				t.Errorf("%s has no state", id)
			}
		}
	})
}
