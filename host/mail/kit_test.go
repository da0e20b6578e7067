package mail_test

import (
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
)

type vat = mailtest.Vat

func newVat(t testing.TB, o mail.Options) *vat {
	t.Helper()
	return mailtest.New(t, o, nil)
}

func must[T any](value T, err error) func(testing.TB) T { return mailtest.Must(value, err) }

func code(err error) caps.Code { return caps.CodeOf(err) }
