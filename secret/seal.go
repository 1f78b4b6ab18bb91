package secret

// Keyring seals bytes at rest with AES-256-GCM under a data key that the master key wraps. Each blob names the id of
// its master key, and is bound to the record it belongs to by associated data, so that a blob can't be moved.
type Keyring struct {
}
