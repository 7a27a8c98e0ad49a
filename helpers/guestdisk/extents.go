package guestdisk

// extent is count blocks of a file that lie side by side.
type extent struct{ logical, physical, count uint64 }

const (
	extentMagic  = 0xf30a
	maxDepth     = 5
	maxWritten   = 32768 // a longer count means: reserved, never written, reads as zeros
	directBlocks = 12
)

// extents are where a file's first limit bytes lie; what is in none of them is zeros.
func (fs *ext4) extents(i inode, limit uint64) ([]extent, error) {
	m := &mapper{fs: fs, inode: i, end: (min(i.size, limit) + uint64(fs.block) - 1) / uint64(fs.block)}
	var err error
	if i.flags&flagExtents != 0 {
		err = m.tree(i.root, -1)
	} else {
		err = m.pointers()
	}
	return m.list, err
}

// mapper collects the extents of a file's blocks below end.
type mapper struct {
	fs    *ext4
	inode inode
	end   uint64
	list  []extent
}

// tree walks a node of the extent tree. depth is what its parent says; -1: the root.
func (m *mapper) tree(node []byte, depth int) error {
	count, own := int(le.Uint16(node[2:])), int(le.Uint16(node[6:]))
	if le.Uint16(node) != extentMagic || own > maxDepth || depth >= 0 && own != depth || 12+12*count > len(node) {
		return damaged("inode %d has no sound extent tree", m.inode.number)
	}
	for n := range count {
		if err := m.fs.w.spend(); err != nil {
			return err
		}
		e := node[12+12*n:][:12]
		if own == 0 {
			m.leaf(e)
			continue
		}
		block, err := m.fs.readBlock(uint64(le.Uint32(e[4:])) | uint64(le.Uint16(e[8:]))<<32)
		if err == nil {
			err = m.tree(block, own-1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *mapper) leaf(e []byte) {
	logical, count := uint64(le.Uint32(e)), uint64(le.Uint16(e[4:]))
	if count > maxWritten || logical >= m.end {
		return
	}
	physical := uint64(le.Uint32(e[8:])) | uint64(le.Uint16(e[6:]))<<32
	m.list = append(m.list, extent{logical, physical, min(count, m.end-logical)})
}

// pointers reads the block numbers of ext2 and ext3: 12 of blocks, then one each of a
// block of numbers, of a block of such blocks, and once more.
func (m *mapper) pointers() error {
	next := uint64(0)
	for n := range directBlocks + 3 {
		level := max(0, n-directBlocks+1)
		if err := m.pointer(le.Uint32(m.inode.root[4*n:]), level, &next); err != nil {
			return err
		}
	}
	return nil
}

func (m *mapper) pointer(number uint32, level int, next *uint64) error {
	if *next >= m.end {
		return nil
	}
	if err := m.fs.w.spend(); err != nil {
		return err
	}
	each := uint64(m.fs.block / 4)
	switch {
	case number == 0: // a hole
		width := uint64(1)
		for range level {
			width *= each
		}
		*next += width
		return nil
	case level == 0:
		m.list = append(m.list, extent{*next, uint64(number), 1})
		*next++
		return nil
	}
	block, err := m.fs.readBlock(uint64(number))
	for n := uint64(0); err == nil && n < each; n++ {
		err = m.pointer(le.Uint32(block[4*n:]), level-1, next)
	}
	return err
}
