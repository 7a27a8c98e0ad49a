package guestdisk

import (
	"bytes"
	"encoding/binary"
)

const (
	sector      = 512
	maxLogical  = 64   // logical partitions
	maxGPT      = 1024 // entries of a GPT; real ones have 128
	typeGPT     = 0xee
	bootSign    = 0xaa55
	mbrTable    = 446
	gptSignText = "EFI PART"
)

// part is a piece of the disk that may hold a file system, in bytes.
type part struct{ start, size int64 }

// parts are the partitions of the disk, logical ones included; a disk without a
// partition table is one part.
func parts(w *window) ([]part, error) {
	whole := []part{{0, w.size}}
	first, err := readSector(w, 0)
	if err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint16(first[510:]) != bootSign {
		return whole, nil
	}
	var found []part
	for i := range 4 {
		entry := mbrEntry(first, i)
		switch {
		case entry.kind == typeGPT:
			if found, err = gptParts(w); err != nil {
				return nil, err
			}
		case entry.extended():
			logical, err := logicalParts(w, entry.first)
			if err != nil {
				return nil, err
			}
			found = append(found, logical...)
		case entry.kind != 0:
			found = appendInside(found, w, entry.first, entry.count)
		}
		if entry.kind == typeGPT {
			break
		}
	}
	if len(found) == 0 { // the boot sector of a file system looks the same
		return whole, nil
	}
	return found, nil
}

func readSector(w *window, number int64) ([]byte, error) {
	b := make([]byte, sector)
	return b, w.read(b, number*sector)
}

// entry is a line of an MBR's table; first and count are in sectors.
type entry struct {
	kind         byte
	first, count int64
}

func mbrEntry(b []byte, i int) entry {
	b = b[mbrTable+16*i:]
	return entry{b[4], int64(binary.LittleEndian.Uint32(b[8:])), int64(binary.LittleEndian.Uint32(b[12:]))}
}

func (e entry) extended() bool { return e.kind == 0x05 || e.kind == 0x0f || e.kind == 0x85 }

// appendInside adds a partition unless it is not on the disk at all; one that sticks out
// ends with the disk.
func appendInside(list []part, w *window, first, count int64) []part {
	const most = 1 << 53 // sectors, so that bytes do not overflow
	if first <= 0 || count <= 0 || first > most || first*sector >= w.size {
		return list
	}
	return append(list, part{first * sector, min(min(count, most)*sector, w.size-first*sector)})
}

// logicalParts follows the chain of extended boot records: each one tells of one
// partition, relative to itself, and of the next record, relative to the first.
func logicalParts(w *window, extended int64) ([]part, error) {
	var found []part
	for at, i := extended, 0; i < maxLogical && at > 0 && at*sector < w.size; i++ {
		record, err := readSector(w, at)
		if err != nil {
			return nil, err
		}
		if binary.LittleEndian.Uint16(record[510:]) != bootSign {
			break
		}
		own, next := mbrEntry(record, 0), mbrEntry(record, 1)
		if own.kind != 0 {
			found = appendInside(found, w, at+own.first, own.count)
		}
		if !next.extended() || next.first == 0 {
			break
		}
		at = extended + next.first
	}
	return found, nil
}

func gptParts(w *window) ([]part, error) {
	header, err := readSector(w, 1)
	if err != nil {
		return nil, err
	}
	if string(header[:8]) != gptSignText {
		return nil, notReadable("its partition table (GPT) is damaged")
	}
	table := int64(binary.LittleEndian.Uint64(header[72:]))
	count, size := binary.LittleEndian.Uint32(header[80:]), binary.LittleEndian.Uint32(header[84:])
	if size < 128 || size > 4096 || table < 2 || table*sector >= w.size || table > 1<<53 {
		return nil, notReadable("its partition table (GPT) is damaged")
	}
	var found []part
	line := make([]byte, 128)
	for i := range int64(min(count, maxGPT)) {
		if err := w.read(line, table*sector+i*int64(size)); err != nil {
			return nil, err
		}
		if bytes.Equal(line[:16], make([]byte, 16)) {
			continue
		}
		first, last := binary.LittleEndian.Uint64(line[32:]), binary.LittleEndian.Uint64(line[40:])
		if first > last || last > 1<<53 {
			continue
		}
		found = appendInside(found, w, int64(first), int64(last-first)+1)
	}
	return found, nil
}

// signs tell what a part holds, beside ext2/3/4: what stands where.
var signs = []struct {
	at   int64
	text string
	name string
}{
	{0, "LUKS\xba\xbe", "LUKS"},
	{0, "XFSB", "XFS"},
	{64<<10 + 64, "_BHRfS_M", "Btrfs"},
	{512, "LABELONE", "LVM"}, {0, "LABELONE", "LVM"}, {1024, "LABELONE", "LVM"}, {1536, "LABELONE", "LVM"},
	{4096, "\xfc\x4e\x2b\xa9", "software RAID"}, {0, "\xfc\x4e\x2b\xa9", "software RAID"},
}

// holds names what a part holds; "": nothing that could be a system's root.
func holds(w *window, p part) (string, error) {
	for _, sign := range signs {
		b := make([]byte, len(sign.text))
		if sign.at+int64(len(b)) > p.size {
			continue
		}
		if err := w.read(b, p.start+sign.at); err != nil {
			return "", err
		}
		if string(b) == sign.text {
			return sign.name, nil
		}
	}
	return "", nil
}
