package issuance

import (
	"context"
	"errors"

	"deputy/delegation"
	"deputy/fault"
)

// permitted stops before an order is opened where CAA records do not let the account's CA issue for a name, by dns-01
// and for this account (RFC 8659, RFC 8657), or where they can't be told, since the CA would stop there too. What the
// CA calls itself is in its directory, so this comes after the delegations were found to be right.
func (i *Issuer) permitted(ctx context.Context, w *work) error {
	directory, err := w.client.Directory(ctx)
	if err != nil {
		return err
	}
	issuer := delegation.Issuer{Name: w.account.Directory, Identities: directory.Identities, Accounts: []string{w.account.URL}}
	if known, ok := delegation.IssuerOf(w.account.Directory); ok {
		issuer.Name = known.Name
		if len(issuer.Identities) == 0 && !known.Unsure { // what is only commonly published stops nobody
			issuer.Identities = known.Identities
		}
	}
	var faults []error
	for _, n := range w.certificate.Names {
		chain := w.chains[n.Host()]
		chain.Cert = n // a wildcard has rules of its own
		for _, f := range delegation.Judge(chain, delegation.Expectation{Issuer: issuer}) {
			if f.Code == fault.CAAForbids || f.Code == fault.CAAUnknown {
				faults = append(faults, f)
			}
		}
	}
	return errors.Join(faults...)
}
