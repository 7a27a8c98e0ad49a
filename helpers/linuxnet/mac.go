package linuxnet

import (
	"fmt"
	"strings"
)

// MAC is an Ethernet address. It is comparable: bc:24:11:00:00:01 of a guest equals
// BC:24:11:00:00:01 of a Proxmox configuration.
type MAC [6]byte

// ParseMAC reads six bytes in hex, in either case, separated by : or -.
func ParseMAC(text string) (MAC, error) {
	var mac MAC
	text = strings.TrimSpace(text)
	if len(text) != 17 {
		return MAC{}, fmt.Errorf("%s is no MAC address; expected six bytes such as bc:24:11:00:00:01", quote(text))
	}
	separator := text[2]
	for i := range mac {
		high, okHigh := hexDigit(text[3*i])
		low, okLow := hexDigit(text[3*i+1])
		ok := okHigh && okLow && (separator == ':' || separator == '-') && (i == 5 || text[3*i+2] == separator)
		if !ok {
			return MAC{}, fmt.Errorf("%s is no MAC address; expected six bytes such as bc:24:11:00:00:01", quote(text))
		}
		mac[i] = high<<4 | low
	}
	return mac, nil
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// String is lower case with colons, as Linux writes it.
func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// IsZero says that there is no address.
func (m MAC) IsZero() bool { return m == MAC{} }

// Multicast says that the address names a group, which no card may have.
func (m MAC) Multicast() bool { return m[0]&1 == 1 }

// Local says that the address was made by software, not given by a manufacturer.
func (m MAC) Local() bool { return m[0]&2 == 2 }

// SameMAC compares two written MACs; what is no MAC equals nothing.
func SameMAC(a, b string) bool {
	x, errX := ParseMAC(a)
	y, errY := ParseMAC(b)
	return errX == nil && errY == nil && x == y
}
