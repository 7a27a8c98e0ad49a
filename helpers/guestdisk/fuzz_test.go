package guestdisk

import (
	"bytes"
	"slices"
	"testing"
)

// FuzzDisk reads a small disk on which the fuzzer has written two things anywhere: what is
// no file system is an error, and nothing ends the program or takes memory without bounds.
func FuzzDisk(f *testing.F) {
	var images [][]byte
	for _, kind := range []string{"ext4", "ext2"} {
		images = append(images, read(f, fileSystem(f, 6*mib, "-t", kind, "-b", "1024")))
	}
	f.Add(false, uint32(superAt), []byte{}, uint32(0), []byte{})
	f.Add(true, uint32(superAt+0x18), []byte{2}, uint32(superAt+0x60), []byte{0xff}) // block size, features
	f.Add(false, uint32(superAt+4), []byte{0xff, 0xff, 0xff, 0xff}, uint32(superAt+0x28), []byte{1, 0, 0, 0})
	f.Add(false, uint32(2048), bytes.Repeat([]byte{0xff}, 64), uint32(510), []byte{0x55, 0xaa}) // group descriptors, an MBR
	for _, at := range inodeTables(images[0]) {
		f.Add(false, at+128, bytes.Repeat([]byte{0xff}, 64), at+256, bytes.Repeat([]byte{0x7f}, 64))
	}
	f.Fuzz(func(t *testing.T, old bool, at uint32, text []byte, also uint32, more []byte) {
		image := slices.Clone(images[0])
		if old {
			image = slices.Clone(images[1])
		}
		copy(image[at%uint32(len(image)):], text)
		copy(image[also%uint32(len(image)):], more)
		tryDisk(t, image)
	})
}

// FuzzNoDisk reads what is nothing like a disk.
func FuzzNoDisk(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 4096))
	f.Add(mbrDisk(f, []place{{kind: 0xee, first: 1, count: 1}}, nil)[:2048])
	f.Fuzz(tryDisk)
}

func tryDisk(t *testing.T, image []byte) {
	d, err := New(bytes.NewReader(image), int64(len(image)))
	if (d == nil) == (err == nil) {
		t.Fatalf("%v and %v", d, err)
	}
	if err != nil {
		return
	}
	for _, pattern := range []string{"/etc/*", "/many/*"} {
		paths, err := d.Glob(t.Context(), pattern)
		if err != nil {
			continue
		}
		for _, path := range paths[:min(len(paths), 20)] {
			if data, err := d.ReadFile(t.Context(), path); err == nil && len(data) > maxFile {
				t.Errorf("%s has %d bytes", path, len(data))
			}
		}
	}
}

// inodeTables are the places that the group descriptors of an image of 1 KiB blocks name.
func inodeTables(image []byte) []uint32 {
	return []uint32{le.Uint32(image[2048+8:]) * 1024}
}
