package linuxnet

import "net/netip"

// Interfaces is /etc/network/interfaces with everything it sources.
type Interfaces struct {
	Auto    []Selection // auto, allow-auto, allow-hotplug and other allow- classes
	Stanzas []Stanza    // iface stanzas, in the order they are read
	Files   []string    // the files that were read, in order
}

// Selection is one interface named by an auto or allow- line.
type Selection struct {
	Class string // "auto" (also for allow-auto), "hotplug", …
	Name  string
	File  string
	Line  int
}

// Stanza is one iface stanza.
type Stanza struct {
	Name     string
	Family   string // inet, inet6; "" where the file leaves it out
	Method   string // static, dhcp, manual, loopback
	Inherits []string
	Options  []Option
	File     string
	Line     int
}

// Option is one line of a stanza.
type Option struct {
	Name, Value string
	File        string
	Line        int
}

// Files is a set of text files by absolute path, as read from a guest.
type Files map[string]File

// File is a regular file, or a symbolic link where Link is set. A link to /dev/null masks.
type File struct {
	Content string
	Link    string
}

// ParseInterfaces reads the interfaces file at path and what it sources from files. It
// returns what it understood also where there are errors; the error is a *SyntaxErrors.
func ParseInterfaces(files Files, path string) (*Interfaces, error) { return &Interfaces{}, nil }

// SyntaxError is one line that is not understood.
type SyntaxError struct {
	File string
	Line int
	Text string
}

// SyntaxErrors are all lines that are not understood.
type SyntaxErrors []SyntaxError

func (e SyntaxErrors) Error() string { return "" }

// IsAuto says that the interface comes up at boot: auto, or hotplug for a card that is there.
func (i *Interfaces) IsAuto(name string) bool { return false }

// Stanza is the first inet stanza of that name.
func (i *Interfaces) Stanza(name string) (Stanza, bool) { return Stanza{}, false }

// Duplicates are the inet stanzas that repeat an earlier one of the same name.
func (i *Interfaces) Duplicates() []Stanza { return nil }

// Option is the value of an option, "" where it is not set.
func (s Stanza) Option(name string) string { return "" }

// Address is the static address with its length, from address and netmask.
func (s Stanza) Address() (netip.Prefix, error) { return netip.Prefix{}, nil }

// Gateway is the default gateway, the zero Addr where there is no gateway line.
func (s Stanza) Gateway() (netip.Addr, error) { return netip.Addr{}, nil }
