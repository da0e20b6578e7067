//go:build !linux

package main

import "errors"

func giveWay() error { return errors.New("giving way to the vat is for Linux: use -batch=false") }
