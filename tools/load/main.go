// Command load measures a vat as its users meet it: it makes a vat in a
// temporary directory, serves it in a process of its own, sends it messages
// over loopback, and prints how many it answered a second.
//
//	load [-qvat bin/qvat] [-n 20000] [-c 16] [-runs 3] [-batch=false]
//
// The sender shares the machine with the vat, and gives way to it where it can:
// see giveWay. With -batch=false it does not.
//
// Each message of the three-link example carries a last program and a signature
// that the vat has never seen, as a caller's arguments would be.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

type options struct {
	qvat     string
	messages int
	clients  int
	runs     int
	batch    bool
}

func main() {
	var o options
	flag.StringVar(&o.qvat, "qvat", "bin/qvat", "the command to serve the vat with")
	flag.IntVar(&o.messages, "n", 20_000, "messages of each run")
	flag.IntVar(&o.clients, "c", 16, "connections that send at once")
	flag.IntVar(&o.runs, "runs", 3, "runs of each kind")
	flag.BoolVar(&o.batch, "batch", runtime.GOOS == "linux", "wait for the vat to give up a core, and do not take it")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	v, err := startVat(ctx, o.qvat)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.stop()) }()
	if o.batch { // not before: the vat would inherit it
		if err := giveWay(); err != nil {
			return err
		}
	}
	fmt.Printf("%-34s %10s %10s %10s %10s\n", "messages a second over HTTP", "median", "worst", "p50", "p99")
	for _, k := range kinds {
		if err := measure(ctx, o, v, k); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
	}
	return nil
}

// measure runs one kind of message several times and prints the median.
func measure(ctx context.Context, o options, v *vat, k kind) error {
	if err := v.warm(ctx, k); err != nil {
		return err
	}
	var rates []float64
	var all []time.Duration
	for run := range o.runs {
		messages, err := v.messages(k, run*o.messages, o.messages)
		if err != nil {
			return err
		}
		took, each, err := v.send(ctx, messages, o.clients)
		if err != nil {
			return err
		}
		rates = append(rates, float64(o.messages)/took.Seconds())
		all = append(all, each...)
	}
	slices.Sort(rates)
	slices.Sort(all)
	fmt.Printf("%-34s %10.0f %10.0f %10s %10s\n", k.name, rates[len(rates)/2], rates[0],
		all[len(all)/2].Round(time.Microsecond), all[len(all)*99/100].Round(time.Microsecond))
	return nil
}
