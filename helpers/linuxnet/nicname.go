package linuxnet

import (
	"fmt"
	"regexp"
	"strings"
)

// NICName is the name of a network card, taken apart by the rules of
// systemd.net-naming-scheme(7).
type NICName struct {
	Name   string
	Scheme string // SchemeSlot, SchemePath, …
	Parts  []NICPart
	FR, EN string // a sentence that explains the whole name
}

// NICPart is one part of the name.
type NICPart struct {
	Text   string // "s18"
	FR, EN string // "emplacement PCI d'extension à chaud 18", "PCI hotplug slot 18"
}

// The ways in which a card gets its name.
const (
	SchemeSlot    = "slot"    // ens18: the number of its PCI hotplug slot
	SchemePath    = "path"    // enp6s18: where it is on the bus
	SchemeOnboard = "onboard" // eno1: the index that the firmware gives
	SchemeMAC     = "mac"     // enx001122334455
	SchemeKernel  = "kernel"  // eth0: the order of discovery
	SchemePinned  = "pinned"  // nic0: a fixed name chosen by an administrator (Proxmox VE 9)
	SchemeLo      = "loopback"
	SchemeOther   = "other" // Xen, device tree, platform and other buses
)

// maxIfName is IFNAMSIZ-1 of Linux; alternative names may be longer.
const maxIfName = 128

var kinds = []struct{ prefix, fr, en string }{
	{"en", "Ethernet", "Ethernet"},
	{"wl", "réseau sans fil (WLAN)", "wireless LAN"},
	{"ww", "réseau mobile (WWAN)", "wireless WAN"},
	{"ib", "InfiniBand", "InfiniBand"},
	{"sl", "ligne série (SLIP)", "serial line IP"},
}

type piece struct {
	pattern *regexp.Regexp
	fr, en  string // with %s for the part's number
}

func pieceOf(expression, fr, en string) piece {
	return piece{regexp.MustCompile(`^` + expression), fr, en}
}

// The parts that may follow the kind, per scheme, in the order of the manual page. The
// numbers of slots and buses are decimal; a domain may be left out.
var (
	domain   = pieceOf(`P([0-9]{1,6})`, "domaine PCI %s", "PCI domain %s")
	bus      = pieceOf(`p([0-9]{1,4})`, "bus PCI %s", "PCI bus %s")
	slot     = pieceOf(`s([0-9]{1,6})`, "emplacement %s sur ce bus", "slot %s on that bus")
	hotplug  = pieceOf(`s([0-9]{1,10})`, "emplacement PCI d'extension à chaud %s", "PCI hotplug slot %s")
	function = pieceOf(`f([0-9]{1,4})`, "fonction %s de la carte", "function %s of the card")
	portName = pieceOf(`n([A-Za-z0-9_-]{1,15})`, "port nommé %s", "port named %s")
	port     = pieceOf(`d([0-9]{1,6})`, "port %s de la carte", "port %s of the card")
	virtual  = pieceOf(`v([0-9]{1,6})`, "fonction virtuelle SR-IOV %s", "SR-IOV virtual function %s")
	usb      = pieceOf(`u([0-9]{1,4})`, "port USB %s", "USB port %s")
	usbConf  = pieceOf(`c([0-9]{1,4})`, "configuration USB %s", "USB configuration %s")
	usbIf    = pieceOf(`i([0-9]{1,4})`, "interface USB %s", "USB interface %s")
	onboard  = pieceOf(`o([0-9]{1,10})`, "carte intégrée numéro %s selon le micrologiciel", "on-board card number %s as the firmware says")
	macPart  = pieceOf(`x([0-9a-f]{12})$`, "adresse MAC %s", "MAC address %s")
)

// optional parts may follow the ones a scheme needs; USB parts may repeat (hubs).
var schemes = []struct {
	name     string
	needed   []piece
	optional []piece
	fr, en   string
}{
	{SchemeMAC, []piece{macPart}, nil,
		"nommée d'après son adresse MAC", "named after its MAC address"},
	{SchemeOnboard, []piece{onboard}, []piece{virtual, portName, port},
		"nommée d'après l'index donné par le micrologiciel (carte intégrée)", "named after the index the firmware gives (on-board card)"},
	{SchemePath, []piece{bus, slot}, []piece{virtual, function, portName, port, usb, usbConf, usbIf},
		"nommée d'après sa place sur le bus PCI", "named after its place on the PCI bus"},
	{SchemeSlot, []piece{hotplug}, []piece{virtual, function, portName, port, usb, usbConf, usbIf},
		"nommée d'après le numéro de son emplacement PCI", "named after the number of its PCI slot"},
	{SchemeOther, []piece{pieceOf(`X([0-9]{1,6})`, "carte virtuelle Xen %s", "Xen virtual card %s")}, nil,
		"nommée d'après son numéro Xen", "named after its Xen number"},
	{SchemeOther, []piece{pieceOf(`d([0-9]{1,6})`, "alias %s de l'arbre de périphériques", "device tree alias %s")}, nil,
		"nommée d'après l'arbre de périphériques", "named after the device tree"},
	{SchemeOther, []piece{pieceOf(`c([0-9a-f.]{1,16})$`, "bus CCW %s", "CCW bus id %s")}, nil,
		"nommée d'après son bus CCW (IBM Z)", "named after its CCW bus id (IBM Z)"},
	{SchemeOther, []piece{pieceOf(`v([0-9]{1,10})`, "emplacement VIO %s", "VIO slot %s")}, nil,
		"nommée d'après son emplacement VIO (POWER)", "named after its VIO slot (POWER)"},
	{SchemeOther, []piece{pieceOf(`b([0-9]{1,6})`, "cœur BCMA %s", "BCMA bus core %s")}, nil,
		"nommée d'après son bus BCMA", "named after its BCMA bus"},
	{SchemeOther, []piece{pieceOf(`a([a-z0-9]{1,8}i[0-9]{1,6})$`, "périphérique ACPI %s", "ACPI device %s")}, nil,
		"nommée d'après son identifiant ACPI", "named after its ACPI id"},
}

var plain = []struct {
	pattern        *regexp.Regexp
	scheme, fr, en string
}{
	{regexp.MustCompile(`^lo$`), SchemeLo, "boucle locale, interface virtuelle de la machine vers elle-même", "loopback, the machine's virtual interface to itself"},
	{regexp.MustCompile(`^eth[0-9]{1,6}$`), SchemeKernel, "nom donné par le noyau dans l'ordre de découverte, qui peut changer d'un démarrage à l'autre", "name given by the kernel in the order of discovery, which may change from boot to boot"},
	{regexp.MustCompile(`^(wlan|wwan|ib)[0-9]{1,6}$`), SchemeKernel, "nom donné par le noyau dans l'ordre de découverte", "name given by the kernel in the order of discovery"},
	{regexp.MustCompile(`^nic[0-9]{1,6}$`), SchemePinned, "nom fixe attribué par l'administrateur (Proxmox VE 9)", "fixed name given by the administrator (Proxmox VE 9)"},
	{regexp.MustCompile(`^if[0-9]{1,6}$`), SchemePinned, "nom fixe attribué par l'administrateur", "fixed name given by the administrator"},
}

// DecodeNIC explains the name of a network card. A name that follows no rule (a bridge,
// a tap, a name of the administrator's own) is an error.
func DecodeNIC(name string) (NICName, error) {
	if len(name) <= maxIfName {
		for _, p := range plain {
			if p.pattern.MatchString(name) {
				part := NICPart{Text: name, FR: p.fr, EN: p.en}
				return NICName{Name: name, Scheme: p.scheme, Parts: []NICPart{part}, FR: name + " : " + p.fr, EN: name + ": " + p.en}, nil
			}
		}
		for _, kind := range kinds {
			if rest, ok := strings.CutPrefix(name, kind.prefix); ok {
				return decodeKind(name, rest, NICPart{Text: kind.prefix, FR: kind.fr, EN: kind.en})
			}
		}
	}
	return NICName{}, unknownNIC(name)
}

func unknownNIC(name string) error {
	return fmt.Errorf("%s follows no naming rule of network cards; expected e.g. ens18, enp6s18, eno1, enx001122334455 or eth0", quote(name))
}

func decodeKind(name, rest string, kind NICPart) (NICName, error) {
	for _, s := range schemes {
		parts, ok := match(rest, s.needed, s.optional)
		if !ok {
			continue
		}
		n := NICName{Name: name, Scheme: s.name, Parts: append([]NICPart{kind}, parts...)}
		var fr, en []string
		for _, p := range n.Parts {
			fr = append(fr, p.Text+" = "+p.FR)
			en = append(en, p.Text+" = "+p.EN)
		}
		n.FR = fmt.Sprintf("%s : carte %s ; %s", name, s.fr, strings.Join(fr, ", "))
		n.EN = fmt.Sprintf("%s: card %s; %s", name, s.en, strings.Join(en, ", "))
		return n, nil
	}
	return NICName{}, unknownNIC(name)
}

// match takes the needed parts in order, with a domain before them where there is one,
// then any of the optional ones until nothing is left.
func match(rest string, needed, optional []piece) ([]NICPart, bool) {
	var parts []NICPart
	if part, after, ok := domain.take(rest); ok {
		parts, rest = append(parts, part), after
	}
	for _, p := range needed {
		part, after, ok := p.take(rest)
		if !ok {
			return nil, false
		}
		parts, rest = append(parts, part), after
	}
	for rest != "" {
		before := rest
		for _, p := range optional {
			if part, after, ok := p.take(rest); ok {
				parts, rest = append(parts, part), after
				break
			}
		}
		if rest == before {
			return nil, false
		}
	}
	return parts, true
}

func (p piece) take(text string) (part NICPart, after string, ok bool) {
	m := p.pattern.FindStringSubmatch(text)
	if m == nil {
		return NICPart{}, text, false
	}
	return NICPart{Text: m[0], FR: fmt.Sprintf(p.fr, m[1]), EN: fmt.Sprintf(p.en, m[1])}, text[len(m[0]):], true
}
