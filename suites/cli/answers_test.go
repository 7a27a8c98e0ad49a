package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/answers"
)

func TestAnswersInitWritesAFileForEachGroup(t *testing.T) {
	cmd := program(t, t.Context(), "answers", "init", "--groups", "1,3")
	r := finish(t, cmd)
	if r.code != 0 || r.out != "answers/groupe-1.yaml\nanswers/groupe-3.yaml\n" || r.err != "" {
		t.Fatalf("exit %d: %s%s", r.code, r.out, r.err)
	}
	for _, group := range []int{1, 3} {
		file, err := answers.ReadFolder(filepath.Join(cmd.Dir, "answers"), group)
		if err != nil || file.Problems != nil || file.Group != group {
			t.Errorf("group %d: %+v, %v", group, file, err)
		}
	}
	text := read(t, filepath.Join(cmd.Dir, "answers", "groupe-3.yaml"))
	if !strings.HasPrefix(text, "# Les réponses écrites du groupe 3.") {
		t.Errorf("got\n%s", text)
	}
}

func TestAnswersInitInEnglishInAnotherFolder(t *testing.T) {
	cmd := program(t, t.Context(), "answers", "init", "--groups", "2", "--dir", "class/tp1", "--lang", "en")
	if r := finish(t, cmd); r.code != 0 || r.out != "class/tp1/groupe-2.yaml\n" {
		t.Fatalf("exit %d: %s%s", r.code, r.out, r.err)
	}
	if text := read(t, filepath.Join(cmd.Dir, "class/tp1/groupe-2.yaml")); !strings.HasPrefix(text, "# The written answers of group 2.") {
		t.Errorf("got\n%s", text)
	}
}

func TestAnswersInitTakesTheConfigurationsGroups(t *testing.T) {
	cmd := program(t, t.Context(), "answers", "init", "--json")
	write(t, filepath.Join(cmd.Dir, "ginkgo.yaml"), "groups: 4-5\n")
	r := finish(t, cmd)
	var made templates
	if err := json.Unmarshal([]byte(r.out), &made); err != nil || r.code != 0 {
		t.Fatalf("exit %d, %v: %s%s", r.code, err, r.out, r.err)
	}
	if !slices.Equal(made.Written, []string{"answers/groupe-4.yaml", "answers/groupe-5.yaml"}) || len(made.Left) != 0 {
		t.Errorf("got %+v", made)
	}
}

func TestAnswersInitNeverWritesOverAFile(t *testing.T) {
	cmd := program(t, t.Context(), "answers", "init", "--groups", "1-3", "--lang", "en")
	folder := filepath.Join(cmd.Dir, "answers")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "groupe-1.yaml"), "groupe: 1\n")
	elsewhere := filepath.Join(cmd.Dir, "elsewhere")
	if err := os.Symlink(elsewhere, filepath.Join(folder, "groupe-2.yaml")); err != nil {
		t.Fatal(err)
	}
	r := finish(t, cmd)
	if r.code != ExitFailed || r.out != "answers/groupe-3.yaml\n" {
		t.Errorf("exit %d: %s", r.code, r.out)
	}
	for _, name := range []string{"groupe-1.yaml", "groupe-2.yaml"} {
		if !strings.Contains(r.err, "answers/"+name+" exists already, left as it is") {
			t.Errorf("nothing about %s in %s", name, r.err)
		}
	}
	if read(t, filepath.Join(folder, "groupe-1.yaml")) != "groupe: 1\n" || exists(elsewhere) {
		t.Error("a file was written over, or a link followed")
	}
}

func TestAnswersCheckTellsWhatIsThereAndWhatIsNot(t *testing.T) {
	cmd := program(t, t.Context(), "answers", "check", "groupe-3.yaml", "--lang", "en")
	write(t, filepath.Join(cmd.Dir, "groupe-3.yaml"), "groupe: 3\nq01: {coeurs: 16, ram: 64 Go}\nq06:\n  fichier: /root/a\nq13:\n  fonctionne: bof\n")
	r := finish(t, cmd)
	want := `groupe-3.yaml: answered: q01
groupe-3.yaml: partly answered: q06
groupe-3.yaml: not answered: q02 q07 q08 q10 q11 q14 q15 q16 q17 q18 q19 q20 q21
groupe-3.yaml: cannot be read: q13
groupe-3.yaml:6: fonctionne: expected yes (oui) or no (non); read: bof
`
	if r.code != ExitFailed || r.out != want || r.err != "" {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
}

func TestAnswersCheckSpeaksFrench(t *testing.T) {
	cmd := program(t, t.Context(), "answers", "check", "x.yaml")
	write(t, filepath.Join(cmd.Dir, "x.yaml"), "groupe: 3\nq13: {fonctionne: bof}\n")
	if r := finish(t, cmd); r.code != ExitFailed || !strings.Contains(r.out, "x.yaml:2: fonctionne : on attend oui ou non ; lu : bof\n") {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
}

func TestAnswersCheckIsContentWithACompleteFile(t *testing.T) {
	cmd := program(t, t.Context(), "answers", "check", "--json")
	if err := os.Mkdir(filepath.Join(cmd.Dir, "answers"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(cmd.Dir, "answers", "groupe-12.yaml"), complete)
	r := finish(t, cmd)
	var all []checked
	if err := json.Unmarshal([]byte(r.out), &all); err != nil || len(all) != 1 {
		t.Fatalf("%v in %s%s", err, r.out, r.err)
	}
	if r.code != ExitPassed || all[0].Group != 12 || len(all[0].Problems) != 0 || !slices.Equal(all[0].Questions["answered"], answers.IDs()) {
		t.Errorf("exit %d: %+v", r.code, all[0])
	}
}

const complete = `groupe: 12
q01: {coeurs: 16, ram: 64 Go}
q02: {vm: 29, raisonnement: la RAM}
q06: {fichier: /root/a, commande: touch}
q07: elle tourne
q08: {commande: ping, resultat: rien}
q10: {interface: eno1, explication: carte}
q11: {adresse: aucune, passerelle: aucune, ports: eno1, methode: manual}
q13: {fonctionne: non, pourquoi: pas de route}
q14: {adresse: 127.0.0.1, explication: boucle}
q15: le fichier
q16: conflit
q17: passerelle
q18: {fonctionne: non, pourquoi: ARP}
q19: {interfaces: {ens18: vmbr11}, methode: MAC}
q20: {passe: non, observation: requêtes}
q21: {passe: oui, observation: TTL}
`

func TestOneGroupsTroubleIsNotAnothers(t *testing.T) {
	cmd := program(t, t.Context(), "answers", "check", "--dir", ".", "--lang", "en")
	write(t, filepath.Join(cmd.Dir, "groupe-10.yaml"), "\x00\x01\x02")
	write(t, filepath.Join(cmd.Dir, "groupe-2.yaml"), "groupe: 3\n")
	write(t, filepath.Join(cmd.Dir, "groupe-4.yaml"), strings.Replace(complete, "12", "4", 1))
	write(t, filepath.Join(cmd.Dir, "groupe-05.yaml"), "no answers file by its name")
	if err := os.Mkdir(filepath.Join(cmd.Dir, "groupe-7.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	r := finish(t, cmd)
	lines := strings.Split(r.out, "\n")
	for i, want := range []string{
		"groupe-2.yaml:1: these answers are group 3's, not group 2's", "groupe-4.yaml: answered: q01 ",
		"groupe-7.yaml: the file cannot be read: not a regular file", "groupe-10.yaml: this is no text file", "",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d of %d: want %q in\n%s", i, len(lines), want, r.out)
		}
	}
	if r.code != ExitFailed || len(lines) != 5 || r.err != "" {
		t.Errorf("exit %d, %d lines: %s", r.code, len(lines), r.err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
