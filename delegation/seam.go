package delegation

import (
	"context"

	"deputy/fault"
	"deputy/name"
)

// Follow walks from cert's challenge name to its target. It returns an error only when ctx ends or the challenge name
// is too long to exist; whatever DNS said, a failure included, is in the Chain.
func Follow(ctx context.Context, r Resolver, cert name.Name) (Chain, error) { panic("seam") }

// Judge lists the faults of a chain, the one that counts first. No fault: values may be written at chain.Target.
func Judge(c Chain, e Expectation) []*fault.Fault { panic("seam") }
