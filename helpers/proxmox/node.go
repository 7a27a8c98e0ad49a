package proxmox

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Version is what GET /version says.
type Version struct {
	Release string // "9.2"
	Version string // "9.2.11"
	RepoID  string
}

// Major is 7, 8, 9; 0 where the release cannot be read.
func (v Version) Major() int {
	head, _, _ := strings.Cut(v.Release, ".")
	n, err := strconv.Atoi(head)
	if err != nil {
		return 0
	}
	return n
}

// Version reads the version of Proxmox VE.
func (s *Session) Version(ctx context.Context) (Version, error) {
	f, err := s.object(ctx, "/version", nil)
	if err != nil {
		return Version{}, err
	}
	return Version{Release: f.text("release"), Version: f.text("version"), RepoID: f.text("repoid")}, nil
}

// NodeStatus is what GET /nodes/{node}/status says. Memory is in bytes.
type NodeStatus struct {
	CPUs            int // logical processors
	Cores           int // physical cores over all sockets
	Sockets         int
	Model           string
	MemoryTotal     int64 // MemTotal, a little below what is installed
	MemoryUsed      int64
	MemoryFree      int64
	MemoryAvailable int64 // 9 and later; 0 before
	SwapTotal       int64
	RootTotal       int64
	RootAvailable   int64
	KSMShared       int64
	Kernel          string
	PVEVersion      string
	Uptime          int64 // seconds
	LoadAverage     []string
}

// NodeStatus reads the node's figures; it needs Sys.Audit on /nodes/{node}.
func (s *Session) NodeStatus(ctx context.Context) (NodeStatus, error) {
	f, err := s.object(ctx, s.NodePath("status"), nil)
	if err != nil {
		return NodeStatus{}, err
	}
	cpu, memory, root := f.inner("cpuinfo"), f.inner("memory"), f.inner("rootfs")
	return NodeStatus{
		CPUs: int(cpu.integer("cpus")), Cores: int(cpu.integer("cores")), Sockets: int(cpu.integer("sockets")),
		Model:       cpu.text("model"),
		MemoryTotal: memory.integer("total"), MemoryUsed: memory.integer("used"),
		MemoryFree: memory.integer("free"), MemoryAvailable: memory.integer("available"),
		SwapTotal: f.inner("swap").integer("total"),
		RootTotal: root.integer("total"), RootAvailable: root.integer("avail"),
		KSMShared: f.inner("ksm").integer("shared"),
		Kernel:    f.text("kversion"), PVEVersion: f.text("pveversion"), Uptime: f.integer("uptime"),
		LoadAverage: f.list("loadavg"),
	}, nil
}

// TaskInfo is one entry of the node's task list.
type TaskInfo struct {
	UPID    string
	Node    string
	Type    string
	ID      string
	User    string
	Status  string // "OK", an error text, "WARNINGS: n"; empty while it runs
	Started int64  // Unix seconds
	Ended   int64  // 0 while it runs
}

// Tasks lists the node's finished tasks, newest first. filter is passed on: vmid,
// typefilter, userfilter, errors, limit, source. Without Sys.Audit a user sees their own.
func (s *Session) Tasks(ctx context.Context, filter Params) ([]TaskInfo, error) {
	list, err := s.list(ctx, s.NodePath("tasks"), filter)
	if err != nil {
		return nil, err
	}
	tasks := make([]TaskInfo, 0, len(list))
	for _, f := range list {
		tasks = append(tasks, TaskInfo{
			UPID: f.text("upid"), Node: f.text("node"), Type: f.text("type"), ID: f.text("id"), User: f.text("user"),
			Status: f.text("status"), Started: f.integer("starttime"), Ended: f.integer("endtime"),
		})
	}
	return tasks, nil
}

// Resource is one entry of GET /cluster/resources, which lags by up to 10 s.
type Resource struct {
	ID       string // "qemu/101", "storage/proxmox1/local", "node/proxmox1"
	Type     string // "qemu", "storage", "node", "pool", "sdn" (8), "network" (9)
	Node     string
	VMID     int
	Name     string
	Status   string // "unknown" for a few seconds after a change
	Pool     string
	Template bool
	Storage  string
}

// Resources lists what the user may see. kind is vm, storage, node, sdn or "".
func (s *Session) Resources(ctx context.Context, kind string) ([]Resource, error) {
	params := Params{}
	if kind != "" {
		params["type"] = kind
	}
	list, err := s.list(ctx, "/cluster/resources", params)
	if err != nil {
		return nil, err
	}
	resources := make([]Resource, 0, len(list))
	for _, f := range list {
		resources = append(resources, Resource{
			ID: f.text("id"), Type: f.text("type"), Node: f.text("node"), VMID: int(f.integer("vmid")),
			Name: f.text("name"), Status: f.text("status"), Pool: f.text("pool"),
			Template: f.flag("template"), Storage: f.text("storage"),
		})
	}
	return resources, nil
}

// NextID is the lowest free VM id.
func (s *Session) NextID(ctx context.Context) (int, error) {
	var raw json.RawMessage
	if err := s.Get(ctx, "/cluster/nextid", nil, &raw); err != nil {
		return 0, err
	}
	id, err := strconv.Atoi(scalar(raw))
	if err != nil {
		return 0, fmt.Errorf("GET /cluster/nextid: the node's answer is no id: %w", err)
	}
	return id, nil
}
