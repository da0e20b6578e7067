package web

import (
	"strings"

	"qvat/host/mail"
)

// parseText takes apart a text of a form, whose lines end as HTML has it.
func parseText(text string) (mail.Text, error) {
	return mail.ParseText(strings.ReplaceAll(text, "\r\n", "\n"))
}
