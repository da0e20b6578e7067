//go:build !linux

package control

import "net"

// peerUID is not known here: the socket's mode has to do.
func peerUID(*net.UnixConn) (uid int, known bool, err error) { return 0, false, nil }
