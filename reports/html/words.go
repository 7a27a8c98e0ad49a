package html

import (
	"strings"

	"github.com/labproof/labproof/reports"
)

// words are the page's own, by the name that the template gives them.
var words = map[string]reports.Text{
	"all passed":   {FR: "Tout ce qui pouvait être vu est juste.", EN: "Everything that could be seen is right."},
	"some failed":  {FR: "Il reste des questions à revoir.", EN: "Some questions need another look."},
	"broken":       {FR: "labproof ou le nœud a failli : ce n'est la faute d'aucun groupe.", EN: "labproof or the node failed: no group is to blame."},
	"interrupted":  {FR: "Passage interrompu : voici ce qui a été vu jusque là.", EN: "Interrupted: this is what was seen until then."},
	"report":       {FR: "Rapport", EN: "Report"},
	"skip":         {FR: "Aller à la grille", EN: "Skip to the grid"},
	"language":     {FR: "English", EN: "Français"},
	"theme":        {FR: "Clair / sombre", EN: "Light / dark"},
	"print":        {FR: "Imprimer", EN: "Print"},
	"node":         {FR: "nœud", EN: "node"},
	"took":         {FR: "durée", EN: "duration"},
	"filter":       {FR: "Filtrer", EN: "Filter"},
	"search":       {FR: "Chercher", EN: "Search"},
	"whom":         {FR: "Groupe", EN: "Group"},
	"everybody":    {FR: "tous", EN: "all"},
	"reset":        {FR: "Tout montrer", EN: "Show all"},
	"shown":        {FR: "verdicts montrés", EN: "verdicts shown"},
	"outcomes":     {FR: "Résultats", EN: "Outcomes"},
	"attention":    {FR: "À regarder d'abord", EN: "Look at these first"},
	"further":      {FR: "autres, dans la grille", EN: "more, in the grid"},
	"nothing":      {FR: "Rien : aucune question n'a échoué.", EN: "Nothing: no question failed."},
	"problems":     {FR: "Problèmes hors des questions", EN: "Problems outside of any question"},
	"grid":         {FR: "Grille", EN: "Grid"},
	"grid caption": {FR: "Une ligne par groupe, une colonne par question ; chaque signe mène à son détail.", EN: "A row per group, a column per question; each sign leads to its details."},
	"picture":      {FR: "Le lab tel qu'il a été vu", EN: "The lab as it was seen"},
	"picture help": {FR: "En rouge et en pointillés : faux ou manquant. En gris : pas vu.", EN: "Red and dashed: wrong or missing. Grey: not seen."},
	"questions":    {FR: "Questions", EN: "Questions"},
	"time":         {FR: "Où le temps est passé", EN: "Where the time went"},
	"time help":    {FR: "Une ligne par groupe, une barre par question ; l'axe est en minutes:secondes.", EN: "A row per group, a bar per question; the axis is in minutes:seconds."},
	"slowest":      {FR: "Les attentes les plus longues", EN: "The longest waits"},
	"expected":     {FR: "attendu", EN: "expected"},
	"seen":         {FR: "vu", EN: "seen"},
	"command":      {FR: "commande", EN: "command"},
	"output":       {FR: "sortie", EN: "output"},
	"next":         {FR: "à voir", EN: "look at"},
	"evidence":     {FR: "preuves", EN: "evidence"},
	"waits":        {FR: "attentes", EN: "waits"},
	"more waits":   {FR: "plus courtes", EN: "shorter ones"},
	"last seen":    {FR: "vu en dernier :", EN: "seen last:"},
	"timed out":    {FR: "délai dépassé", EN: "timed out"},
	"commands":     {FR: "commandes et sorties", EN: "commands and output"},
	"ladder":       {FR: "Les paquets, dans l'ordre", EN: "The packets, in order"},
	"partly":       {FR: "La classe est trop grande pour tout montrer ici : le détail complet est dans les preuves et dans run.json.", EN: "This class is too large to show everything here: all details are in the evidence and in run.json."},
	"more":         {FR: "paquets de plus dans les captures", EN: "more packets in the captures"},
	"no verdict":   {FR: "Aucun verdict à détailler.", EN: "No verdict to detail."},
	"made by":      {FR: "Fait par labproof", EN: "Made by labproof"},
}

func word(name string) reports.Text { return words[name] }

// symbol is the id of the shape that stands for an outcome.
func symbol(outcome string) string { return "s-" + strings.ReplaceAll(outcome, "_", "-") }

func shortID(id string) string {
	_, name, _ := strings.Cut(id, ".")
	return name
}
