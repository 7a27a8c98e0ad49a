package tp1

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/google/renameio/v2"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// SettingFile is the name, in a run's folder, of what the node was like: what a judge
// has to know beside what each question saw.
const SettingFile = "node.json"

// setting is the node that a run found, without its secrets.
type setting struct {
	Node       string         `json:"node"`
	Storage    string         `json:"storage"`
	ISOStorage string         `json:"iso_storage"`
	Bridge     string         `json:"bridge"`
	Disks      student.Disks  `json:"disks"`
	Major      int            `json:"major"`
	Quiet      bool           `json:"quiet"`    // no packets were sent
	Gateways   map[string]int `json:"gateways"` // the VMID that each pair's gateway has, by pair
}

// keep writes down what the node was like.
func (s *stage) keep(folder *reports.Folder) error {
	n := s.node
	data, err := json.MarshalIndent(setting{
		Node: n.Target.Node, Storage: n.Target.Storage, ISOStorage: n.Target.ISOStorage, Bridge: n.Target.Bridge,
		Disks: n.Disks, Major: n.Major, Quiet: n.Quiet, Gateways: n.gateways(),
	}, "", "  ")
	if err == nil {
		err = renameio.WriteFile(folder.Join(SettingFile), append(data, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("keep what the node was like: %w", err)
	}
	return nil
}

func (n *Node) gateways() map[string]int {
	ids := map[string]int{}
	for _, p := range n.pairs {
		ids[string(p.Subject())] = p.Gateway.ID
	}
	return ids
}

// readSetting reads what a run kept.
func readSetting(folder *reports.Folder) (setting, error) {
	var s setting
	data, err := os.ReadFile(folder.Join(SettingFile))
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, fmt.Errorf("read what the node was like: %w", err)
	}
	return s, nil
}

// node puts what was kept on the stage again.
func (s setting) node(cfg *config.Config) *Node {
	return &Node{
		Config: cfg, Disks: s.Disks, Major: s.Major, Quiet: s.Quiet,
		Target: config.Target{Node: s.Node, Storage: s.Storage, ISOStorage: s.ISOStorage, Bridge: s.Bridge},
	}
}

// find looks for what a group may have named otherwise: a gateway that is not there under
// its planned VMID and is under one that counts as right (9yx for 9xy).
func (n *Node) find(ctx context.Context) error {
	vms, err := n.API.VMs(ctx)
	if err != nil {
		return err
	}
	var there []int
	for _, vm := range vms {
		there = append(there, vm.ID)
	}
	for _, p := range n.pairs {
		if slices.Contains(there, p.Gateway.ID) {
			continue
		}
		for _, vmid := range p.gatewayIDs() {
			if slices.Contains(there, vmid) && !n.planned(vmid) {
				p.Gateway.ID = vmid
			}
		}
	}
	return nil
}

// gatewayIDs are the other VMIDs that a pair's gateway may have.
func (p *Pair) gatewayIDs() []int {
	var ids []int
	for _, text := range names("", p.Node.Config.Accept.GatewayIDs, p.X.Number, p.Y.Number) {
		if vmid, err := strconv.Atoi(text); err == nil {
			ids = append(ids, vmid)
		}
	}
	return ids
}
