package secret

// Redactor replaces secrets in text by "[secret]", in every encoding that deputy's neighbours use: plain, base64
// (standard and URL alphabet, padded or not, at each of the three alignments), percent-encoded, JSON-escaped, hex.
// The zero value redacts nothing. Values shorter than 4 octets are not looked for: they would blank ordinary words.
type Redactor struct {
	needles []string
}
