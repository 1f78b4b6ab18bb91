// Package deploy writes a certificate to where it is used: the folder of its files, swapped as a whole, and hooks.
//
// It chooses nothing and fetches nothing; what it is given has been verified.
package deploy

import (
	"context"

	"deputy/store"
)

// Files is the folder that holds certificates/.
type Files struct{ Dir string }

// Write puts cert.pem, chain.pem, fullchain.pem and privkey.pem (0600) of c's current version into a new version
// folder, syncs it, and swaps certificates/NAME to it in one rename, so that a reader always finds a pair that fits. It
// returns the path of certificates/NAME. On error the old version stays. Older versions than the last are removed.
func (f Files) Write(ctx context.Context, c store.Certificate) (string, error) { panic("seam") }

// Remove takes NAME and its versions away.
func (f Files) Remove(ctx context.Context, name string) error { panic("seam") }

// Hook runs c's deploy hook in a shell with DEPUTY_* and certbot's RENEWED_DOMAINS and RENEWED_LINEAGE, for at most
// ten minutes; its output comes back in the fault (HookFailed), cut and without secrets.
func Hook(ctx context.Context, c store.Certificate, path string) error { panic("seam") }
