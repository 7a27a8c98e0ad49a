package answers

import (
	"bytes"
	"embed"
	"fmt"
	"text/template"
)

//go:embed template.fr.yaml template.en.yaml
var templates embed.FS

// Template is an answers file with nothing answered yet, its comments in the language
// ("fr" or "en"). The keys are the same in both.
func Template(group int, lang string) ([]byte, error) {
	if lang != "en" {
		lang = "fr"
	}
	file := "template." + lang + ".yaml"
	t, err := template.ParseFS(templates, file)
	if err != nil {
		return nil, fmt.Errorf("read the template of answers: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, struct{ Group int }{group}); err != nil {
		return nil, fmt.Errorf("write the answers of group %d: %w", group, err)
	}
	return out.Bytes(), nil
}
