package cli

// frenchPages are the commands' pages in French, by the command's path.
func frenchPages() map[string]page {
	const (
		question = "seulement ces questions, par exemple `12,20-21` ou clone"
		profile  = "`profil` de la configuration : délais, étiquettes"
	)
	return map[string]page{
		"labproof": {
			short: "Prouver qu'un TP sur Proxmox marche, avec de vraies VM",
			long: `labproof prouve le TP1 « Virtualisation : Proxmox, Linux & Networking ».

Sans cible, il apporte son propre nœud Proxmox : rien du réseau de cette machine n'est
touché, et chaque VM s'arrête avec la commande.

Codes de sortie : 0 tout est réussi, 1 quelque chose a échoué, 2 ligne de commande ou
configuration, 3 le nœud ou labproof a failli, ou la commande a été interrompue.`,
			example: `  labproof validate                       tout le TP, sur le nœud embarqué
  labproof validate --list                les questions, sans les jouer
  labproof validate --question 12,20-21   seulement celles-ci, et ce sur quoi elles s'appuient`,
			flags: map[string]string{
				"config":  "`fichier` de configuration (par défaut : ginkgo.yaml ici ou plus haut, sinon celle du programme)",
				"target":  "le nom d'une `cible` de la configuration, ou un fichier de cible (par défaut : celle de la configuration)",
				"lang":    "`langue` des messages et des rapports : fr ou en (par défaut : celle de la configuration)",
				"out":     "`dossier` des exécutions",
				"json":    "écrire le résultat en JSON sur la sortie standard, et rien d'autre",
				"verbose": "en dire plus sur la sortie d'erreur",
			},
		},
		"labproof help": {use: "help [commande]", short: "L'aide d'une commande", long: "help montre l'aide d'une commande."},
		"labproof validate": {
			short: "Jouer l'étudiant parfait, vérifier chaque question, tout défaire",
			long: `validate fait tout le TP comme un étudiant, vérifie chaque question, défait le TP et écrit
les rapports sous --out.

Sans --target, il construit une fois l'image des VM, démarre le nœud embarqué et l'arrête à
la fin. Ctrl-C garde les preuves et défait le TP ; un second Ctrl-C arrête aussitôt et dit
comment nettoyer ensuite.`,
			flags: map[string]string{
				"groups":   "groupes à jouer, par exemple `1,2-4` (par défaut : ceux de la configuration)",
				"question": question + ", et ce sur quoi elles s'appuient",
				"label":    "seulement les questions dont les étiquettes satisfont cette `expression`, par exemple 'network && !pair'",
				"profile":  profile + ", répétitions",
				"list":     "montrer les questions sans les jouer",
				"keep":     "garder le TP, et le nœud embarqué, à la fin",
				"look":     "seulement regarder à nouveau un TP qui a été gardé, sans rien faire",
			},
		},
		"labproof grade": {
			short: "Regarder ce que les groupes ont construit, sans rien changer, et en juger",
			long: `grade regarde un TP que d'autres ont construit et dit, par groupe et par question, ce qui
est juste, ce qui ne l'est pas et ce qui n'a pas pu être vu. Il ne change rien : sa session
refuse d'envoyer autre chose que des lectures, et dans les VM il ne lance qu'une courte
liste de commandes qui lisent. --probe ajoute des pings et des captures dans les VM.

--from juge à nouveau ce qu'une exécution a vu, sans nœud : après un changement des points
ou de ce qui est accepté. Ses verdicts et ses notes vont dans un dossier à part.

Sans --target, il regarde le TP que labproof validate --keep a laissé.`,
			flags: map[string]string{
				"groups":    "groupes à noter, par exemple `1,2-4` (par défaut : ceux de la configuration)",
				"question":  question,
				"profile":   profile,
				"probe":     "envoyer aussi des pings depuis les VM, y capturer, et poser un instant un port sur les bridges des groupes",
				"intrusive": "ramener aussi un instant ce qui ne se voit qu'alors ; chaque changement est annoncé avant, et défait",
				"answers":   "`dossier` des réponses des groupes (labproof answers init les prépare), à juger aussi",
				"from":      "juger à nouveau ce que cette exécution a vu : son `dossier`, ou son nom sous --out",
			},
		},
		"labproof doctor": {
			short: "Avant la rentrée : ce nœud porte-t-il ce TP, pour tant de groupes, avec ces droits ?",
			long: `doctor regarde un nœud et dit, une ligne par point, ce qui est prêt pour le TP, ce qu'il
faut savoir et ce qu'il faut faire d'abord. Il ne fait que lire.

D'un vrai nœud : son certificat, sa version, les droits du compte, le stockage et les clones
liés, l'ISO, le bridge, la place pour la classe, ce qui est déjà là, les changements réseau
en attente, le routage de l'hôte ; puis les endroits où le texte du TP n'y est pas exact.
Du nœud embarqué : programmes, disque, mémoire, accélération, image.

Codes de sortie : 0 prêt, 1 quelque chose est à faire d'abord, 2 ligne de commande ou
configuration, 3 le nœud ne répond pas.`,
			flags: map[string]string{
				"groups": "groupes qui travailleront en même temps, par exemple `1-9` (par défaut : ceux de la configuration)",
				"for":    "ce à quoi le nœud doit servir : `validate` (le TP reste à construire) ou grade",
			},
		},
		"labproof answers": {
			short: "Ce que les groupes répondent par écrit : des modèles à remplir, et leur vérification",
			long: `answers traite des fichiers dans lesquels les groupes écrivent ce qui ne se voit pas sur le
nœud : les réponses en mots, et des faits qui sont comparés au nœud.`,
		},
		"labproof answers init": {
			short: "Écrire un fichier de réponses vide par groupe",
			long: `init écrit pour chaque groupe un fichier où rien n'a encore de réponse, avec des commentaires
en français, ou en anglais avec --lang en. Un fichier qui est déjà là est laissé tel quel ; le
code de sortie est alors 1.`,
			flags: map[string]string{
				"groups": "groupes dont il faut le fichier, par exemple `1,2-4` (par défaut : ceux de la configuration)",
				"dir":    "`dossier` des fichiers ; il est créé au besoin",
			},
		},
		"labproof answers check": {
			use:   "check [FICHIER…]",
			short: "Dire ce qui se lit dans les fichiers de réponses, et ce qui manque",
			long: `check lit des fichiers de réponses et dit de chacun quelles questions ont une réponse, une
réponse partielle ou aucune, et ce qui ne se lit pas, avec sa ligne. Que la réponse soit juste
n'est pas regardé. Sans FICHIER, il vérifie tous les groupe-N.yaml de --dir.

Le code de sortie est 0 si toutes les questions ont une réponse, et 1 si quelque chose manque
ou ne se lit pas.`,
			flags: map[string]string{"dir": "`dossier` dont les fichiers sont vérifiés quand aucun n'est nommé"},
		},
		"labproof faults": {
			short: "Prouver le correcteur : faire des erreurs d'étudiants, et voir quelle question les trouve",
		},
		"labproof faults run": {
			short: "Faire chaque erreur dans un TP juste, le faire noter, la défaire",
			long: `run construit une fois le TP des groupes de la configuration sur le nœud embarqué. Puis il y
fait les erreurs l'une après l'autre, fait noter le TP comme labproof grade --probe, et défait
l'erreur. Chacune doit faire rougir ses propres questions, et aucune autre que celles qui
s'appuient dessus. Ce qui n'était pas comme il faut est gardé avec ses preuves.

À plus de deux groupes, chaque paire a en même temps son erreur à elle : les groupes ne
partagent rien, donc aucune erreur ne doit se voir ailleurs.

Avec --target, il prend un TP que labproof validate --keep a laissé, et le laisse debout.`,
			flags: map[string]string{
				"fault": "seulement ces `erreurs`, par leurs noms",
				"times": "combien de `fois` chaque erreur est faite, en tours",
				"list":  "montrer les erreurs et les questions qui doivent les trouver",
				"keep":  "garder le TP qui a été construit pour cela",
			},
		},
		"labproof report": {
			short: "Écrire à nouveau les rapports d'une exécution, d'après ce qu'elle a gardé",
			long: `report écrit à nouveau les rapports d'une exécution, d'après son run.json et ses preuves : le
TP n'est pas touché. Ils vont dans le dossier de l'exécution, où leurs liens vers les preuves
marchent. Il affiche leurs chemins. Les notes sont refaites avec les points de la configuration.`,
			flags: map[string]string{
				"from":   "l'exécution : son `dossier`, ou son nom sous --out",
				"format": "quels `rapports` : html, junit, csv, gradescope (par défaut : tous ceux que l'exécution a)",
			},
		},
		"labproof report diff": {
			use:   "diff AVANT APRÈS",
			short: "Dire ce qui a changé entre deux exécutions",
			long: `diff dit quelles questions ont dans la seconde exécution une autre issue que dans la première.
Le code de sortie est 1 si une question a rougi, sinon 0.`,
		},
		"labproof clean": {
			short: "Défaire ce que des exécutions ont laissé",
			long: `clean arrête les nœuds embarqués que des exécutions ont gardés ou laissés, et défait sur la
cible ce que nomment leurs registres, et rien d'autre : une chose sans la marque de son
exécution est laissée. Les exécutions en cours ne sont pas touchées. Il peut être lancé à tout
moment, et à nouveau.`,
		},
		"labproof node": {
			short: "Faire tourner le nœud Proxmox embarqué au premier plan",
			long: `node fait tourner le nœud Proxmox embarqué jusqu'à Ctrl-C, pour n'importe quel client : HTTPS
avec un certificat à lui, et SSH pour le shell du nœud. Tout ce qu'il démarre vit dans ses
propres espaces de noms et s'arrête avec lui. Le fichier de cible dit comment l'atteindre, mot
de passe compris ; vous seul pouvez le lire.`,
			flags: map[string]string{
				"listen":       "`adresse` de l'API ; le port 0 en prend un libre",
				"listen-ssh":   "`adresse` du shell du nœud",
				"write-target": "écrire ici un `fichier` de cible pour --target",
				"state-dir":    "`dossier` où l'état du nœud reste d'un démarrage à l'autre (par défaut : il ne reste pas)",
				"name":         "`nom` du nœud",
				"pve":          "`version` de Proxmox VE à jouer : 8 ou 9 (par défaut : celle de la configuration)",
				"no-image":     "ne pas construire l'image des VM, ni la mettre sur le stockage du nœud",
			},
		},
		"labproof image": {
			short: "Construire l'image des VM, ou dire où elle est",
			long: `image construit l'image Debian des VM, une fois : elle est gardée sous l'empreinte de sa
recette. La commande affiche le chemin du qcow2.`,
			flags: map[string]string{
				"release": "`version` de Debian : 12 ou 13 (par défaut : celle de la configuration)",
				"mirror":  "`miroir` des paquets (par défaut : celui de la configuration, sinon celui de cette machine)",
				"cache":   "`dossier` des images construites (par défaut : LABPROOF_CACHE, sinon le cache de l'utilisateur)",
				"force":   "la construire même si elle est là",
			},
		},
	}
}
