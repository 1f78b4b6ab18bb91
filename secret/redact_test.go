package secret

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"net/url"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// encodings are what deputy's neighbours do to a secret that stands between before and after.
func encodings() map[string]func(before, secret, after string) string {
	joined := func(encode func(string) string) func(a, s, b string) string {
		return func(a, s, b string) string { return encode(a + s + b) }
	}
	alone := func(encode func(string) string) func(a, s, b string) string {
		return func(a, s, b string) string { return a + encode(s) + b }
	}
	base := func(e *base64.Encoding) func(string) string {
		return func(s string) string { return e.EncodeToString([]byte(s)) }
	}
	lower := func(s string) string {
		var out strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&out, "%%%02x", c)
		}
		return out.String()
	}
	return map[string]func(a, s, b string) string{
		"plain":            joined(func(s string) string { return s }),
		"base64":           joined(base(base64.StdEncoding)),
		"base64 raw":       joined(base(base64.RawStdEncoding)),
		"base64 url":       joined(base(base64.URLEncoding)),
		"base64 url raw":   joined(base(base64.RawURLEncoding)),
		"base64 in lines":  joined(func(s string) string { return inLines(base(base64.StdEncoding)(s)) }),
		"hex":              joined(func(s string) string { return hex.EncodeToString([]byte(s)) }),
		"HEX":              joined(func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }),
		"query":            joined(url.QueryEscape),
		"path":             joined(url.PathEscape),
		"all percent":      alone(lower),
		"json":             joined(func(s string) string { return jsonText(s, false) }),
		"json html":        joined(func(s string) string { return jsonText(s, true) }),
		"go quoted":        joined(func(s string) string { return fmt.Sprintf("%q", s) }),
		"go ascii":         joined(func(s string) string { return fmt.Sprintf("%+q", s) }),
		"json in json":     joined(func(s string) string { return jsonText(jsonText(s, true), true) }),
		"query in json":    joined(func(s string) string { return jsonText("a="+url.QueryEscape(s)+"&b", true) }),
		"base64 in query":  joined(func(s string) string { return url.QueryEscape(base(base64.StdEncoding)(s)) }),
		"json in base64":   alone(func(s string) string { return base(base64.StdEncoding)(`{"t":` + jsonText(s, true) + `}`) }),
		"query in base64":  alone(func(s string) string { return base(base64.URLEncoding)("token=" + url.QueryEscape(s)) }),
		"json in query":    joined(func(s string) string { return "q=" + url.QueryEscape(jsonText(s, false)) }),
		"html":             joined(html.EscapeString),
		"html numbers":     joined(htmlNumbers),
		"html in html":     joined(func(s string) string { return html.EscapeString(htmlNumbers(s)) }),
		"html in json":     joined(func(s string) string { return jsonText("<p>"+html.EscapeString(s)+"</p>", true) }),
		"json in html":     joined(func(s string) string { return "<pre>" + html.EscapeString(jsonText(s, false)) }),
		"query in html":    joined(func(s string) string { return "<a href=\"?a&amp;t=" + url.QueryEscape(s) + "&quot;\">" }),
		"base64 twice":     joined(func(s string) string { return base(base64.StdEncoding)(base(base64.StdEncoding)(s)) }),
		"base64 url of it": joined(func(s string) string { return base(base64.RawURLEncoding)(base(base64.RawStdEncoding)(s)) }),
		"json query json":  joined(func(s string) string { return jsonText("q="+url.QueryEscape(jsonText(s, true)), true) }),
	}
}

func jsonText(s string, html bool) string {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(html)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(buf.String(), "\n")
}

// htmlNumbers writes ASCII's punctuation as numbers, hexadecimal and decimal in turn, as template engines do.
func htmlNumbers(s string) string {
	var out strings.Builder
	for n, c := range s {
		switch {
		case c > '~' || c < '!' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9':
			out.WriteRune(c)
		case n%2 == 0:
			fmt.Fprintf(&out, "&#x%X;", c)
		default:
			fmt.Fprintf(&out, "&#%03d;", c)
		}
	}
	return out.String()
}

func inLines(s string) string {
	var out strings.Builder
	for len(s) > 64 {
		out.WriteString(s[:64] + "\r\n")
		s = s[64:]
	}
	return out.String() + s + "\r\n"
}

// Property: in every encoding, at every alignment, a secret is found, and is not found in what Redact gives.
func TestRedactEveryEncoding(t *testing.T) {
	t.Parallel()
	for name, encode := range encodings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				secret := rapid.StringN(1, 60, -1).Filter(func(s string) bool { return len(strings.TrimSpace(s)) >= shortest }).Draw(t, "secret")
				before := rapid.StringN(0, 7, -1).Draw(t, "before")
				after := rapid.StringN(0, 7, -1).Draw(t, "after")
				text := encode(before, secret, after)
				r := NewRedactor(New(secret))
				if !r.Find(text) {
					t.Fatalf("not found in %q", text)
				}
				if got := r.Redact(text); r.Find(got) || !strings.Contains(got, hidden) {
					t.Fatalf("%q became %q", text, got)
				}
			})
		})
	}
}

// What is not the secret stays as it was, to the octet.
func TestRedactLeavesTheRest(t *testing.T) {
	t.Parallel()
	r := NewRedactor(New("p+ss w<rd"), New("abcd"), New("abcdefgh"), New("key \U0001F511 of"))
	tests := []struct{ in, want string }{
		{"", ""},
		{"nothing 100% here, C:\\x %zz \\u12", "nothing 100% here, C:\\x %zz \\u12"},
		{"a p+ss w<rd b", "a [secret] b"},
		{"a=p%2Bss+w%3Crd&b=%41", "a=[secret]&b=%41"},
		{"a=p%2bss%20w%3crd&b=%41", "a=[secret]&b=%41"},
		{`{"a":"p+ss w\u003crd","b":"\u00e9"}`, `{"a":"[secret]","b":"\u00e9"}`},
		{`{"a":"p+ss w\u003Crd","b":"\/"}`, `{"a":"[secret]","b":"\/"}`},
		{`{"a":"key \ud83d\udd11 of","b":"\ud83d\ude00"}`, `{"a":"[secret]","b":"\ud83d\ude00"}`},
		{"abcdefgh abcd abcdefg", "[secret] [secret] [secret]efg"},
		{"Basic " + base64.StdEncoding.EncodeToString([]byte("u:p+ss w<rd")) + " x", "Basic dT[secret] x"},
		{"<td>p&#43;ss w&lt;rd</td>&nbsp;&unknown; & &#x; a&b;", "<td>[secret]</td>&nbsp;&unknown; & &#x; a&b;"},
		{"x " + base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("p+ss w<rd")))) + " y", "x [secret] y"},
		{hex.EncodeToString([]byte("-p+ss w<rd-")), "2d[secret]2d"},
	}
	for _, test := range tests {
		if got := r.Redact(test.in); got != test.want {
			t.Errorf("%q became %q, want %q", test.in, got, test.want)
		}
	}
}

func TestRedactPEMKey(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	r := NewRedactor(New(text))
	for name, leak := range map[string]string{
		"as it is":      text,
		"CRLF":          strings.ReplaceAll(text, "\n", "\r\n"),
		"in JSON":       jsonText(text, true),
		"body only":     base64.StdEncoding.EncodeToString(der),
		"other lines":   inLines(base64.StdEncoding.EncodeToString(der)),
		"der":           string(der),
		"base64 of PEM": base64.StdEncoding.EncodeToString([]byte(text)),
	} {
		if got := r.Redact("x " + leak + " y"); r.Find(got) || len(got) > 100 {
			t.Errorf("%s became %q", name, got)
		}
	}
	if public := "-----BEGIN PRIVATE KEY-----\nMIGH"; r.Redact(public) != public {
		t.Error("what every key begins with is no secret")
	}
}

func TestRedactShortValues(t *testing.T) {
	t.Parallel()
	r := NewRedactor(New("abc"), Value{}, New("  \n"))
	if text := "abc YWJj 616263"; r.Find(text) || r.Redact(text) != text {
		t.Errorf("%q became %q", text, r.Redact(text))
	}
}

func TestRedactorZero(t *testing.T) {
	t.Parallel()
	var none *Redactor
	var zero Redactor
	if none.Redact("text") != "text" || zero.Redact("text") != "text" || none.Find("text") || zero.Find("text") {
		t.Error("a redactor without values changes text")
	}
	zero.Add(New("text"))
	if got := zero.Redact("a text"); got != "a [secret]" {
		t.Errorf("after Add: %q", got)
	}
}

func TestRedactorConcurrent(t *testing.T) {
	t.Parallel()
	r := NewRedactor(New("first-secret"))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			own := fmt.Sprintf("secret-number-%d", i)
			r.Add(New(own))
			if got := r.Redact("first-secret " + own); got != "[secret] [secret]" {
				t.Errorf("got %q", got)
			}
		})
	}
	all.Wait()
}

// Property: Redact never panics, is idempotent on what it found, and leaves nothing to find, whatever the text.
func FuzzRedact(f *testing.F) {
	for _, encode := range encodings() {
		f.Add(encode("a", "p+ss \"w<rd\"", "b"))
	}
	f.Add(`\ud83d\ude00%`)
	f.Add(`\U0010FFFF\U00110000\ud83d\u0000`)
	r := NewRedactor(New("p+ss \"w<rd\""), New("0123456789"))
	f.Fuzz(func(t *testing.T, text string) {
		got := r.Redact(text)
		if r.Find(text) != (got != text) {
			t.Errorf("%q became %q", text, got)
		}
		if again := r.Redact(got); again != got {
			t.Errorf("%q became %q, and that %q", text, got, again)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	r := &Redactor{}
	for i := range 40 {
		r.Add(New(fmt.Sprintf("secret number %d of forty", i)))
	}
	text := strings.Repeat(`{"name":"_acme-challenge.example.org","path":"\/api?x=%20y+z","value":"LoqXcYV8"}`+"\n", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Redact(text)
	}
}
