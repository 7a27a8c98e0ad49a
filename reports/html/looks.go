package html

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/netip"
	"path"
	"strings"

	"github.com/labproof/labproof/helpers/capture"
	"github.com/labproof/labproof/reports"
)

// maxLook bounds a look that is read back, and maxCommands what is read of a transcript.
const (
	maxLook     = 1 << 20
	maxCommands = 64 << 10
)

// sights are what the evidence of a run shows, by the anchor of its verdict.
type sights struct {
	looks    map[string]look
	commands map[string]string
	ladders  map[string]*ladder
}

// look is the part of a question's look.json that can be drawn. Whatever is not there,
// or not of this form, stays empty: a picture is no reason for a report to fail.
type look struct {
	NIC     nic       `json:"nic"`  // tp1.q13, tp1.q16
	NICs    []nic     `json:"nics"` // tp1.gateway
	Before  *pinged   `json:"before"`
	Network network   `json:"network"` // tp1.q15
	Second  secondVM  `json:"second"`  // tp1.q17
	Cross   *crossing `json:"crossing"`
}

type nic struct {
	MAC    string
	Bridge string
}

type secondVM struct {
	Network network `json:"network"`
}

type network struct {
	Links []struct {
		Name      string
		Type      string
		Addresses []struct{ Prefix string }
	} `json:"links"`
}

type pinged struct {
	From, To string
	Sent     int
	Received int
	Errors   []string
}

type crossing struct {
	Ping  pinged   `json:"ping"`
	Cards []string `json:"cards"` // of the gateway, on X's bridge and on Y's
}

// address is the first IPv4 address of a guest's own network card, with its mask; invalid
// when there is none.
func (n network) address() netip.Prefix {
	for _, l := range n.Links {
		for _, a := range l.Addresses {
			if p, err := netip.ParsePrefix(a.Prefix); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
				return p
			}
		}
	}
	return netip.Prefix{}
}

// gather reads back what can be drawn of a run.
func gather(run *reports.Run, evidence fs.FS) sights {
	s := sights{looks: map[string]look{}, commands: map[string]string{}, ladders: map[string]*ladder{}}
	if evidence == nil {
		return s
	}
	for _, v := range run.Verdicts {
		a := anchor(v.ID, v.Subject)
		captures := map[string]*capture.Capture{}
		for _, file := range v.Evidence {
			switch base := path.Base(file); {
			case base == "look.json":
				s.looks[a] = readLook(evidence, file)
			case base == "commands.txt":
				s.commands[a] = string(readSome(evidence, file, maxCommands))
			case strings.HasSuffix(base, ".pcap"):
				if c, err := capture.Read(bytes.NewReader(readSome(evidence, file, reports.MaxEvidence))); err == nil {
					captures[strings.TrimSuffix(base, ".pcap")] = c
				}
			}
		}
		if l := newLadder(run, v, s.looks[a], captures); l != nil {
			s.ladders[a] = l
		}
	}
	return s
}

func readLook(evidence fs.FS, file string) look {
	return parseLook(readSome(evidence, file, maxLook))
}

// parseLook reads what it can: a field of another form leaves the others as they are.
func parseLook(data []byte) look {
	var fields map[string]json.RawMessage
	var l look
	if json.Unmarshal(data, &fields) != nil {
		return l
	}
	for name, into := range map[string]any{
		"nic": &l.NIC, "nics": &l.NICs, "before": &l.Before, "network": &l.Network, "second": &l.Second, "crossing": &l.Cross,
	} {
		if raw, ok := fields[name]; ok && json.Unmarshal(raw, into) != nil {
			continue
		}
	}
	return l
}

// readSome reads at most limit bytes; a file that cannot be read is empty.
func readSome(evidence fs.FS, file string, limit int64) []byte {
	if !fs.ValidPath(file) {
		return nil
	}
	f, err := evidence.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil
	}
	return data
}
