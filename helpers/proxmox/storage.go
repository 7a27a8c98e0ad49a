package proxmox

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Volume is an entry of a storage's content. Sizes are in bytes.
type Volume struct {
	ID      string // "local:102/vm-102-disk-0.qcow2", "local:iso/debian-12.iso"
	Format  string // "qcow2", "raw", "iso"
	Content string // "images", "iso", "import", …
	Size    int64  // virtual size
	Used    int64  // what it takes; 0 where the storage does not say
	VMID    int    // 0: no VM's
	Parent  string // a linked clone's base as the storage writes it, e.g. "../101/base-101-disk-0.qcow2"
	Notes   string
}

// Content lists a storage's volumes. kind is images, iso, import, … or "" for all.
func (s *Session) Content(ctx context.Context, storage, kind string) ([]Volume, error) {
	params := Params{}
	if kind != "" {
		params["content"] = kind
	}
	list, err := s.list(ctx, s.NodePath("storage/"+url.PathEscape(storage)+"/content"), params)
	if err != nil {
		return nil, err
	}
	volumes := make([]Volume, 0, len(list))
	for _, f := range list {
		volumes = append(volumes, Volume{
			ID: f.text("volid"), Format: f.text("format"), Content: f.text("content"),
			Size: f.integer("size"), Used: f.integer("used"), VMID: int(f.integer("vmid")),
			Parent: f.text("parent"), Notes: f.text("notes"),
		})
	}
	return volumes, nil
}

// VolumeInfo is what the node says of one volume. Sizes are in bytes.
type VolumeInfo struct {
	ID     string
	Path   string // on the node: a file, a block device, or the storage's own form such as "rbd:…"
	Format string // "qcow2", "raw", …
	Size   int64  // virtual size
	Used   int64  // what it takes; many storages say nothing useful here
}

// VolumeInfo reads a volume's attributes (PVE::API2::Storage::Content, info). It takes
// Datastore.Allocate on the storage, or the rights of whoever may see its disks.
func (s *Session) VolumeInfo(ctx context.Context, volume string) (VolumeInfo, error) {
	storage, _, ok := strings.Cut(volume, ":")
	if !ok || storage == "" {
		return VolumeInfo{}, fmt.Errorf("%q is no volume id; expected storage:name", volume)
	}
	f, err := s.object(ctx, s.NodePath("storage/"+url.PathEscape(storage)+"/content/"+url.PathEscape(volume)), nil)
	if err != nil {
		return VolumeInfo{}, err
	}
	return VolumeInfo{
		ID: volume, Path: f.text("path"), Format: f.text("format"), Size: f.integer("size"), Used: f.integer("used"),
	}, nil
}

// Storage is one storage of the node. Sizes are in bytes.
type Storage struct {
	ID        string
	Type      string // "dir", "lvmthin", "zfspool", …
	Content   []string
	Active    bool
	Enabled   bool
	Shared    bool
	Total     int64
	Used      int64
	Available int64
}

// Holds tells whether the storage takes a kind of content.
func (st Storage) Holds(kind string) bool {
	for _, content := range st.Content {
		if content == kind {
			return true
		}
	}
	return false
}

// Storages lists the node's storages that the user may see.
func (s *Session) Storages(ctx context.Context) ([]Storage, error) {
	list, err := s.list(ctx, s.NodePath("storage"), nil)
	if err != nil {
		return nil, err
	}
	storages := make([]Storage, 0, len(list))
	for _, f := range list {
		storages = append(storages, Storage{
			ID: f.text("storage"), Type: f.text("type"), Content: f.list("content"),
			Active: f.flag("active"), Enabled: f.flagOr("enabled", true), Shared: f.flag("shared"),
			Total: f.integer("total"), Used: f.integer("used"), Available: f.integer("avail"),
		})
	}
	return storages, nil
}

// withoutParent is a volume's own name, where it is a linked clone itself: a template made
// from another template's clone is 201/base-201-disk-0.qcow2/101/base-101-disk-0.qcow2 on a
// directory and base-201-disk-0/base-101-disk-0 on zfs, and clones of it stand on the rest.
func withoutParent(name string) string {
	parts := strings.Split(name, "/")
	if _, err := strconv.Atoi(parts[0]); err == nil {
		return strings.Join(parts[max(0, len(parts)-2):], "/")
	}
	return parts[len(parts)-1]
}

// LinkedTo tells whether a volume is a linked clone of a template's disk, as far as
// the API can tell: by the volume id on directories (local:101/base-…/102/vm-…), zfs
// and rbd (zfs:base-101-disk-0/vm-102-disk-0), or by the parent. lvmthin shows neither.
func (v Volume) LinkedTo(base string) bool {
	if base == "" {
		return false
	}
	_, name, _ := strings.Cut(base, ":")
	name = withoutParent(name)
	_, own, _ := strings.Cut(v.ID, ":")
	if strings.HasPrefix(own, name+"/") {
		return true
	}
	return v.Parent != "" && strings.HasSuffix("/"+v.Parent, "/"+name)
}
