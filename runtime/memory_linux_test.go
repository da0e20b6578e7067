package runtime

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Row 10: a page that was swapped out is dirty too. A kernel that swaps at a
// test's word is not to be had, so the table of pages is a file of the test's.
func TestRow10SwappedPagesAreDirty(t *testing.T) {
	const pages = 8
	mem, err := unix.Mmap(-1, 0, pages*osPage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem) //nolint:errcheck // a mapping of our own, whole
	words := [pages]uint64{
		0, wordPresent, wordPresent | wordFile, wordSwapped, wordSwapped | wordFile, wordFile, wordPresent, wordPresent | 12345,
	}
	table, err := os.Create(filepath.Join(t.TempDir(), "pagemap"))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	raw := make([]byte, 0, pages*8)
	for _, w := range words {
		raw = binary.NativeEndian.AppendUint64(raw, w)
	}
	at := int64(uintptr(unsafe.Pointer(&mem[0])) / osPage * 8)
	if _, err := table.WriteAt(raw, at); err != nil {
		t.Fatal(err)
	}
	s := scanner{pagemap: int(table.Fd()), words: make([]uint64, pages)}
	var got [][2]int
	err = s.dirty(mem, func(from, to int) error {
		got = append(got, [2]int{from / osPage, to / osPage})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]int{{1, 2}, {3, 4}, {6, 8}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("dirty are pages %v, want %v", got, want)
	}
	s.words = make([]uint64, 2*pages) // more than the table tells of
	if err := s.dirty(mem, func(int, int) error { return nil }); err == nil {
		t.Error("a table that ends early was believed")
	}
}

// TestScannersAgree holds the two ways of finding changed pages against what
// was changed.
func TestScannersAgree(t *testing.T) {
	const pages = 3000 // more runs than one call of PAGEMAP_SCAN tells
	content := make([]byte, pages*osPage)
	for i := range content {
		content[i] = byte(i / osPage)
	}
	store, kept, err := newImageStore(content)
	if err != nil {
		t.Fatal(err)
	}
	defer store.release(kept)
	r, err := reserve(pages * osPage)
	if err != nil {
		t.Fatal(err)
	}
	defer r.release()
	if err := r.commit(pages * osPage); err != nil {
		t.Fatal(err)
	}
	if err := r.mapImage(store, pages*osPage); err != nil {
		t.Fatal(err)
	}
	img := &image{bytes: kept}
	for round, words := range [][]uint64{nil, make([]uint64, pages)} {
		r.scan.words = words
		sum := 0
		for i, c := range r.bytes() { // present, and not changed
			sum += int(c) * i
		}
		for p := 0; p < pages; p += 2 {
			r.bytes()[p*osPage+round]++
		}
		dirty := 0
		err := r.scan.dirty(r.bytes(), func(from, to int) error {
			if to-from != osPage || from/osPage%2 != 0 {
				t.Errorf("round %d: pages %d to %d", round, from/osPage, to/osPage)
			}
			dirty++
			return nil
		})
		if err != nil || dirty != pages/2 || sum == 0 {
			t.Errorf("round %d: %d pages are dirty, %d should be: %v", round, dirty, pages/2, err)
		}
		if err := r.restore(img, nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(r.bytes(), content) {
			t.Errorf("round %d: the memory is not the image", round)
		}
	}
}

// TestFaultsAreCounted: each first write to a page of an image is a page fault
// that the process's count shows at once. Without that, the list of pages that
// a message changed could not be kept from one message to the next.
func TestFaultsAreCounted(t *testing.T) {
	const pages = 64
	store, kept, err := newImageStore(bytes.Repeat([]byte{1}, pages*osPage))
	if err != nil {
		t.Fatal(err)
	}
	defer store.release(kept)
	r, err := reserve(pages * osPage)
	if err != nil {
		t.Fatal(err)
	}
	defer r.release()
	if err := r.commit(pages * osPage); err != nil {
		t.Fatal(err)
	}
	if err := r.mapImage(store, pages*osPage); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, c := range r.bytes() { // present, and not private
		sum += int(c)
	}
	if sum != pages*osPage {
		t.Fatalf("the image's bytes sum up to %d", sum)
	}
	for p := range pages {
		before, err := pageFaults()
		if err != nil {
			t.Fatal(err)
		}
		r.bytes()[p*osPage+7] = 2
		after, err := pageFaults()
		if err != nil {
			t.Fatal(err)
		}
		if after <= before {
			t.Fatalf("page %d was copied, and the count of faults stayed at %d", p, after)
		}
	}
}

// TestRestoreKnowsEachWrite sets a memory back many times over, after writes to
// few pages and to many, to the same and to others, and through the kernel.
func TestRestoreKnowsEachWrite(t *testing.T) {
	const pages = 600 // more than keepPages
	content := make([]byte, pages*osPage)
	for i := range content {
		content[i] = byte(i % 251)
	}
	store, kept, err := newImageStore(content)
	if err != nil {
		t.Fatal(err)
	}
	defer store.release(kept)
	r, err := reserve(pages * osPage)
	if err != nil {
		t.Fatal(err)
	}
	defer r.release()
	if err := r.commit(pages * osPage); err != nil {
		t.Fatal(err)
	}
	if err := r.mapImage(store, pages*osPage); err != nil {
		t.Fatal(err)
	}
	img := &image{bytes: kept, store: store}
	zero, err := os.Open("/dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	defer zero.Close()
	for round := range 200 {
		switch round % 5 {
		case 0, 1: // the same pages twice
			for p := range 20 {
				r.bytes()[p*osPage+round]++
			}
		case 2: // one more
			r.bytes()[(100+round)*osPage]++
		case 3: // by the kernel, which faults on the process's behalf
			if _, err := zero.Read(r.bytes()[(300+round)*osPage:][:osPage]); err != nil {
				t.Fatal(err)
			}
		case 4: // all
			if round%25 == 4 {
				for p := range pages {
					r.bytes()[p*osPage+round]++
				}
			}
		}
		if err := r.restore(img, nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(r.bytes(), content) {
			t.Fatalf("round %d: the memory is not the image", round)
		}
	}
}
