package mail

import (
	"reflect"
	"testing"

	"qvat/host/config"
)

// TestDefaultsAreTheSettings: what qvat.toml normally has is what a post has that
// is told nothing.
func TestDefaultsAreTheSettings(t *testing.T) {
	settings, own := reflect.ValueOf(config.Default().Mail), reflect.ValueOf(Limits{}.withDefaults())
	for i := range settings.NumField() {
		name := settings.Type().Field(i).Name
		if a, b := settings.Field(i).Interface(), own.FieldByName(name).Interface(); a != b {
			t.Errorf("%s: qvat.toml has %v, the post %v", name, a, b)
		}
	}
}
