package caps

import (
	"context"
	"iter"
	"maps"
	"slices"
)

// Follow gives what next gives, and again each time that a topic has been notified,
// until ctx ends or the caller stops. more says that there may be more at once. It
// ends with next's error, or without one when ctx has ended.
func Follow[T any](ctx context.Context, s *Subscribers, topic string, next func(ctx context.Context) (list []T, more bool, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		changed, stop := s.Subscribe(topic)
		defer stop()
		for {
			list, more, err := next(ctx)
			if err != nil {
				if ctx.Err() == nil {
					var none T
					yield(none, err)
				}
				return
			}
			for _, v := range list {
				if !yield(v, nil) {
					return
				}
			}
			if more {
				continue
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}

// NameChange is a name that has come to lead somewhere, or is gone.
type NameChange struct {
	Name    string
	ID      ID
	Type    Type
	Removed bool
}

// FollowNames gives what read gives of a directory, sorted by name, and then each
// change of that, as Follow does. A name that was changed several times since it was
// last looked at comes once, as it is then.
func (k *Keeper) FollowNames(ctx context.Context, update Update, dir Number, read func(x *Txn, dir Number) ([]Entry, error)) iter.Seq2[NameChange, error] {
	known := map[string]Entry{}
	return Follow(ctx, &k.Subscribers, TopicNames(dir), func(ctx context.Context) (changes []NameChange, more bool, err error) {
		var list []Entry
		err = update(ctx, func(x *Txn) (err error) {
			list, err = read(x, dir)
			return err
		})
		if err == nil {
			changes, known = changesOf(known, list)
		}
		return changes, false, err
	})
}

// changesOf gives what differs in a list from what was known, and what is known then.
func changesOf(known map[string]Entry, list []Entry) (changes []NameChange, now map[string]Entry) {
	now = make(map[string]Entry, len(list))
	for _, e := range list {
		now[e.Name] = e
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if _, there := now[name]; !there {
			was := known[name]
			changes = append(changes, NameChange{Name: name, ID: was.ID, Type: was.Type, Removed: true})
		}
	}
	for _, e := range list {
		if was, there := known[e.Name]; !there || was.ID != e.ID {
			changes = append(changes, NameChange{Name: e.Name, ID: e.ID, Type: e.Type})
		}
	}
	return changes, now
}
