package reports

import (
	"errors"
	"fmt"
)

// Rung is a way to see what is in a guest, from the best to the last.
type Rung string

// The rungs of the ladder.
const (
	ByAgent Rung = "agent" // commands, through the guest agent
	BySSH   Rung = "ssh"   // commands, by SSH through the node
	ByDisk  Rung = "disk"  // files, read from the VM's disk
	ByWire  Rung = "wire"  // packets of a probe port on the group's bridge
)

var rungTexts = map[Rung]Text{
	ByAgent: {FR: "par l'agent invité", EN: "by the guest agent"},
	BySSH:   {FR: "par SSH à travers le nœud", EN: "by SSH through the node"},
	ByDisk:  {FR: "sur le disque de la VM", EN: "on the VM's disk"},
	ByWire:  {FR: "sur le réseau", EN: "on the wire"},
}

// Text names the rung for a reader: "by the guest agent".
func (r Rung) Text() Text {
	if t, ok := rungTexts[r]; ok {
		return t
	}
	return Same(string(r))
}

// Check refuses a word that is no rung.
func (r Rung) Check() error {
	if _, ok := rungTexts[r]; !ok {
		return fmt.Errorf("rung %q: expected agent, ssh, disk or wire", string(r))
	}
	return nil
}

// Side is one group's own side of a pair's question: what its neighbour got wrong costs
// it nothing.
type Side struct {
	Group   int     `json:"group"`
	Outcome Outcome `json:"outcome"`
	Reason  *Reason `json:"reason,omitempty"` // nil when passed
}

// Answer is what one group wrote to a question. The facts in it were judged with the
// question; its words are for the teacher to read beside the reference.
type Answer struct {
	Group     int    `json:"group"`
	Words     string `json:"words,omitempty"` // as the group wrote it: whoever prints it escapes it
	Reference Text   `json:"reference,omitzero"`
	Facts     []Fact `json:"facts,omitempty"`

	// Shown is what the node alone shows of this group's question, before the facts are
	// looked at; "": there is nothing of the group's to see there.
	Shown Outcome `json:"shown,omitempty"`
}

// Right counts the facts of an answer, and those that are right.
func (a Answer) Right() (right, all int) {
	for _, f := range a.Facts {
		if f.OK {
			right++
		}
	}
	return right, len(a.Facts)
}

// Fact is one fact of an answer beside what is true on the node.
type Fact struct {
	Name Text   `json:"name"` // "number of cores"
	Said string `json:"said"` // as the group wrote it; empty: it wrote nothing
	True string `json:"true"` // what the node says, with the tolerance where there is one
	OK   bool   `json:"ok"`
}

// checkParts checks what only some verdicts have.
func (v Verdict) checkParts() error {
	var errs []error
	for _, r := range v.Rungs {
		errs = append(errs, r.Check())
	}
	for _, s := range v.Sides {
		errs = append(errs, s.Outcome.Check())
		if s.Outcome != Passed && s.Reason == nil {
			errs = append(errs, fmt.Errorf("group %d's side is %s without a reason", s.Group, s.Outcome))
		}
	}
	for _, a := range v.Answers {
		if a.Shown != "" {
			errs = append(errs, a.Shown.Check())
		}
	}
	return errors.Join(errs...)
}
