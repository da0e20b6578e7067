package runtime

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// On Linux an instance's memory is a private mapping of a memfd that holds the
// image. The kernel copies a page when the guest first writes to it, and its
// page table tells which pages those are: present or swapped out, and not
// file-backed. Setting the memory back is copying the image over those pages.
// The ioctl PAGEMAP_SCAN lists them in one call (Linux 6.7); before that,
// /proc/self/pagemap has a word for each page (Documentation/admin-guide/mm/
// pagemap.rst).

const (
	osPage = 4096

	// keepPages is how many private pages an instance may keep between
	// messages. Beyond it they are given back to the kernel: copying pages
	// that hardly any message touches costs more than faulting them in.
	keepPages = 384
)

// imageStore is where an image lies, and what tells which pages of its copies
// have changed.
type imageStore struct{ fd, pagemap int }

type region struct {
	b    []byte
	scan scanner

	// private are the pages that the last scan found and that were kept, as
	// offsets, and faults is the process's count of page faults before it. The
	// first write to any other page is a fault (mm_account_fault in the
	// kernel's mm/memory.c counts every one, whoever causes it): where there
	// has been none since, the list is still the whole of it.
	private []span
	faults  int64
}

// span is a run of bytes, from the first to the one after the last.
type span struct{ from, to int }

func reserve(limit uint64) (region, error) {
	b, err := unix.Mmap(-1, 0, int(limit), unix.PROT_NONE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return region{}, err
	}
	// A huge page would be copied whole for a byte that is written, if the
	// kernel has them at all: where it has none, there is nothing to turn off.
	if err := unix.Madvise(b, unix.MADV_NOHUGEPAGE); err != nil && err != unix.EINVAL {
		return region{}, err
	}
	return region{b: b}, nil
}

func (r *region) bytes() []byte { return r.b }

func (r *region) commit(size uint64) error {
	return unix.Mprotect(r.b[:size], unix.PROT_READ|unix.PROT_WRITE)
}

func (r *region) release() {
	if r.b != nil {
		unix.Munmap(r.b) //nolint:errcheck // a mapping of our own, whole
		r.b = nil
	}
}

// newImageStore puts an image where instances can map it from.
func newImageStore(content []byte) (imageStore, []byte, error) {
	fd, err := unix.MemfdCreate("qvat-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return imageStore{}, nil, err
	}
	fail := func(err error) (imageStore, []byte, error) {
		unix.Close(fd)
		return imageStore{}, nil, err
	}
	if err := unix.Ftruncate(fd, int64(len(content))); err != nil {
		return fail(err)
	}
	for at := 0; at < len(content); at += osPage {
		page := content[at:min(at+osPage, len(content))]
		if isZero(page) {
			continue // a hole costs nothing
		}
		if _, err := unix.Pwrite(fd, page, int64(at)); err != nil {
			return fail(err)
		}
	}
	seals := unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return fail(err)
	}
	b, err := unix.Mmap(fd, 0, len(content), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return fail(err)
	}
	// Where the page table is not to be had (a hardened /proc), all pages of a
	// message are dropped, and faulted in again: slower, and as thorough.
	pagemap, err := unix.Open(pagemapTable, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		pagemap = noPagemap
	}
	return imageStore{fd: fd, pagemap: pagemap}, b, nil
}

// noPagemap stands for a page table that cannot be opened.
const noPagemap = -1

// resetMethod says how instances of the image are set back.
func (s imageStore) resetMethod() string {
	if s.pagemap == noPagemap {
		return "dropping all pages, since " + pagemapTable + " cannot be read"
	}
	return "the page table"
}

func (s imageStore) release(b []byte) {
	unix.Munmap(b) //nolint:errcheck // a mapping of our own, whole
	unix.Close(s.fd)
	if s.pagemap != noPagemap {
		unix.Close(s.pagemap)
	}
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func (r *region) mapImage(s imageStore, size int) error {
	_, err := unix.MmapPtr(s.fd, 0, unsafe.Pointer(&r.b[0]), uintptr(size),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE)
	if err != nil {
		return err
	}
	if err := unix.Madvise(r.b[:size], unix.MADV_NOHUGEPAGE); err != nil && err != unix.EINVAL {
		return err
	}
	r.scan = scanner{pagemap: s.pagemap, regions: make([]pageRegion, scanRegions)}
	r.scan.counted, err = countsFaults(r.b[size-osPage : size])
	return err
}

// countsFaults tells whether a page's first write shows in pageFaults, which a
// kernel that is only emulated might not keep. It leaves the page as it was.
func countsFaults(page []byte) (bool, error) {
	if err := unix.Madvise(page, unix.MADV_DONTNEED); err != nil {
		return false, err
	}
	before, err := pageFaults()
	if err != nil {
		return false, err
	}
	page[0] = page[0] ^ 0xff
	after, err := pageFaults()
	if err != nil {
		return false, err
	}
	return after > before, unix.Madvise(page, unix.MADV_DONTNEED)
}

func (r *region) restore(img *image, p patch) error {
	if r.scan.pagemap == noPagemap {
		err := unix.Madvise(r.b[:len(img.bytes)], unix.MADV_DONTNEED)
		p.write(r.b)
		return err
	}
	faults, err := pageFaults()
	if err != nil {
		return err
	}
	mem := r.b[:len(img.bytes)]
	if faults != r.faults || !r.scan.counted {
		if err := r.findPrivate(mem); err != nil {
			return err
		}
		r.faults = faults
	}
	rest := p
	for _, s := range r.private {
		at := s.from
		for ; len(rest) > 0 && rest[0].at < s.to; rest = rest[1:] {
			if page := rest[0].at; page >= s.from { // the patch has it
				copy(mem[at:page], img.bytes[at:page])
				at = page + patchPage
			}
		}
		copy(mem[at:s.to], img.bytes[at:s.to])
	}
	p.write(mem)
	return nil
}

// mayDiffer calls f with the parts of mem that may differ from the image.
func (r *region) mayDiffer(mem []byte, f func(from, to int) error) error {
	if r.scan.pagemap == noPagemap {
		return f(0, len(mem))
	}
	return r.scan.dirty(mem, f)
}

// findPrivate lists the pages that are private copies. Those that are too many
// to keep go back to the kernel, and so are the image's again.
func (r *region) findPrivate(mem []byte) error {
	r.private = r.private[:0]
	kept := 0
	return r.scan.dirty(mem, func(from, to int) error {
		pages := (to - from) / osPage
		if kept+pages > keepPages {
			return unix.Madvise(mem[from:to], unix.MADV_DONTNEED)
		}
		kept += pages
		r.private = append(r.private, span{from, to})
		return nil
	})
}

// pageFaults counts the page faults of the whole process so far.
func pageFaults() (int64, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("count page faults: %w", err)
	}
	return u.Minflt + u.Majflt, nil
}

// scanner finds the pages of a private mapping that differ from its file.
type scanner struct {
	pagemap int
	counted bool // page faults are counted: see region.private
	regions []pageRegion
	words   []uint64 // where PAGEMAP_SCAN is not to be had
}

// pageRegion and scanArg are struct page_region and struct pm_scan_arg of
// linux/fs.h.
type pageRegion struct{ start, end, categories uint64 }

type scanArg struct {
	size, flags, start, end, walkEnd, vec, vecLen, maxPages uint64
	inverted, mask, anyOf, returned                         uint64
}

const (
	pagemapScan  = 0xc0606610
	pageFile     = 1 << 2
	pagePresent  = 1 << 3
	pageSwapped  = 1 << 4
	wordPresent  = 1 << 63
	wordSwapped  = 1 << 62
	wordFile     = 1 << 61
	scanRegions  = 512
	pagemapTable = "/proc/self/pagemap"
)

// dirty calls f with each run of pages that mem's writer has changed, as
// offsets into mem.
func (s *scanner) dirty(mem []byte, f func(from, to int) error) error {
	if s.words != nil {
		return s.dirtyWords(mem, f)
	}
	base := uint64(uintptr(unsafe.Pointer(&mem[0])))
	start, end := base, base+uint64(len(mem))
	for start < end {
		a := scanArg{
			size: uint64(unsafe.Sizeof(scanArg{})), start: start, end: end,
			vec: uint64(uintptr(unsafe.Pointer(&s.regions[0]))), vecLen: scanRegions,
			inverted: pageFile, mask: pageFile, anyOf: pagePresent | pageSwapped,
			returned: pageFile,
		}
		n, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s.pagemap), pagemapScan, uintptr(unsafe.Pointer(&a)))
		if errno == unix.ENOTTY || errno == unix.EINVAL || errno == unix.EPERM || errno == unix.ENOSYS {
			s.words = make([]uint64, len(mem)/osPage)
			return s.dirtyWords(mem, f)
		}
		if errno != 0 {
			return fmt.Errorf("scan the page table: %w", errno)
		}
		for _, p := range s.regions[:n] {
			if err := f(int(p.start-base), int(p.end-base)); err != nil {
				return err
			}
		}
		start = a.walkEnd
	}
	return nil
}

func (s *scanner) dirtyWords(mem []byte, f func(from, to int) error) error {
	base := uintptr(unsafe.Pointer(&mem[0]))
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&s.words[0])), len(s.words)*8)
	for done := 0; done < len(raw); {
		n, err := unix.Pread(s.pagemap, raw[done:], int64(base/osPage*8)+int64(done))
		if err != nil {
			return fmt.Errorf("read the page table: %w", err)
		}
		if n == 0 {
			return fmt.Errorf("read the page table: it ends at %d of %d bytes", done, len(raw))
		}
		done += n
	}
	for i := 0; i < len(s.words); i++ {
		from := i
		for i < len(s.words) && s.words[i]&(wordPresent|wordSwapped) != 0 && s.words[i]&wordFile == 0 {
			i++
		}
		if i > from {
			if err := f(from*osPage, i*osPage); err != nil {
				return err
			}
		}
	}
	return nil
}
