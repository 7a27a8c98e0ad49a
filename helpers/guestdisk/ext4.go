package guestdisk

import (
	"encoding/binary"
	"slices"
)

// The layout is that of the kernel's Documentation/filesystems/ext4. This reader is our
// own because of whose disks it reads: the libraries (go-diskfs 1.9.4, masahiro331's)
// make room for whatever size a disk claims, walk a directory's hash tree as often as it
// says, and know neither logical partitions nor the journal.

var le = binary.LittleEndian

const (
	superAt    = 1024
	superMagic = 0xef53
	rootInode  = 2

	incompatFiletype = 0x2
	incompatRecover  = 0x4
	incompat64       = 0x80

	flagEncrypted = 0x800
	flagExtents   = 0x80000
	flagInline    = 0x10000000

	modeKind = 0xf000
	modeDir  = 0x4000
	modeFile = 0x8000
	modeLink = 0xa000
	modeRun  = 0o100
)

// known are the incompatible features that do not change what is read here: file types,
// recovery, extents, 64 bit, MMP, flexible groups, EA inodes, checksum seed, large
// directories, data in inodes, encryption, case folding.
const known = 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000

// ext4 is an ext2, ext3 or ext4 file system, seen as its journal would leave it.
type ext4 struct {
	w      *window
	part   part
	block  int64 // bytes a block
	blocks uint64

	inodes, perGroup uint32
	inodeSize        int64
	descriptor       int64 // bytes a group descriptor
	descriptors      int64 // where their table begins, in bytes
	journal          uint32
	wide             bool // 64-bit block numbers in descriptors

	replaced map[uint64]journalBlock // what the journal holds a newer copy of
}

// openExt4 reads the superblock of a part; nil: it holds another thing.
func openExt4(w *window, p part) (*ext4, error) {
	if p.size < superAt+1024 {
		return nil, nil
	}
	b := make([]byte, 1024)
	if err := w.read(b, p.start+superAt); err != nil {
		return nil, err
	}
	if le.Uint16(b[0x38:]) != superMagic {
		return nil, nil
	}
	fs := &ext4{w: w, part: p, inodes: le.Uint32(b), blocks: uint64(le.Uint32(b[4:])), perGroup: le.Uint32(b[0x28:]), inodeSize: 128, descriptor: 32}
	scale, features := le.Uint32(b[0x18:]), le.Uint32(b[0x60:])
	if scale > 2 {
		return nil, damaged("its blocks have 2^(10+%d) bytes", scale)
	}
	fs.block = 1024 << scale
	if le.Uint32(b[0x4c:]) == 0 { // revision 0 has none of what follows
		features = 0
	} else {
		fs.inodeSize = int64(le.Uint16(b[0x58:]))
	}
	if unknown := features &^ known; unknown != 0 {
		return nil, notReadable("its ext4 has features that are not known here (%#x)", unknown)
	}
	if fs.wide = features&incompat64 != 0; fs.wide {
		fs.descriptor = int64(le.Uint16(b[0xfe:]))
		fs.blocks |= uint64(le.Uint32(b[0x150:])) << 32
	}
	fs.descriptors = (int64(le.Uint32(b[0x14:])) + 1) * fs.block
	if err := fs.check(); err != nil {
		return nil, err
	}
	if features&incompatRecover != 0 {
		fs.journal = le.Uint32(b[0xe0:])
		return fs, fs.readJournal()
	}
	return fs, nil
}

func (fs *ext4) check() error {
	switch {
	case fs.perGroup == 0 || fs.inodes < rootInode:
		return damaged("it has no inodes")
	case fs.inodeSize < 128 || fs.inodeSize > fs.block || fs.inodeSize&(fs.inodeSize-1) != 0:
		return damaged("its inodes have %d bytes", fs.inodeSize)
	case fs.descriptor < 32 || fs.wide && fs.descriptor < 64 || fs.descriptor > 1024 || fs.descriptor&(fs.descriptor-1) != 0:
		return damaged("its group descriptors have %d bytes", fs.descriptor)
	case fs.descriptors > 2*fs.block:
		return damaged("its first block is another than 0 and 1")
	}
	return nil
}

// read fills b from offset at, which lies with all of b in one block, as the journal
// would leave it.
func (fs *ext4) read(b []byte, at int64) error {
	number, within := uint64(at/fs.block), at%fs.block
	place := at
	copied, isCopied := fs.replaced[number]
	if isCopied {
		place = int64(copied.at)*fs.block + within
	}
	if place < 0 || place > fs.part.size || int64(len(b)) > fs.part.size-place {
		return damaged("it points to block %d, beyond its end", number)
	}
	if err := fs.w.read(b, fs.part.start+place); err != nil {
		return err
	}
	if isCopied && copied.escaped {
		copied.unescape(b, within)
	}
	return nil
}

// readBlock reads one block.
func (fs *ext4) readBlock(number uint64) ([]byte, error) {
	if number == 0 || number >= fs.blocks || number >= 1<<48 {
		return nil, damaged("it points to block %d of %d", number, fs.blocks)
	}
	b := make([]byte, fs.block)
	return b, fs.read(b, int64(number)*fs.block)
}

// inode is a file, directory or link.
type inode struct {
	number uint32
	mode   uint16
	flags  uint32
	size   uint64
	root   []byte // i_block: 60 bytes of extents, block numbers or a link's target
}

func (i inode) is(mode uint16) bool { return i.mode&modeKind == mode }

func (fs *ext4) inode(number uint32) (inode, error) {
	if number == 0 || number > fs.inodes {
		return inode{}, damaged("it points to inode %d of %d", number, fs.inodes)
	}
	group, index := int64((number-1)/fs.perGroup), int64((number-1)%fs.perGroup)
	desc := make([]byte, fs.descriptor)
	if err := fs.read(desc, fs.descriptors+group*fs.descriptor); err != nil {
		return inode{}, err
	}
	table := uint64(le.Uint32(desc[8:]))
	if fs.wide {
		table |= uint64(le.Uint32(desc[0x28:])) << 32
	}
	if table == 0 || table >= min(fs.blocks, 1<<48) {
		return inode{}, damaged("its inode table lies in block %d of %d", table, fs.blocks)
	}
	b := make([]byte, 128)
	if err := fs.read(b, int64(table)*fs.block+index*fs.inodeSize); err != nil {
		return inode{}, err
	}
	return inode{
		number: number, mode: le.Uint16(b), flags: le.Uint32(b[0x20:]),
		size: uint64(le.Uint32(b[4:])) | uint64(le.Uint32(b[0x6c:]))<<32, root: b[0x28:0x64],
	}, nil
}

// content is what an inode holds, up to limit bytes; a longer one is errTooLarge.
func (fs *ext4) content(i inode, limit uint64) ([]byte, error) {
	switch {
	case i.size > limit:
		return nil, errTooLarge
	case i.flags&flagEncrypted != 0:
		return nil, notReadable("the file is encrypted")
	case i.flags&flagInline != 0 || i.is(modeLink) && i.size < uint64(len(i.root)):
		if i.size > uint64(len(i.root)) {
			return nil, notReadable("the file lies in extended attributes")
		}
		return slices.Clone(i.root[:i.size]), nil
	}
	extents, err := fs.extents(i, limit)
	if err != nil {
		return nil, err
	}
	data := make([]byte, i.size)
	for _, e := range extents {
		for n := range e.count {
			to := (e.logical + n) * uint64(fs.block)
			if to >= i.size {
				break
			}
			block, err := fs.readBlock(e.physical + n)
			if err != nil {
				return nil, err
			}
			copy(data[to:], block)
		}
	}
	return data, nil
}

const maxDirectory = 8 << 20

// child is an entry of a directory.
type child struct {
	name  string
	inode uint32
}

// children are a directory's entries without . and .. in the order of the disk. The
// blocks of a hash tree are entries that are not in use, so the tree needs no walk.
func (fs *ext4) children(dir inode) ([]child, error) {
	data, err := fs.content(dir, maxDirectory)
	if err != nil {
		return nil, err
	}
	if dir.flags&flagInline != 0 {
		if len(data) < 4 {
			return nil, damaged("directory %d ends early", dir.number)
		}
		return entries(dir, nil, data[4:]) // the first 4 bytes are the parent's inode
	}
	var list []child
	for block := range slices.Chunk(data, int(fs.block)) {
		if list, err = entries(dir, list, block); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// entries appends the entries of one block.
func entries(dir inode, list []child, block []byte) ([]child, error) {
	for len(block) >= 8 {
		number, length, name := le.Uint32(block), int(le.Uint16(block[4:])), int(block[6])
		if length < 8 || length > len(block) || 8+name > length {
			return nil, damaged("an entry of directory %d has %d bytes", dir.number, length)
		}
		text := string(block[8 : 8+name])
		if number != 0 && text != "." && text != ".." && text != "" {
			list = append(list, child{text, number})
		}
		block = block[length:]
	}
	return list, nil
}
