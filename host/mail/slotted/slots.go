package slotted

import (
	"encoding/json"
	"maps"
	"slices"

	"qvat/host/caps"
)

// Slot is a capability in a program's data.
type Slot struct {
	ID   caps.ID
	Type caps.Type
}

// List numbers capabilities: the same identifier has one number.
type List struct {
	Slots   []Slot // by their numbers
	numbers map[caps.ID]int
}

// Number gives a capability's number.
func (l *List) Number(slot Slot) int {
	n, ok := l.numbers[slot.ID]
	if !ok {
		if l.numbers == nil {
			l.numbers = map[caps.ID]int{}
		}
		n = len(l.Slots)
		l.numbers[slot.ID] = n
		l.Slots = append(l.Slots, slot)
	}
	return n
}

// Reference is a slot as it stands in data.
type Reference struct {
	N int `json:"@"`
}

// Reference gives a capability as it stands in data.
func (l *List) Reference(slot Slot) Reference { return Reference{l.Number(slot)} }

// Fill makes data with slots by number of data in which labels stand for
// capabilities: resolve finds what a label's name leads to. It fails with Wrong when a
// label is missing, or not used, and with resolve's error. Empty stays empty.
func Fill(input []byte, labels map[string]string, resolve func(name string) (Slot, error)) (data []byte, _ []Slot, err error) {
	list := List{}
	used := map[string]bool{}
	if len(input) > 0 {
		data, err = Map(input, func(ref []byte) ([]byte, error) {
			var label string
			if json.Unmarshal(ref, &label) != nil {
				return nil, caps.Refuse(caps.Wrong, "a slot of the data names its capability by a string, not by %.40s", ref)
			}
			name, ok := labels[label]
			if !ok {
				return nil, caps.Refuse(caps.Wrong, "the data has a slot %.80q, which the call gives nothing for", label)
			}
			used[label] = true
			slot, err := resolve(name)
			if err != nil {
				return nil, err
			}
			return json.Marshal(list.Number(slot))
		})
	}
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		if err == nil && !used[label] {
			err = caps.Refuse(caps.Wrong, "the data has no slot %.80q", label).WithHint(`write {"@": %q} where it is to stand`, label)
		}
	}
	return data, list.Slots, err
}
