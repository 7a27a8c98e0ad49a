package linuxnet

// NICName is the name of a network card, taken apart by the rules of
// systemd.net-naming-scheme(7).
type NICName struct {
	Name   string
	Scheme string // "slot", "path", "onboard", "mac", "kernel", "pinned", …
	Parts  []NICPart
	FR, EN string // a sentence that explains the whole name
}

// NICPart is one part of the name.
type NICPart struct {
	Text   string // "s18"
	FR, EN string // "emplacement d'extension à chaud 18", "hotplug slot 18"
}

// DecodeNIC explains the name of a network card.
func DecodeNIC(name string) (NICName, error) { return NICName{}, nil }
