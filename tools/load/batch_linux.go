package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// giveWay has the kernel let this process wait for its turn, as sched(7) has it
// of SCHED_BATCH: it wakes for each answer, and would otherwise take a core from
// the vat in the middle of a message, which no sender at the other end of a wire
// does. Threads that are made later inherit it, and so would other processes.
func giveWay() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetAttr(id, &unix.SchedAttr{Policy: unix.SCHED_BATCH}, 0); err != nil && err != unix.ESRCH {
			return fmt.Errorf("give way to the vat: %w", err)
		}
	}
	return nil
}
