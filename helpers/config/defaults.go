package config

import (
	"fmt"
	"time"
)

const (
	kib Size = 1 << 10
	mib      = kib << 10
	gib      = mib << 10
)

// Default is the configuration without any file. ginkgo.yaml at the top of the
// repository says the same, with reasons; a test compares the two.
func Default() *Config {
	return &Config{
		Lang:          "fr",
		DefaultTarget: "embedded",
		Groups:        Groups{1, 2},
		Patterns:      defaultPatterns(),
		Timeouts:      defaultTimeouts(),
		Poll: Poll{
			API:   200 * time.Millisecond,
			Agent: 250 * time.Millisecond,
			Task:  200 * time.Millisecond,
			Guest: 500 * time.Millisecond,
			Wire:  500 * time.Millisecond,
		},
		Capacity: Capacity{
			Reserve: 2 * gib, Memory: 2 * gib, Overhead: 100 * mib,
			ReserveMax: 4 * gib, OverheadMax: 205 * mib, // 2.2 GiB a VM
		},
		Points:   defaultPoints(),
		Profiles: defaultProfiles(),
		Accept:   defaultAccept(),
		Targets:  map[string]Target{"embedded": defaultEmbedded()},
	}
}

func defaultPatterns() Patterns {
	return Patterns{
		Group:       "Groupe_{x}",
		Users:       []string{"etudiant{x}a@pve", "etudiant{x}b@pve"},
		Pool:        "labproof-groupe-{x}",
		GatewayPool: "labproof-gw-{x}-{y}",
		Role:        "LabproofReseau_{x}",
		Template:    VMPattern{ID: "{x}01", Name: "Debian-{x}"},
		First:       GuestPattern{ID: "{x}02", Name: "instance-{x}-1", Address: 2},
		Second:      GuestPattern{ID: "{x}03", Name: "instance-{x}-3", Address: 3},
		Gateway:     GatewayPattern{ID: "9{x}{y}", Name: "gw-{x}-{y}", Address: 1},
		Bridge:      "vmbr1{x}",
		Network:     "10.0.{x}.0/29",
		Host:        1,
	}
}

func defaultTimeouts() Timeouts {
	return Timeouts{
		API:       40 * time.Second,
		Login:     15 * time.Second,
		SSH:       20 * time.Second,
		Node:      60 * time.Second,
		Image:     20 * time.Minute,
		Upload:    5 * time.Minute,
		Task:      2 * time.Minute,
		Create:    5 * time.Minute,
		Clone:     2 * time.Minute,
		Start:     time.Minute,
		Boot:      5 * time.Minute,
		Agent:     20 * time.Second,
		AgentPing: 7 * time.Second,
		Command:   30 * time.Second,
		Console:   time.Minute,
		Shutdown:  90 * time.Second,
		Reboot:    7 * time.Minute,
		Apply:     time.Minute,
		Network:   2 * time.Minute,
		Ping:      30 * time.Second,
		Capture:   30 * time.Second,
		Resources: 30 * time.Second,
		Wire:      time.Minute,
		Answer:    time.Second,
		Teardown:  5 * time.Minute,
	}
}

func defaultPoints() map[string]float64 {
	points := make(map[string]float64, Questions)
	for q := 1; q <= Questions; q++ {
		points[QuestionID(q)] = 1
	}
	return points
}

func defaultProfiles() map[string]Profile {
	base := Profile{
		Timeout: time.Hour, FlakeAttempts: 1, Repeat: 1, Seed: 1,
		PollProgressAfter: 2 * time.Minute, PollProgressEvery: time.Minute, GracePeriod: 30 * time.Second,
	}
	nightly, grade := base, base
	nightly.Timeout = 3 * time.Hour
	grade.SilenceSkips = true
	return map[string]Profile{"validate": base, "nightly": nightly, "grade": grade}
}

func defaultAccept() Accept {
	return Accept{
		FirstNames:   []string{"instance-{x}-2"}, // the lab's diagrams number the two VMs 2 and 3
		GatewayNames: []string{"gw-{y}-{x}"},
		GatewayIDs:   []string{"9{y}{x}"},
		DiskFormats:  []string{"raw", "vmdk"}, // which the practical allows in passing
	}
}

func defaultEmbedded() Target {
	return Target{Embedded: &Embedded{
		PVE: 9, Release: "12", Disks: "dir", Accel: "auto", MinDisk: 6 * gib, MinMemory: 3 * gib,
	}}
}

// Questions is how many questions the lab has.
const Questions = 21

// QuestionID is a question's name everywhere: tp1.q07.
func QuestionID(number int) string { return fmt.Sprintf("tp1.q%02d", number) }
