package linuxnet

import (
	"strings"
	"testing"
)

func TestDecodeNIC(t *testing.T) {
	for name, want := range map[string]struct{ scheme, parts, fr, en string }{
		"ens18":           {SchemeSlot, "en s18", "emplacement PCI d'extension à chaud 18", "PCI hotplug slot 18"},
		"ens18f1":         {SchemeSlot, "en s18 f1", "fonction 1", "function 1"},
		"enp6s18":         {SchemePath, "en p6 s18", "p6 = bus PCI 6, s18 = emplacement 18 sur ce bus", "p6 = PCI bus 6, s18 = slot 18 on that bus"},
		"enp0s31f6":       {SchemePath, "en p0 s31 f6", "fonction 6 de la carte", "function 6 of the card"},
		"enP2p1s0f0np0":   {SchemePath, "en P2 p1 s0 f0 np0", "domaine PCI 2", "PCI domain 2"},
		"enp1s0f0d1":      {SchemePath, "en p1 s0 f0 d1", "port 1 de la carte", "port 1 of the card"},
		"enp65s0f0v3":     {SchemePath, "en p65 s0 f0 v3", "fonction virtuelle SR-IOV 3", "SR-IOV virtual function 3"},
		"enp0s20u1u2i5":   {SchemePath, "en p0 s20 u1 u2 i5", "port USB 1", "USB port 1"},
		"eno1":            {SchemeOnboard, "en o1", "carte intégrée numéro 1", "on-board card number 1"},
		"eno1np0":         {SchemeOnboard, "en o1 np0", "port nommé p0", "port named p0"},
		"enx001122aabbcc": {SchemeMAC, "en x001122aabbcc", "adresse MAC 001122aabbcc", "MAC address 001122aabbcc"},
		"wlp2s0":          {SchemePath, "wl p2 s0", "réseau sans fil", "wireless LAN"},
		"wwp0s20u4":       {SchemePath, "ww p0 s20 u4", "réseau mobile", "wireless WAN"},
		"ibs3":            {SchemeSlot, "ib s3", "InfiniBand", "InfiniBand"},
		"enX0":            {SchemeOther, "en X0", "Xen 0", "Xen virtual card 0"},
		"end0":            {SchemeOther, "en d0", "arbre de périphériques", "device tree"},
		"env2":            {SchemeOther, "en v2", "VIO 2", "VIO slot 2"},
		"enc1000":         {SchemeOther, "en c1000", "CCW", "CCW"},
		"eth0":            {SchemeKernel, "eth0", "ordre de découverte", "order of discovery"},
		"wlan0":           {SchemeKernel, "wlan0", "ordre de découverte", "order of discovery"},
		"nic0":            {SchemePinned, "nic0", "Proxmox VE 9", "Proxmox VE 9"},
		"lo":              {SchemeLo, "lo", "boucle locale", "loopback"},
	} {
		n, err := DecodeNIC(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var parts []string
		for _, p := range n.Parts {
			parts = append(parts, p.Text)
		}
		if n.Scheme != want.scheme || strings.Join(parts, " ") != want.parts {
			t.Errorf("%s: %s, %v", name, n.Scheme, parts)
		}
		if !strings.Contains(n.FR, want.fr) || !strings.Contains(n.EN, want.en) || !strings.HasPrefix(n.FR, name) || !strings.HasPrefix(n.EN, name) {
			t.Errorf("%s:\n%s\n%s", name, n.FR, n.EN)
		}
	}
}

func TestNamesThatAreNoCards(t *testing.T) {
	for _, name := range []string{"", "en", "vmbr0", "tap101i0", "ensx", "enp6", "enp6s", "enx00112233445", "enx001122AABBCC", "ens18 ", "eth", "ens18z1", "enP2", strings.Repeat("enp1s1", 100), "\x1b[2J"} {
		if n, err := DecodeNIC(name); err == nil {
			t.Errorf("%q is explained: %s", name, n.EN)
		}
	}
}

func FuzzDecodeNIC(f *testing.F) {
	for _, name := range []string{"ens18", "enp0s20u1u2c1i5", "enx001122aabbcc", "eno1", "enP1p2s3f4d5v6npx", "lo"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		n, err := DecodeNIC(name)
		if err != nil {
			return
		}
		var whole string
		for _, p := range n.Parts {
			whole += p.Text
		}
		if whole != name || n.FR == "" || n.EN == "" {
			t.Errorf("%q is taken apart as %q", name, whole)
		}
	})
}
