package main

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// example is a request as documentation shows it.
type example struct {
	method, url string
	kind        string // "body", "form" or "text"
	body        any    // nil for none
}

// readExample reads a curl line, or a method, a path and perhaps a body.
func readExample(line string) (example, error) {
	line = strings.TrimSpace(line)
	if rest, is := strings.CutPrefix(line, "curl "); is {
		return readCurl(rest)
	}
	method, rest, _ := strings.Cut(line, " ")
	address, body, _ := strings.Cut(strings.TrimSpace(rest), " ")
	e := example{method: strings.ToUpper(method), url: address}
	return e, e.take(strings.Trim(strings.TrimSpace(body), "'"))
}

// readCurl reads the options of curl that say what is sent.
func readCurl(line string) (example, error) {
	words, err := shellWords(line)
	if err != nil {
		return example{}, err
	}
	var e example
	var data []string
	asQuery := false
	for len(words) > 0 {
		option, value, joined := words[0], "", false
		if strings.HasPrefix(option, "--") {
			option, value, joined = strings.Cut(option, "=")
		}
		words = words[1:]
		if !joined && takesValue(option) {
			if len(words) == 0 {
				return e, errors.New("the curl line ends after " + option)
			}
			value, words = words[0], words[1:]
		}
		switch {
		case !strings.HasPrefix(option, "-"):
			e.url = option
		case option == "--url":
			e.url = value
		case option == "-X", option == "--request":
			e.method = strings.ToUpper(value)
		case option == "-d", option == "--json", strings.HasPrefix(option, "--data"):
			data = append(data, value)
		case option == "-G", option == "--get":
			asQuery = true
		}
	}
	text := strings.Join(data, "&")
	if asQuery && text != "" {
		e.url, text = e.url+"?"+text, ""
	}
	if e.method == "" {
		e.method = "GET"
	}
	if e.method == "GET" && text != "" {
		e.method = "POST"
	}
	return e, e.take(text)
}

// takesValue says whether an option of curl has a value behind it. Headers and credentials are asked for elsewhere, and
// passed over with theirs.
func takesValue(option string) bool {
	return slices.Contains([]string{
		"-X", "--request", "--url", "-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--json",
		"-H", "--header", "-u", "--user", "-o", "--output", "-A", "--user-agent", "-b", "--cookie", "--cacert", "-m", "--max-time",
	}, option)
}

// shellWords splits a line as a shell does, as far as documentation uses that.
func shellWords(line string) ([]string, error) {
	var words []string
	var word []rune
	begun, quote := false, rune(0) // quote is the open quotation mark
	runes := []rune(line)
	for n := 0; n < len(runes); n++ {
		c := runes[n]
		switch {
		case c == '\\' && quote != '\'' && n+1 < len(runes):
			n++
			begun, word = true, append(word, runes[n])
		case c == quote:
			quote = 0
		case quote == 0 && c == '$' && n+1 < len(runes) && runes[n+1] == '\'': // $'…' of bash
		case quote == 0 && (c == '\'' || c == '"'):
			begun, quote = true, c
		case quote == 0 && strings.ContainsRune(" \t\r\n", c):
			if begun {
				words = append(words, string(word))
			}
			begun, word = false, nil
		default:
			begun, word = true, append(word, c)
		}
	}
	if quote != 0 {
		return nil, errors.New("a quotation mark is not closed")
	}
	if begun {
		words = append(words, string(word))
	}
	return words, nil
}

// bareTTL is the word TTL where JSON has a number.
var bareTTL = regexp.MustCompile(`([:,\[]\s*)(TTL|ID)(\s*[,}\]])`)

// take reads the body, and sees whether the whole is a request.
func (e *example) take(body string) error {
	if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, e.method) {
		return errors.New("it has to begin with GET, POST, PUT, PATCH, DELETE or curl")
	}
	if !strings.HasPrefix(e.url, "/") && !strings.HasPrefix(e.url, "https://") {
		return errors.New("its path has to begin with / or https://")
	}
	if body == "" {
		return nil
	}
	if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
		text := bareTTL.ReplaceAllString(body, `${1}"${2}"${3}`)
		if !json.Valid([]byte(text)) {
			return errors.New("its body is no JSON")
		}
		e.kind = "body"
		return yaml.UnmarshalWithOptions([]byte(text), &e.body, yaml.UseOrderedMap())
	}
	form, err := orderedForm(body)
	if err != nil {
		e.kind, e.body = "text", body
		return nil
	}
	e.kind, e.body = "form", form
	return nil
}

// orderedForm reads x-www-form-urlencoded text in its order.
func orderedForm(text string) (yaml.MapSlice, error) {
	var form yaml.MapSlice
	for _, pair := range strings.Split(text, "&") {
		key, value, found := strings.Cut(pair, "=")
		if !found {
			return nil, errors.New("not a form")
		}
		k, err := url.QueryUnescape(key)
		if err != nil {
			return nil, err
		}
		v, err := url.QueryUnescape(value)
		if err != nil {
			return nil, err
		}
		form = append(form, yaml.MapItem{Key: k, Value: v})
	}
	return form, nil
}
