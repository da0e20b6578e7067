package runtime

// ScanByWords makes the idle instances read /proc/self/pagemap instead of
// asking for PAGEMAP_SCAN, as on a kernel that does not have it. It says how
// many did so already.
func (e *Engine) ScanByWords() (already int) {
	_, err := e.eachIdle(func(p *pool, in *instance) error {
		if in.mem.region.scan.words != nil {
			already++
		}
		in.mem.region.scan.words = make([]uint64, len(p.img.bytes)/osPage)
		return nil
	})
	if err != nil {
		panic(err) // the function above returns none
	}
	return already
}
