package proxmox

import (
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
)

// isNetwork tells an error of the connection from an error of labproof's own.
func isNetwork(err error) bool {
	var operation *net.OpError
	var connection *ConnectionError
	var request *url.Error
	var failure net.Error
	return errors.As(err, &operation) || errors.As(err, &connection) || errors.As(err, &request) ||
		errors.As(err, &failure) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isTrust tells that the node's certificate is not trusted: trying again won't help.
func isTrust(err error) bool {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}
