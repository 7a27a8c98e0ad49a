// Package config reads ginkgo.yaml and target files: strictly, with the line of
// everything that is wrong, and with a default for everything that is left out.
//
// Reading never touches the network or a node. Secrets may be references
// (${NAME}, file:path); they are looked up only when their target is asked for,
// so that a target nobody uses needs no secret.
package config

import (
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Config is ginkgo.yaml, with defaults in every place the file leaves out.
type Config struct {
	Lang          string `yaml:"lang"`   // "fr" or "en": which language comes first in what people read
	DefaultTarget string `yaml:"target"` // the target used without --target
	// Targets are the targets as they are written, references not looked up: use Target(name).
	Targets  map[string]Target  `yaml:"targets"`
	Groups   Groups             `yaml:"groups"`   // the groups used without --groups
	Pairs    Pairs              `yaml:"pairs"`    // explicit pairs; empty: consecutive groups, 1-2, 3-4
	Class    Class              `yaml:"class"`    // the class that must fit on the node (Q2)
	Patterns Patterns           `yaml:"patterns"` // names, ids and addresses
	Timeouts Timeouts           `yaml:"timeouts"`
	Poll     Poll               `yaml:"poll"`
	Capacity Capacity           `yaml:"capacity"`
	Points   map[string]float64 `yaml:"points"`   // "tp1.q07" -> weight, ≥ 0
	Profiles map[string]Profile `yaml:"profiles"` // "validate", "nightly", "grade" and any others
	Accept   Accept             `yaml:"accept"`

	file  string              // the file this was read from; "" for the defaults
	nodes map[string]ast.Node // where each target is written, to look up its secrets when it is used
}

// File is the path this configuration was read from, "" for the built-in defaults.
func (c *Config) File() string { return c.file }

// Class is the whole class, which may be larger than the groups of one run.
type Class struct {
	Groups  int    `yaml:"groups"`  // how many groups work at the same time; 0: those of the run
	Numbers Groups `yaml:"numbers"` // the groups' numbers; empty: 1 to Groups
}

// Patterns make the names, ids and addresses of a group {x} and of a pair {x}, {y}
// (x < y). {x:2} pads with zeros to two digits.
type Patterns struct {
	Group       string         `yaml:"group"`        // a Proxmox group
	Users       []string       `yaml:"users"`        // user ids, realm included
	Pool        string         `yaml:"pool"`         // the group's resource pool
	GatewayPool string         `yaml:"gateway_pool"` // the pair's pool
	Role        string         `yaml:"role"`         // the role with what PVEVMAdmin lacks
	Template    VMPattern      `yaml:"template"`
	First       GuestPattern   `yaml:"first"`
	Second      GuestPattern   `yaml:"second"`
	Gateway     GatewayPattern `yaml:"gateway"`
	Bridge      string         `yaml:"bridge"`
	Network     string         `yaml:"network"` // prefix notation; the host part must be zero
	Host        int            `yaml:"host"`    // the host's address on the bridge: network + this
}

// VMPattern names a VM of a group.
type VMPattern struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
}

// GuestPattern names a VM of a group that has an address in the group's network.
type GuestPattern struct {
	ID      string `yaml:"id"`
	Name    string `yaml:"name"`
	Address int    `yaml:"address"` // network + this
}

// GatewayPattern names the VM between two groups; it takes the same place in both networks.
type GatewayPattern struct {
	ID      string `yaml:"id"`
	Name    string `yaml:"name"`
	Address int    `yaml:"address"` // network + this, in both networks
}

// Capacity is the rule of Q2: N = floor((total - reserve) / (memory + overhead)).
type Capacity struct {
	Reserve  Size `yaml:"reserve"`  // memory kept for Proxmox itself
	Memory   Size `yaml:"memory"`   // memory of one VM
	Overhead Size `yaml:"overhead"` // what QEMU adds to it
	// The range of answers that are accepted: floor((total - reserve_max) / (memory + overhead_max))
	// up to floor(total / memory).
	ReserveMax  Size `yaml:"reserve_max"`
	OverheadMax Size `yaml:"overhead_max"`
}

// Profile sets Ginkgo's own options for one use of labproof.
type Profile struct {
	Labels            string        `yaml:"labels"`              // Ginkgo's label filter; empty: everything
	Timeout           time.Duration `yaml:"timeout"`             // of the whole run
	FlakeAttempts     int           `yaml:"flake_attempts"`      // 1: a spec has one chance
	Repeat            int           `yaml:"repeat"`              // a spec must pass this often in a row; 1: once
	Seed              int64         `yaml:"seed"`                // 0: from the clock
	FailFast          bool          `yaml:"fail_fast"`           // stop after the first failure
	PollProgressAfter time.Duration `yaml:"poll_progress_after"` // a spec that runs longer reports what it does; 0: never
	PollProgressEvery time.Duration `yaml:"poll_progress_every"` // and again after this; 0: once
	GracePeriod       time.Duration `yaml:"grace_period"`        // what an interrupted spec has to end
	SilenceSkips      bool          `yaml:"silence_skips"`       // do not list what the labels left out
}

// Accept lists what counts as right beside the patterns. Patterns here may also
// use {x} and {y}.
type Accept struct {
	TemplateNames []string `yaml:"template_names"`
	FirstNames    []string `yaml:"first_names"`
	SecondNames   []string `yaml:"second_names"`
	GatewayNames  []string `yaml:"gateway_names"`
	GatewayIDs    []string `yaml:"gateway_ids"`    // VMIDs of the gateway, where the planned one is not there
	Masks         []int    `yaml:"masks"`          // prefix lengths of the groups' networks
	Roles         []string `yaml:"roles"`          // roles that count where PVEVMAdmin is asked for
	DiskFormats   []string `yaml:"disk_formats"`   // of the first VM's disk, beside qcow2
	FullClone     bool     `yaml:"full_clone"`     // a full clone counts where a linked one is asked for
	OtherManagers bool     `yaml:"other_managers"` // NetworkManager, systemd-networkd and netplan count where /etc/network/interfaces is asked for
}
