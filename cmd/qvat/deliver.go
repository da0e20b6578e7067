package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	neturl "net/url"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/api"
	"qvat/host/fault"
)

// answered is a vat's answer.
type answered struct {
	api.Answer
	// Sent is how many of the message's programs had to be sent, if that was
	// asked for and is known.
	Sent *sent `json:"sent,omitempty"`
}

// deliver sends a message to a vat and gives its answer. bound is the key that
// bound signatures were made for, or the zero key; counted asks for how much was
// sent.
func (a *app) deliver(ctx context.Context, v savedVat, bound chains.PublicKey, d *draft, counted bool) (answered, error) {
	client, err := api.NewClient(api.ClientOptions{URL: v.URL})
	if err != nil {
		return answered{}, err
	}
	var t traffic
	wait := a.progress("asking " + api.Clean(v.URL))
	defer wait.done()
	err = checkRoot(ctx, client, v, bound)
	var answer api.Answer
	if err == nil {
		answer, err = client.Call(ctx, d.capsule, func(p api.Progress) {
			t.hear(p)
			wait.now(stage(p))
		})
	}
	switch {
	case err == nil && counted:
		return answered{answer, t.sent(d.capsule.Programs)}, nil
	case err == nil:
		return answered{Answer: answer}, nil
	case ctx.Err() != nil:
		return answered{}, &cli.Failure{
			Name: cli.ExitInterrupted,
			Err:  errors.New("interrupted before the vat answered"),
			Hint: "if the message was sent already, the vat may still have committed it",
		}
	}
	return answered{}, deliveryFailure(v.URL, err, d)
}

// checkRoot holds what the vat says of itself against the keys that it must
// have, if any.
func checkRoot(ctx context.Context, client *api.Client, v savedVat, bound chains.PublicKey) error {
	if v.Key == "" && bound == (chains.PublicKey{}) {
		return nil
	}
	info, err := client.Info(ctx)
	if err != nil {
		return err
	}
	if v.Key != "" && v.Key != info.RootKey {
		return wrongVat(v.Key, info.RootKey, "the one that it was saved with",
			"ask the vat's owner whether its key has changed; if so, 'qvat vat remove' it and 'qvat vat add' it again")
	}
	if want := bound.String(); bound != (chains.PublicKey{}) && want != info.RootKey {
		return wrongVat(want, info.RootKey, "the one that --bind names", "bind to the root key of the vat that is called")
	}
	return nil
}

func wrongVat(want, shown, which, hint string) error {
	return &cli.Failure{
		Name:   cli.ExitWrongVat,
		Err:    fmt.Errorf("the vat's root key is not %s; nothing was sent", which),
		Detail: []string{"expected " + want, "it shows " + api.Clean(shown)},
		Hint:   hint,
	}
}

// stage says what is being waited for.
func stage(p api.Progress) string {
	percent := int64(100)
	if p.Total > 0 {
		percent = p.Done * 100 / p.Total
	}
	switch {
	case p.Stage == api.Asking:
		return "asking which programs the vat lacks"
	case p.Stage == api.Sending:
		return fmt.Sprintf("sending programs, %d %%", percent)
	case percent < 100:
		return fmt.Sprintf("sending the message, %d %%", percent)
	}
	return "waiting for the answer"
}

// deliveryFailure makes what went wrong on the way into a failure.
func deliveryFailure(url string, err error, d *draft) error {
	var f *fault.Error
	var known *cli.Failure
	var timeout net.Error
	var asked *neturl.Error
	if errors.As(err, &asked) {
		err = asked.Err // it would name the URL again
	}
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &f):
		return faultFailure(f, d)
	case errors.Is(err, api.ErrNotVat):
		return &cli.Failure{Name: cli.ExitUnreachable, Err: fmt.Errorf("%s: %w", url, err), Hint: "check the vat's URL"}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &cli.Failure{Name: cli.ExitUnreachable, Err: fmt.Errorf("%s gave no answer in time: %w", url, err), Hint: "try again later"}
	}
	return &cli.Failure{
		Name: cli.ExitUnreachable,
		Err:  fmt.Errorf("cannot reach %s: %w", url, err),
		Hint: "check the URL, and that the vat is running ('qvat run' starts one)",
	}
}
