package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qvat/host/caps"
	"qvat/host/store"
)

// An agent's journal has an entry for each of its actions and for all that happens
// to it. By it followers hear of letters that came or changed.

// tableJournal is agent number/number -> journalRow.
const tableJournal = store.OwnPrefix + "log"

// journalRow is an entry. Message is the number of the letter whose state it
// changed.
type journalRow struct {
	At      int64           `json:"at"`
	Action  string          `json:"action"`
	Message uint64          `json:"message,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"`
	Error   string          `json:"error,omitempty"`
}

// LogEntry is an action of an agent, or what happened to it.
type LogEntry struct {
	Number uint64
	At     time.Time
	Action string          // as the method is called, in lower case: "send", "adopt"
	Detail json.RawMessage // what to show of it
	Error  string          // of a wake that failed
}

// LogQuery says which entries of an agent's journal to give: the newest Limit of
// those above After and below Before, ascending.
type LogQuery struct {
	After  uint64
	Before uint64 // 0 is no bound
	Limit  int    // 0 is 100, and 1,000 the most
}

// failureWords is how many bytes of a failure's words a journal keeps.
const failureWords = 2000

// journal adds an entry to an agent's journal. message is the number of the letter
// whose state changed, 0 for none.
func (x *txn) journal(ctx context.Context, who *caps.Agent, action string, message uint64, detail any) error {
	return x.journalFailure(ctx, who, action, message, detail, "")
}

// journalFailure is journal with the words of a failure.
func (x *txn) journalFailure(ctx context.Context, who *caps.Agent, action string, message uint64, detail any, failure string) error {
	box, err := x.box(ctx, who.Number)
	if err != nil {
		return err
	}
	text, err := caps.EncodeJSON(detail)
	if err != nil {
		return fmt.Errorf("note %s: %w", action, err)
	}
	if len(failure) > failureWords {
		failure = strings.ToValidUTF8(failure[:failureWords], "") + "…"
	}
	box.Journal++
	if old := int64(box.Journal) - int64(x.p.limits.LogCount); old > 0 {
		if _, err := x.Drop(ctx, tableJournal, mailKey(who.Number, uint64(old))); err != nil {
			return err
		}
	}
	if message != 0 {
		x.NotifyLater(topicMail(who.Number))
	}
	return x.Put(ctx, tableJournal, mailKey(who.Number, box.Journal), journalRow{
		At: x.Millis(), Action: action, Message: message, Detail: text, Error: failure,
	})
}

// withID adds an identifier to an entry's detail. One by which its reader could use
// the thing up is left out.
func (x *txn) withID(detail map[string]any, r caps.Ref) map[string]any {
	if kind, _ := x.p.caps.Kind(r.Type); !kind.Secret {
		detail["id"] = r.ID
	}
	return detail
}

// Log gives entries of the agent's journal, ascending.
func (a *Agent) Log(ctx context.Context, q LogQuery) (list []LogEntry, err error) {
	limit, err := listLimit(q.Limit)
	if err != nil {
		return nil, err
	}
	e := between(a.who, q.After, q.Before, limit)
	e.Reverse = true
	err = a.act(ctx, func(x *txn) error {
		list = []LogEntry{}
		return x.Each(ctx, tableJournal, e, func(key string, value []byte) (bool, error) {
			n, err := numberOf(key)
			if err != nil {
				return false, err
			}
			var row journalRow
			if err := caps.DecodeRow(tableJournal, key, value, &row); err != nil {
				return false, err
			}
			list = append(list, LogEntry{Number: n, At: caps.FromMillis(row.At), Action: row.Action, Detail: row.Detail, Error: row.Error})
			return len(list) < limit, nil
		})
	})
	slices.Reverse(list)
	return list, err
}
