package store

import "errors"

// Errors that callers tell apart.
var (
	ErrNotFound  = errors.New("no such row")
	ErrInUse     = errors.New("still in use")
	ErrClaimLost = errors.New("another process took over this work")
)
