package guestdisk

import (
	"bytes"
	"testing"
)

// FuzzDisk reads a small file system of which the fuzzer changes anything: what is no file
// system is an error, and nothing ends the program or takes memory without bounds.
func FuzzDisk(f *testing.F) {
	for _, options := range [][]string{{"-t", "ext4", "-b", "1024"}, {"-t", "ext2", "-b", "1024"}} {
		f.Add(read(f, fileSystem(f, 6*mib, options...)))
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 4096))
	f.Fuzz(func(t *testing.T, image []byte) {
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
	})
}
