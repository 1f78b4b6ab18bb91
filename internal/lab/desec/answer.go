package desec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// answer is what a request gets. Without html the body is JSON; a nil body is none.
type answer struct {
	status int
	body   any
	html   bool // body is a string, or nil
	header http.Header
}

// refusal is an answer as an error.
type refusal struct{ answer }

func (r *refusal) Error() string { return fmt.Sprintf("%d: %v", r.status, r.body) }

// refuse makes an error of a status and a JSON body.
func refuse(status int, body any) error { return &refusal{answer{status: status, body: body}} }

// detail is the body of errors that concern no field.
func detail(format string, args ...any) map[string]string {
	return map[string]string{"detail": fmt.Sprintf(format, args...)}
}

// nonField is the body of errors that concern the whole object.
func nonField(format string, args ...any) map[string]any {
	return map[string]any{"non_field_errors": []string{fmt.Sprintf(format, args...)}}
}

// refusalOf gives the answer in err. Any other error is a mistake in this package, and shown as what Django shows.
func refusalOf(err error) answer {
	var r *refusal
	if errors.As(err, &r) {
		return r.answer
	}
	return page(http.StatusInternalServerError, "Server Error (500)", "")
}

// page is one of Django's built-in HTML pages.
func page(status int, title, text string) answer {
	return answer{status: status, html: true, body: fmt.Sprintf(`
<!doctype html>
<html lang="en">
<head>
  <title>%[1]s</title>
</head>
<body>
  <h1>%[1]s</h1><p>%[2]s</p>
</body>
</html>
`, title, text)}
}

// with gives the answer with one more header.
func (a answer) with(key, value string) answer {
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set(key, value)
	a.header = header
	return a
}

func (a answer) send(w http.ResponseWriter) {
	for key, values := range a.header {
		w.Header()[key] = values
	}
	switch {
	case a.html:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(a.status)
		if text, ok := a.body.(string); ok {
			fmt.Fprint(w, text)
		}
	case a.body == nil:
		w.WriteHeader(a.status)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		w.Write(compact(a.body))
	}
}

// compact writes JSON as Django REST framework does: no spaces, no escapes beyond what JSON needs.
func compact(body any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		panic(fmt.Sprintf("desec: an answer that is not JSON: %v", err)) // only this package's own types get here
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
