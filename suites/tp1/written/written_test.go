package written

import (
	"strings"
	"testing"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/reports"
)

// wrote is group 3's file with those lines.
func wrote(t *testing.T, text string) *answers.File {
	t.Helper()
	f, err := answers.Parse("groupe-3.yaml", 3, []byte("groupe: 3\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// marks are the facts of an answer as one word: + right, - wrong, 0 not answered.
func marks(a reports.Answer) string {
	var b strings.Builder
	for _, f := range a.Facts {
		switch {
		case f.OK:
			b.WriteByte('+')
		case f.Said == "":
			b.WriteByte('0')
		default:
			b.WriteByte('-')
		}
	}
	return b.String()
}

// cases are lines of an answers file and what their facts are worth.
type cases map[string]string

func (c cases) check(t *testing.T, judge func(f *answers.File) reports.Answer) {
	t.Helper()
	for text, want := range c {
		a := judge(wrote(t, text))
		if got := marks(a); got != want {
			t.Errorf("%s: got %s, want %s in %+v", text, got, want, a.Facts)
		}
		for _, f := range a.Facts {
			if f.Name.FR == "" || f.Name.EN == "" || f.True == "" {
				t.Errorf("%s: fact %+v", text, f)
			}
		}
		if a.Group != 3 || a.Reference.FR == "" || a.Reference.EN == "" {
			t.Errorf("%s: answer %+v", text, a)
		}
	}
}

func TestQ01(t *testing.T) {
	// A server with 64 GiB installed, of which the kernel counts 62.71.
	server := Hardware{CPUs: 16, Cores: 8, Memory: 67334307020}
	cases{
		"":                                  "00",
		"q01: {coeurs: 16, ram: 62.71 GiB}": "++",
		"q01: {coeurs: 8, ram: 64 Go}":      "++",
		`q01: {coeurs: "16 x Xeon", ram: "62,7 Go"}`: "++",
		"q01: {coeurs: 12, ram: 67 GB}":              "-+",
		"q01: {coeurs: 16, ram: 67 GiB}":             "+-",
		"q01: {coeurs: 16, ram: 63}":                 "++",
		"q01: {coeurs: 16, ram: 64214 MiB}":          "++",
		"q01: {coeurs: 16, ram: 32 Go}":              "+-",
		"q01: {coeurs: 16, ram: 128 Go}":             "+-",
		"q01: {ram: 0 To}":                           "0-",
		"q01: {ram: 1 To}":                           "0-",
		"q01: {coeurs: beaucoup, ram: beaucoup}":     "--",
	}.check(t, func(f *answers.File) reports.Answer { return Q01(f, server) })

	// Small machines lose a larger part: 16 GiB installed, 15.4 counted; 4 and 3.8.
	cases{"q01: {ram: 16 Go}": "0+", "q01: {ram: 15 Go}": "0+", "q01: {ram: 15.4 Gio}": "0+", "q01: {ram: 14 Go}": "0-", "q01: {ram: 17.5 Gio}": "0-"}.
		check(t, func(f *answers.File) reports.Answer { return Q01(f, Hardware{CPUs: 4, Memory: 16535624089}) })
	cases{"q01: {ram: 4 Go}": "0+", "q01: {ram: 3 Go}": "0-", "q01: {ram: 5 Go}": "0-", "q01: {ram: 3.8 Go}": "0+"}.
		check(t, func(f *answers.File) reports.Answer { return Q01(f, Hardware{CPUs: 4, Memory: 4080218931}) })
}

func TestQ02(t *testing.T) {
	truth := lab.Capacity{Reference: 29, Low: 26, High: 31, NoOvercommit: 16}
	cases{
		"":                                       "0",
		"q02: {vm: 26}":                          "+",
		"q02: {vm: 31}":                          "+",
		"q02: {vm: 25}":                          "-",
		"q02: {vm: 32}":                          "-",
		"q02: {vm: 16}":                          "-",
		"q02: {vm: tout}":                        "-",
		"q02: {vm: 16, sans_surallocation: oui}": "+",
		"q02: {vm: 17, sans_surallocation: oui}": "-",
		"q02: {vm: 16, sans_surallocation: non}": "-",
		"q02: {vm: 16, sans_surallocation: peut-être}": "-",
	}.check(t, func(f *answers.File) reports.Answer { return Q02(f, truth) })
}

func TestQ06(t *testing.T) {
	cases{
		"":                                    "0",
		"q06: {fichier: /root/essai}":         "+",
		"q06: {fichier: essai}":               "+",
		"q06: {fichier: ~/essai}":             "+",
		"q06: {fichier: /root/../root/essai}": "+",
		"q06: {fichier: /root/Essai}":         "-",
		"q06: {fichier: /home/essai}":         "-",
		"q06: {fichier: /root}":               "-",
	}.check(t, func(f *answers.File) reports.Answer { return Q06(f, []string{"/root/essai", "/root/b.txt"}) })
	if a := Q06(wrote(t, "q06: {fichier: essai}"), nil); marks(a) != "-" || a.Facts[0].True != "—" {
		t.Errorf("no file: %+v", a.Facts)
	}
}

func TestQ10(t *testing.T) {
	truth := Physical{Cards: []string{"eno1", "eno2", "enp3s0"}, Ports: []string{"eno1"}, Explained: reports.Text{FR: "eno1 : carte", EN: "eno1: card"}}
	judge := func(f *answers.File) reports.Answer { return Q10(f, truth) }
	cases{
		"":                                "0",
		"q10: {interface: eno1}":          "+",
		"q10: {interface: ENO1}":          "+",
		"q10: {interface: eno1 et eno2}":  "+",
		"q10: {interface: enp3s0}":        "+",
		"q10: {interface: vmbr0}":         "-",
		"q10: {interface: 'eno1, vmbr0'}": "-",
		"q10: {interface: aucune}":        "-",
	}.check(t, judge)
	if a := judge(wrote(t, "")); !strings.HasSuffix(a.Reference.EN, "\neno1: card") || !strings.HasSuffix(a.Reference.FR, "\neno1 : carte") {
		t.Errorf("reference %+v", a.Reference)
	}
}

func TestQ11(t *testing.T) {
	static := Bridge{Method: "static", CIDR: "192.168.1.10/24", Gateway: "192.168.1.254", Ports: []string{"eno1", "eno2"}}
	cases{
		"": "0000",
		"q11: {adresse: 192.168.1.10/24, passerelle: 192.168.1.254, ports: 'eno2, eno1', methode: statique}":           "++++",
		"q11: {adresse: 192.168.1.10 255.255.255.0, passerelle: 192.168.1.254/24, ports: [eno1, eno2], methode: dhcp}": "+++-",
		"q11: {adresse: 192.168.1.10, passerelle: aucune, ports: eno1, methode: rien du tout}":                         "----",
		"q11: {adresse: 192.168.1.10/16, passerelle: 192.168.1.1, ports: aucun, methode: manual}":                      "----",
		"q11: {adresse: aucune}": "-000",
		"q11: {adresse: moi}":    "-000",
	}.check(t, func(f *answers.File) reports.Answer { return Q11(f, static) })

	bare := Bridge{Method: "manual"}
	cases{
		"q11: {adresse: aucune, passerelle: aucune, ports: aucun, methode: manuel}": "++++",
		"q11: {adresse: 10.0.0.1/8, passerelle: 10.0.0.2, ports: eno1}":             "---0",
	}.check(t, func(f *answers.File) reports.Answer { return Q11(f, bare) })

	// What DHCP gave is compared where it was seen.
	leased := "q11: {adresse: 192.168.1.77/24, passerelle: 192.168.1.254, ports: eno1, methode: dhcp}"
	cases{leased: "++"}.check(t, func(f *answers.File) reports.Answer { return Q11(f, Bridge{Method: "dhcp", Ports: []string{"eno1"}}) })
	cases{leased: "+++"}.check(t, func(f *answers.File) reports.Answer {
		return Q11(f, Bridge{Method: "dhcp", Ports: []string{"eno1"}, Live: []string{"192.168.1.77/24"}})
	})
	cases{leased: "-++"}.check(t, func(f *answers.File) reports.Answer {
		return Q11(f, Bridge{Method: "dhcp", Ports: []string{"eno1"}, Live: []string{"192.168.1.78/24"}})
	})
}

func TestWhatThePracticalMakesTrue(t *testing.T) {
	cases{"": "0", "q13: {fonctionne: non}": "+", "q13: {fonctionne: oui}": "-", "q13: {fonctionne: bof}": "-"}.check(t, Q13)
	cases{"": "0", "q18: {fonctionne: No}": "+", "q18: {fonctionne: yes}": "-"}.check(t, Q18)
	cases{"": "0", "q20: {passe: non}": "+", "q20: {passe: oui}": "-"}.check(t, Q20)
	cases{
		"": "0", "q21: {passe: oui}": "+", "q21: {passe: non}": "-",
		"q21: {passe: oui, ttl_entree: 64, ttl_sortie: 63}": "++",
		"q21: {passe: oui, ttl_entree: 63, ttl_sortie: 64}": "+-",
		"q21: {passe: oui, ttl_entree: 64, ttl_sortie: 64}": "+-",
		"q21: {passe: oui, ttl_entree: 0, ttl_sortie: -1}":  "+-",
		"q21: {passe: oui, ttl_entree: 64}":                 "+-",
		"q21: {ttl_entree: 999, ttl_sortie: 998}":           "0-",
	}.check(t, Q21)
	cases{
		"": "0", "q14: {adresse: 127.0.0.1}": "+", "q14: {adresse: 127.0.0.1/8}": "+", "q14: {adresse: ::1/128}": "+", "q14: {adresse: '::1'}": "+",
		"q14: {adresse: 127.0.0.1/24}": "-", "q14: {adresse: 127.0.0.0/8}": "-", "q14: {adresse: aucune}": "-", "q14: {adresse: localhost}": "-",
	}.check(t, Q14)
}

const liveFile = `source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

auto ens18
iface ens18 inet static
	address 10.0.3.2/29
	gateway 10.0.3.1
`

// pasted is Q15 answered with that text.
func pasted(text string) string {
	return "q15:\n  fichier: |\n    " + strings.ReplaceAll(text, "\n", "\n    ") + "\n"
}

func TestQ15(t *testing.T) {
	live := linuxnet.Files{interfacesPath: {Content: liveFile}}
	cases{
		"":               "0",
		pasted(liveFile): "+++++",
		pasted("auto ens18\niface ens18 inet static\naddress 10.0.3.2\nnetmask 255.255.255.248\ngateway 10.0.3.1"):       "+++++",
		pasted("# mon fichier\nallow-hotplug ens18\niface ens18 inet static\n  address 10.0.3.2/29\n  gateway 10.0.3.1"): "+++++",
		pasted("Voici :\nauto ens18\niface ens18 inet static\n  address 10.0.3.2/29\n  gateway 10.0.3.1\n```"):           "+++++",
		pasted("iface ens18 inet static\n  address 10.0.3.2/29\n  gateway 10.0.3.1"):                                     "+-+++",
		pasted("auto ens18\niface ens18 inet static\n  address 10.0.3.3/29"):                                             "+++--",
		pasted("auto ens18\niface ens18 inet static\n  address 10.0.3.2/30\n  gateway 10.0.3.1"):                         "+++-+",
		pasted("auto ens18\niface ens18 inet dhcp"):                                                                      "++---",
		pasted("auto ens19\niface ens19 inet static\n  address 10.0.3.2/29\n  gateway 10.0.3.1"):                         "-++++",
		pasted("auto lo\niface lo inet loopback"):                                                                        "-",
		pasted("je ne sais plus"): "-",
		pasted("auto ens18\niface ens18 inet static\n  address partout\n  gateway 10.0.3.1 # la passerelle"): "+++-+",
	}.check(t, func(f *answers.File) reports.Answer { return Q15(f, live, "ens18") })
	if a := Q15(wrote(t, pasted(liveFile)), nil, "ens18"); marks(a) != "-----" {
		t.Errorf("nothing on the VM: %+v", a.Facts)
	}
}

func TestQ19(t *testing.T) {
	truth := []answers.Wire{{NIC: "ens18", Bridge: "vmbr13"}, {NIC: "ens19", Bridge: "vmbr14"}}
	cases{
		"": "00",
		"q19: {interfaces: {ens18: vmbr13, ens19: vmbr14}}":                "++",
		"q19: {interfaces: {ENS18: VMBR13, ens19: vmbr14}}":                "++",
		"q19: {interfaces: {vmbr13: ens18, vmbr14: ens19}}":                "++",
		"q19: {interfaces: {ens18: vmbr14, ens19: vmbr13}}":                "--",
		"q19: {interfaces: {ens18: vmbr13}}":                               "+0",
		"q19: {interfaces: {ens18: vmbr13, ens19: vmbr14, ens20: vmbr15}}": "++-",
		"q19: {interfaces: par les MAC}":                                   "-",
		"q19: {interfaces: {ens18: [vmbr13]}}":                             "-",
	}.check(t, func(f *answers.File) reports.Answer { return Q19(f, truth) })
}

func TestHostileAnswersAreShownBoundedAndEscaped(t *testing.T) {
	long := wrote(t, "q06:\n  fichier: \"/root/\\u202e\\x1b[31m"+strings.Repeat("x", 230)+"\"\n")
	a := Q06(long, []string{"/root/" + strings.Repeat("y", 5000)})
	for _, text := range []string{a.Facts[0].Said, a.Facts[0].True} {
		if len(text) > 2*maxShown || strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%d bytes: %q", len(text), text)
		}
	}
}

func TestJudge(t *testing.T) {
	truth := Hardware{CPUs: 16, Cores: 8, Memory: 64 << 30}
	for text, want := range map[string]struct {
		outcome reports.Outcome
		reasons []string // beginnings, in English
	}{
		"":                                 {reports.NotAttempted, []string{"The group wrote nothing"}},
		"q01: {coeurs: 16, ram: 64 Go}":    {reports.Passed, nil},
		"q01: {coeurs: 12, ram: 64 Go}":    {reports.Failed, []string{"The answer is not what is true: number of cores."}},
		"q01: {coeurs: 16}":                {reports.Failed, []string{"Not answered: amount of RAM."}},
		"q01: {coeurs: 16, ram: beaucoup}": {reports.Failed, []string{"The answer cannot be read.", "The answer is not what is true: amount of RAM."}},
		"q01: {coeurs: 16, ram: 64 Go":     {reports.Failed, []string{"The answer cannot be read.", "Not answered", "Not answered"}},
		"q01:\n  coeurs: 16\n  ram: 64 Go\n  remarque: beaucoup": {reports.Passed, nil},
		"q02: {vm: 12": {reports.NotAttempted, []string{"The group wrote nothing"}},
	} {
		f := wrote(t, text)
		outcome, reasons, ok := Judge(f, "tp1.q01", Q01(f, truth))
		if !ok || outcome != want.outcome || len(reasons) != len(want.reasons) {
			t.Errorf("%s: %s, %+v", text, outcome, reasons)
			continue
		}
		for i, r := range reasons {
			if !strings.HasPrefix(r.What.EN, want.reasons[i]) || r.What.FR == "" {
				t.Errorf("%s: reason %+v, want %s", text, r, want.reasons[i])
			}
			if strings.Contains(r.What.EN+r.Seen.EN, "16 (CPU)") {
				t.Errorf("%s: the reason gives the solution away", text)
			}
		}
	}
	f := wrote(t, "q07: parce que")
	if _, _, ok := Judge(f, "tp1.q07", Words(f, "tp1.q07")); ok {
		t.Error("words were judged")
	}
}

func TestEveryQuestionHasAReference(t *testing.T) {
	f := wrote(t, "q07: parce qu'elle tourne\n")
	for _, id := range answers.IDs() {
		if r := Reference(id); r.FR == "" || r.EN == "" || r.FR == r.EN {
			t.Errorf("%s: reference %+v", id, r)
		}
		if a := Words(f, id); a.Group != 3 || a.Facts != nil || (a.Words != "") != (id == "tp1.q07") {
			t.Errorf("%s: %+v", id, a)
		}
	}
	if len(references) != len(answers.IDs()) {
		t.Errorf("%d references for %d questions", len(references), len(answers.IDs()))
	}
}
