package api

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"qvat/chains"
	"qvat/host/fault"
)

// Stage is what a [Client.Call] is doing.
type Stage string

// The stages, in their order. The first two are left out where the capsule has
// no programs or the vat lacks none.
const (
	Asking   Stage = "asking"   // which programs the vat lacks
	Sending  Stage = "sending"  // programs
	Invoking Stage = "invoking" // and waiting for the answer
)

// Progress is how far a [Client.Call] is.
type Progress struct {
	Stage       Stage
	Done, Total int64 // bytes that leave in this stage; 0 while asking
	// Programs is how many programs leave in this stage, and Texts the bytes of
	// their texts.
	Programs int
	Texts    int64
}

// anyCapsule is how many bytes of programs fit a capsule of any vat worth the
// name. For more, a vat is asked how much it takes.
const anyCapsule = 256 << 10

// askAtOnce is how many hashes one question holds.
const askAtOnce = 4096

// Call sends a message to a vat that may lack some of the programs that c
// holds: it asks which, sends those alone, and invokes. If the vat then lists
// programs that it misses and c holds all of them, they are sent, and the
// message once more; nothing of it was evaluated before. With them goes what
// they require, since a vat cannot list what a text requires that it has not
// seen. If c does not hold all that is listed, the missing_programs fault is
// what Call returns.
//
// onProgress, if it is not nil, hears how far it is; it may be called from
// another goroutine, one call at a time, and must not block.
func (cl *Client) Call(ctx context.Context, c chains.Capsule, onProgress func(Progress)) (Answer, error) {
	if onProgress == nil {
		onProgress = func(Progress) {}
	}
	d := delivery{client: cl, capsule: c, onProgress: onProgress, have: map[chains.Hash]chains.Program{}}
	for _, p := range c.Programs {
		d.have[p.Hash()] = p
	}
	lacks, err := d.ask(ctx)
	if err != nil {
		return Answer{}, err
	}
	a, err := d.send(ctx, lacks)
	if again, ok := d.missed(err); ok {
		a, err = d.send(ctx, again)
	}
	if err == nil && a.Message.ID != c.ID().String() {
		return Answer{}, fmt.Errorf("%w: its answer is to another message", ErrNotVat)
	}
	return a, err
}

// delivery is one call of Call.
type delivery struct {
	client  *Client
	capsule chains.Capsule
	have    map[chains.Hash]chains.Program

	mu         sync.Mutex // held while onProgress runs
	onProgress func(Progress)
	now        Progress
	stages     int // how many have begun
}

// ask gives the programs that the vat says it lacks. A vat that does not tell
// is taken to lack none: if it does, it says so when the message comes.
func (d *delivery) ask(ctx context.Context) ([]chains.Program, error) {
	var lacks []chains.Program
	for rest := d.capsule.Programs; len(rest) > 0; rest = rest[min(askAtOnce, len(rest)):] {
		d.begin(Asking, 0, nil)
		var hashes []chains.Hash
		for _, p := range rest[:min(askAtOnce, len(rest))] {
			hashes = append(hashes, p.Hash())
		}
		missing, err := d.client.Missing(ctx, hashes)
		if faultIs(err, fault.Malformed) || faultIs(err, fault.TooLarge) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, h := range missing {
			lacks = append(lacks, d.have[h])
		}
	}
	return lacks, nil
}

// missed gives the programs that a missing_programs fault asks for, if the
// capsule holds all of them, and those of the capsule that they require.
func (d *delivery) missed(err error) ([]chains.Program, bool) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.MissingPrograms || len(f.Missing) == 0 {
		return nil, false
	}
	var programs []chains.Program
	seen := map[string]bool{}
	for _, text := range f.Missing {
		if seen[text] {
			continue
		}
		seen[text] = true
		h, err := chains.ParseHash(text)
		if err != nil {
			return nil, false
		}
		p, ok := d.have[h]
		if !ok {
			return nil, false
		}
		programs = append(programs, p)
	}
	return d.withRequired(programs), true
}

func (d *delivery) withRequired(programs []chains.Program) []chains.Program {
	in := map[chains.Hash]bool{}
	for _, p := range programs {
		in[p.Hash()] = true
	}
	for i := 0; i < len(programs); i++ { // programs grows
		for _, h := range programs[i].Requires() {
			if p, ok := d.have[h]; ok && !in[h] {
				in[h] = true
				programs = append(programs, p)
			}
		}
	}
	return programs
}

// send invokes with the programs inside, or where they do not fit the vat's
// capsules, ahead of it.
func (d *delivery) send(ctx context.Context, programs []chains.Program) (Answer, error) {
	inside := d.withNames(programs)
	fits, err := d.fits(ctx, inside)
	if err != nil {
		return Answer{}, err
	}
	if fits {
		a, err := d.invoke(ctx, inside)
		if len(inside) == 0 || !capsuleTooLarge(err) {
			return a, err
		}
	}
	if err := d.putAll(ctx, programs); err != nil {
		return Answer{}, err
	}
	return d.invoke(ctx, nil)
}

// fits says whether the vat takes a capsule with these programs in it.
func (d *delivery) fits(ctx context.Context, programs []chains.Program) (bool, error) {
	most := size(programs) + int64(4*len(programs)+chains.MaxChain+len(d.capsule.Input)+64)
	if len(programs) == 0 || most <= anyCapsule {
		return true, nil
	}
	info, err := d.client.Info(ctx)
	return most <= info.Limits[chains.CapsuleBytes], err
}

// withNames adds to the programs those of the capsule that name them: a body
// that no link and no require of its capsule names is refused, even if the vat
// has the program that requires it.
func (d *delivery) withNames(programs []chains.Program) []chains.Program {
	in := map[chains.Hash]bool{}
	named := map[chains.Hash]bool{}
	for _, l := range d.capsule.Chain.Links {
		named[l.Program] = true
	}
	all := append([]chains.Program{}, programs...)
	for _, p := range all {
		in[p.Hash()] = true
	}
	requirers := d.requirers()
	for i := 0; i < len(all); i++ { // all grows as names of names are added
		h := all[i].Hash()
		if named[h] {
			continue
		}
		for _, q := range requirers[h] {
			if !in[q.Hash()] {
				in[q.Hash()] = true
				all = append(all, q)
			}
		}
	}
	return all
}

// requirers says, for each hash, which programs of the capsule require it.
func (d *delivery) requirers() map[chains.Hash][]chains.Program {
	by := map[chains.Hash][]chains.Program{}
	for _, p := range d.capsule.Programs {
		for _, h := range p.Requires() {
			by[h] = append(by[h], p)
		}
	}
	return by
}

func (d *delivery) invoke(ctx context.Context, programs []chains.Program) (Answer, error) {
	c := d.capsule
	c.Programs = programs
	b, err := c.Encode()
	if err != nil {
		return Answer{}, fmt.Errorf("the capsule to send: %w", err)
	}
	return d.client.invoke(ctx, b, d.begin(Invoking, int64(len(b)), programs))
}

func (d *delivery) putAll(ctx context.Context, programs []chains.Program) error {
	sent := d.begin(Sending, size(programs), programs)
	for _, p := range programs {
		if _, err := d.client.put(ctx, p, sent); err != nil {
			return err
		}
	}
	return nil
}

// begin tells that a stage begins, and gives what hears of its bytes as they
// leave. A request whose answer comes early may still be sending in another
// goroutine when the next stage has begun; it is not listened to any more.
func (d *delivery) begin(stage Stage, total int64, programs []chains.Program) func(int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stages++
	mine := d.stages
	d.now = Progress{Stage: stage, Total: total, Programs: len(programs), Texts: size(programs)}
	d.onProgress(d.now)
	return func(n int) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if n > 0 && d.stages == mine {
			d.now.Done += int64(n)
			d.onProgress(d.now)
		}
	}
}

// size is how many bytes the programs have.
func size(programs []chains.Program) int64 {
	var n int64
	for _, p := range programs {
		n += int64(len(p.Text()))
	}
	return n
}

func faultIs(err error, code fault.Code) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Code == code
}

func capsuleTooLarge(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Code == fault.TooLarge && f.Limit == chains.CapsuleBytes
}
