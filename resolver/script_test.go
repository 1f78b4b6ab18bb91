package resolver_test

import (
	"context"

	"github.com/miekg/dns"

	"deputy/resolver/resolvertest"
)

func cancelThenSilence(cancel context.CancelFunc) resolvertest.Script {
	return func(_, _ *dns.Msg, _ bool) []byte {
		cancel()
		return nil
	}
}
