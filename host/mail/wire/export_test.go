package wire

import "context"

// Pass delivers what is due, and returns when that is over.
func (w *Wire) Pass(ctx context.Context) error {
	d := w.deliveries()
	_, err := d.start(ctx)
	d.group.Wait()
	return err
}
