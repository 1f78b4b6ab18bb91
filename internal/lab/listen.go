package lab

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// portTries is how many ports are tried until one is free, UDP and TCP, at every address.
const portTries = 64

// sockets are one name server's.
type sockets struct {
	udp net.PacketConn
	tcp net.Listener
}

func (s sockets) close() {
	if s.udp != nil {
		s.udp.Close()
	}
	if s.tcp != nil {
		s.tcp.Close()
	}
}

// listen opens UDP and TCP sockets at every address with one shared port, as port 53 is shared by the real ones.
func listen(addrs []netip.Addr) ([]sockets, error) {
	var last error
	for range portTries {
		all, err := listenOnce(addrs)
		if err == nil {
			return all, nil
		}
		last = err
	}
	return nil, fmt.Errorf("find a port that is free at %d addresses from %s on: %w", len(addrs), addrs[0], last)
}

// listenOnce lets the system pick a port at the first address and takes the same one at the others.
func listenOnce(addrs []netip.Addr) ([]sockets, error) {
	port := "0"
	var all []sockets
	for _, addr := range addrs {
		s, err := listenAt(net.JoinHostPort(addr.String(), port))
		if err != nil {
			for _, open := range all {
				open.close()
			}
			return nil, err
		}
		all = append(all, s)
		port = strconv.Itoa(s.tcp.Addr().(*net.TCPAddr).Port)
	}
	return all, nil
}

// listenAt opens a pair of sockets with the same port.
func listenAt(addr string) (sockets, error) {
	tcp, err := net.Listen("tcp", addr)
	if err != nil {
		return sockets{}, err
	}
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	if err != nil {
		tcp.Close()
		return sockets{}, err
	}
	return sockets{udp, tcp}, nil
}
