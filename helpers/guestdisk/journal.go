package guestdisk

import (
	"encoding/binary"
	"sort"
)

// A running guest, and one that was cut off, has its latest changes in the journal: the
// blocks of inodes and directories reach their own places up to half a minute later, and
// what those places say until then may point to blocks that are another file's by now.
// So the journal is read as a kernel would replay it, without writing anything.
// Its layout: Documentation/filesystems/ext4/journal.rst; its numbers are big-endian.

var be = binary.BigEndian

const (
	journalMagic = 0xc03b3998

	kindDescriptor = 1
	kindCommit     = 2
	kindSuper1     = 3
	kindSuper2     = 4
	kindRevoke     = 5

	journal64    = 0x2
	journalCsum2 = 0x8
	journalFast  = 0x20
	journalCsum3 = 0x10
	journalKnown = 0x1 | journal64 | 0x4 | journalCsum2 | journalCsum3 | journalFast

	tagEscaped = 1
	tagSameID  = 2
	tagLast    = 8

	maxJournal = 1 << 30 // bytes; mke2fs makes at most that
)

// journalBlock is a newer copy of a block.
type journalBlock struct {
	at      uint64 // the block in which it lies
	escaped bool   // its first word is the journal's magic number, and was blanked
}

// unescape puts the blanked word back into b, a piece of the copy that begins at within.
func (j journalBlock) unescape(b []byte, within int64) {
	word := be.AppendUint32(nil, journalMagic)
	for i := within; i < int64(len(word)) && i-within < int64(len(b)); i++ {
		b[i-within] = word[i]
	}
}

// journal is the log of a file system while it is read.
type journal struct {
	fs       *ext4
	extents  []extent
	first    uint32 // block of the log in which it begins over
	last     uint32 // the one behind its end
	features uint32
	sequence uint32
	at       uint32

	pending []pendingCopy
	revoked map[uint64]uint32 // the last transaction that took a block back
	freed   map[uint64]bool   // taken back by the one that is being read
}

type pendingCopy struct {
	block    uint64
	copy     journalBlock
	sequence uint32
}

// readJournal finds the blocks of which the journal holds newer copies.
func (fs *ext4) readJournal() error {
	if fs.journal == 0 {
		return notReadable("its journal lies on another disk")
	}
	i, err := fs.inode(fs.journal)
	if err != nil {
		return err
	}
	if i.size > maxJournal {
		return damaged("its journal has %d bytes", i.size)
	}
	j := &journal{fs: fs, revoked: map[uint64]uint32{}}
	if j.extents, err = fs.extents(i, maxJournal); err != nil {
		return err
	}
	sort.Slice(j.extents, func(a, b int) bool { return j.extents[a].logical < j.extents[b].logical })
	empty, err := j.readSuper(uint64(i.size) / uint64(fs.block))
	if err != nil || empty {
		return err
	}
	whole, err := j.transactions()
	if err == nil {
		fs.replaced = j.replay(whole)
	}
	return err
}

func (j *journal) readSuper(blocks uint64) (empty bool, err error) {
	b, _, err := j.block(0)
	if err != nil {
		return false, err
	}
	kind := be.Uint32(b[4:])
	if be.Uint32(b) != journalMagic || kind != kindSuper1 && kind != kindSuper2 || int64(be.Uint32(b[12:])) != j.fs.block {
		return false, damaged("its journal has no superblock")
	}
	j.last, j.first = be.Uint32(b[0x10:]), be.Uint32(b[0x14:])
	j.sequence, j.at = be.Uint32(b[0x18:]), be.Uint32(b[0x1c:])
	if j.at == 0 {
		return true, nil
	}
	if kind == kindSuper2 {
		j.features = be.Uint32(b[0x28:])
	}
	if unknown := j.features &^ journalKnown; unknown != 0 {
		return false, notReadable("its journal has features that are not known here (%#x)", unknown)
	}
	if j.features&journalFast != 0 {
		fast := be.Uint32(b[0x54:])
		if fast == 0 {
			fast = 256
		}
		j.last -= min(fast, j.last)
	}
	if uint64(j.last) > blocks || j.first == 0 || j.first >= j.last || j.at < j.first || j.at >= j.last {
		return false, damaged("its journal has %d blocks and begins at %d", j.last, j.at)
	}
	return false, nil
}

// block reads a block of the log, and tells where it lies.
func (j *journal) block(logical uint32) ([]byte, uint64, error) {
	at, err := j.place(logical)
	if err != nil {
		return nil, 0, err
	}
	b, err := j.fs.readBlock(at)
	return b, at, err
}

func (j *journal) place(logical uint32) (uint64, error) {
	n := sort.Search(len(j.extents), func(i int) bool { return j.extents[i].logical > uint64(logical) })
	if n > 0 {
		if e := j.extents[n-1]; uint64(logical)-e.logical < e.count {
			return e.physical + uint64(logical) - e.logical, nil
		}
	}
	return 0, damaged("its journal has a hole at block %d", logical)
}

// step goes on to the next block of the log, which is a ring.
func (j *journal) step() {
	if j.at++; j.at >= j.last {
		j.at = j.first
	}
}

// transactions reads the log up to the first one that is not whole, and returns the
// copies of the whole ones.
func (j *journal) transactions() ([]pendingCopy, error) {
	var whole []pendingCopy
	j.freed = map[uint64]bool{}
	for range j.last - j.first {
		b, _, err := j.block(j.at)
		if err != nil {
			return nil, err
		}
		if be.Uint32(b) != journalMagic || be.Uint32(b[8:]) != j.sequence {
			break
		}
		j.step()
		switch be.Uint32(b[4:]) {
		case kindDescriptor:
			if err := j.descriptor(b); err != nil {
				return nil, err
			}
		case kindRevoke:
			if j.revoke(b); len(j.freed)+len(j.revoked) > maxRevoked {
				return nil, damaged("its journal takes back more than %d blocks", maxRevoked)
			}
		case kindCommit:
			whole = append(whole, j.pending...)
			for block := range j.freed {
				j.revoked[block] = j.sequence
			}
			j.pending, j.freed = nil, map[uint64]bool{}
			j.sequence++
		default:
			return whole, nil
		}
	}
	return whole, nil
}

// tagSize is what a descriptor says of one block in bytes, jbd2's journal_tag_bytes.
func (j *journal) tagSize() int {
	if j.features&journalCsum3 != 0 {
		return 16
	}
	size := 8
	if j.features&journalCsum2 != 0 {
		size += 2
	}
	if j.features&journal64 != 0 {
		size += 4
	}
	return size
}

// descriptor reads which blocks follow it in the log.
func (j *journal) descriptor(b []byte) error {
	size := j.tagSize()
	for at := 12; at+size <= len(b); {
		if err := j.fs.w.spend(); err != nil {
			return err
		}
		tag := b[at : at+size]
		block, flags := uint64(be.Uint32(tag)), be.Uint32(tag[4:])
		if j.features&journalCsum3 == 0 {
			flags &= 0xffff // the upper half is a checksum
		}
		if j.features&journal64 != 0 {
			block |= uint64(be.Uint32(tag[8:])) << 32
		}
		place, err := j.place(j.at)
		if err != nil {
			return err
		}
		j.pending = append(j.pending, pendingCopy{block, journalBlock{place, flags&tagEscaped != 0}, j.sequence})
		j.step()
		if at += size; flags&tagSameID == 0 {
			at += 16
		}
		if flags&tagLast != 0 {
			break
		}
	}
	return nil
}

// maxRevoked is how many blocks a journal may take back: one of 64 MiB in which somebody
// deleted a whole system has some ten thousands.
const maxRevoked = 250_000

// revoke reads which blocks are of no interest any more.
func (j *journal) revoke(b []byte) {
	size := 4
	if j.features&journal64 != 0 {
		size = 8
	}
	end := min(uint64(be.Uint32(b[12:])), uint64(len(b)))
	for at := uint64(16); at+uint64(size) <= end; at += uint64(size) {
		block := uint64(be.Uint32(b[at:]))
		if size == 8 {
			block = be.Uint64(b[at:])
		}
		j.freed[block] = true
	}
}

// replay keeps the latest copy of each block that was not taken back afterwards.
func (j *journal) replay(whole []pendingCopy) map[uint64]journalBlock {
	replaced := map[uint64]journalBlock{}
	for _, c := range whole {
		if until, taken := j.revoked[c.block]; taken && int32(until-c.sequence) >= 0 {
			continue
		}
		replaced[c.block] = c.copy
	}
	return replaced
}
