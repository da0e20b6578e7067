package api

import (
	"reflect"
	"testing"

	"qvat/host/config"
)

// TestDefaultsAreTheSettings: what qvat.toml normally has is what a server has
// that is told nothing.
func TestDefaultsAreTheSettings(t *testing.T) {
	o, c := withDefaults(Options{}), config.Default().HTTP
	own := config.HTTP{
		Missing: string(o.MissingFor), Metrics: string(o.MetricsFor), Connections: o.Connections,
		PeerConnections: o.Peers.Connections, PeerInFlight: o.Peers.InFlight, PeerRate: o.Peers.Rate, PeerBurst: o.Peers.Burst,
	}
	if !reflect.DeepEqual(own, c) {
		t.Errorf("qvat.toml has %+v, the server %+v", c, own)
	}
}
