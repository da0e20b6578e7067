package mail

import (
	"context"
	"iter"

	"qvat/host/caps"
)

// Follow gives the messages of the mailbox above a number, ascending, and then
// each that comes, until ctx ends or the caller stops. When the state of a
// message changes it is given again, with its number. A caller that goes on
// from the last number it saw misses no message; a number that no message has yet
// stands for the newest one. It ends with an error, or
// without one when ctx has ended.
func (a *Agent) Follow(ctx context.Context, after uint64) iter.Seq2[Message, error] {
	if err := a.alone("Follow"); err != nil {
		return func(yield func(Message, error) bool) { yield(Message{}, err) }
	}
	return func(yield func(Message, error) bool) {
		f := follower{a: a, after: after}
		caps.Follow(ctx, &a.p.caps.Subscribers, topicMail(a.who.Number), f.next)(yield)
	}
}

// follower is how far somebody has read a mailbox. It goes through the messages
// that there are when it begins; from there on it reads the agent's journal, which
// has an entry for each message that comes and each that changes.
type follower struct {
	a       *Agent
	after   uint64 // the newest message that was given
	upTo    uint64 // the newest one there was when it began
	logged  uint64 // the newest entry of the journal that was read
	started bool
}

// next gives what comes next. more says that there may be more at once.
func (f *follower) next(ctx context.Context) (list []Message, more bool, err error) {
	was := *f
	err = f.a.act(ctx, func(x *txn) error {
		*f, list = was, nil
		if !f.started {
			box, err := x.peekBox(ctx, f.a.who.Number)
			if err != nil {
				return err
			}
			f.started, f.upTo, f.logged = true, box.Mail, box.Journal
			f.after = min(f.after, f.upTo)
		}
		if f.after < f.upTo {
			list, err = f.backlog(ctx, x)
			more = true
			return err
		}
		list, more, err = f.tail(ctx, x)
		return err
	})
	return list, more, err
}

// backlog gives some of the messages that there were at the beginning.
func (f *follower) backlog(ctx context.Context, x *txn) ([]Message, error) {
	var list []Message
	err := x.scan(ctx, f.a.who, MessageQuery{After: f.after, Before: f.upTo + 1}, func(m Message) bool {
		list = append(list, m)
		return len(list) < caps.PageRows
	})
	if len(list) == 0 {
		f.after = f.upTo
	} else {
		f.after = list[len(list)-1].Number
	}
	return list, err
}

// tail gives the messages that the journal tells of.
func (f *follower) tail(ctx context.Context, x *txn) ([]Message, bool, error) {
	entries, err := x.tx.Entries(ctx, tableJournal, between(f.a.who, f.logged, 0, caps.PageRows))
	if err != nil || len(entries) == 0 {
		return nil, false, err
	}
	first, err := numberOf(entries[0].Key)
	if err != nil {
		return nil, false, err
	}
	if first != f.logged+1 {
		f.started = false // the journal was shortened meanwhile: begin with the messages again
		return nil, true, nil
	}
	var list []Message
	for _, e := range entries {
		var row journalRow
		if err := caps.DecodeRow(tableJournal, e.Key, e.Value, &row); err != nil {
			return nil, false, err
		}
		if f.logged, err = numberOf(e.Key); err != nil {
			return nil, false, err
		}
		if row.Message == 0 {
			continue
		}
		m, err := x.message(ctx, f.a.who, row.Message)
		if caps.CodeOf(err) == caps.NotFound {
			continue // it has been forgotten
		}
		if err != nil {
			return nil, false, err
		}
		list = append(list, m)
		f.after = max(f.after, row.Message)
	}
	f.upTo = max(f.upTo, f.after)
	return list, len(entries) == caps.PageRows, nil
}

// FollowNames gives the names of a directory, sorted, and then each change, until
// ctx ends or the caller stops. A name that was changed several times since it
// was last looked at comes once, as it is then.
func (a *Agent) FollowNames(ctx context.Context, path string) iter.Seq2[caps.NameChange, error] {
	return a.followNames(ctx, path, func(x *caps.Txn, dir caps.Number) ([]caps.Entry, error) {
		if _, err := x.Formula(ctx, a.p.id(dir)); err != nil {
			return nil, err
		}
		return x.List(ctx, dir)
	})
}

// FollowLocatorNames gives the names that the agent's own directory has for a
// locator, and then each change of them, as FollowNames does.
func (a *Agent) FollowLocatorNames(ctx context.Context, l caps.Locator) iter.Seq2[caps.NameChange, error] {
	return a.followNames(ctx, "", func(x *caps.Txn, dir caps.Number) ([]caps.Entry, error) {
		names, err := x.NamesFor(ctx, dir, l.ID)
		list := make([]caps.Entry, len(names))
		for i, name := range names {
			list[i] = caps.Entry{Name: name, ID: l.ID, Type: l.Type}
		}
		return list, err
	})
}

// followNames gives the changes of what read gives of a directory. Which
// directory it is, is looked up once.
func (a *Agent) followNames(ctx context.Context, path string, read func(*caps.Txn, caps.Number) ([]caps.Entry, error)) iter.Seq2[caps.NameChange, error] {
	return func(yield func(caps.NameChange, error) bool) {
		var dir caps.Number
		err := a.alone("following names")
		if err == nil {
			dir, err = ask(ctx, a.act, func(x *txn) (caps.Number, error) { return x.directory(ctx, path) })
		}
		if err != nil {
			yield(caps.NameChange{}, err)
			return
		}
		a.p.caps.FollowNames(ctx, a.p.capsUpdate, dir, read)(yield)
	}
}
