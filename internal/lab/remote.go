package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// remoteTimeout bounds one control request.
const remoteTimeout = 10 * time.Second

// Remote is a lab that runs in another process.
type Remote struct {
	control string
	client  *http.Client
}

// Dial makes a Remote from a lab's Control URL; it sends nothing yet.
func Dial(control string) (*Remote, error) {
	u, err := url.Parse(control)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("%q is no control URL; deputy-lab up prints one as LAB_CONTROL", control)
	}
	return &Remote{strings.TrimSuffix(control, "/"), &http.Client{Timeout: remoteTimeout}}, nil
}

// Show gives a zone in zone file form.
func (r *Remote) Show(ctx context.Context, zone string) (text string, err error) {
	err = r.call(ctx, http.MethodGet, "/zone?"+url.Values{"zone": {zone}}.Encode(), nil, &text)
	return text, err
}

// Add is Zone.Add.
func (r *Remote) Add(ctx context.Context, zone string, lines ...string) error {
	return r.call(ctx, http.MethodPost, "/zone/add?"+url.Values{"zone": {zone}}.Encode(), zoneAdd{lines}, nil)
}

// Remove is Zone.Remove; it says how many records went.
func (r *Remote) Remove(ctx context.Context, zone, owner, rrtype string) (int, error) {
	var answer removed
	err := r.call(ctx, http.MethodPost, "/zone/remove?"+url.Values{"zone": {zone}}.Encode(), zoneRemove{owner, rrtype}, &answer)
	return answer.Removed, err
}

// Texts is Zone.Texts.
func (r *Remote) Texts(ctx context.Context, zone, owner string) (values []string, err error) {
	err = r.call(ctx, http.MethodGet, "/zone/texts?"+url.Values{"zone": {zone}, "owner": {owner}}.Encode(), nil, &values)
	return values, err
}

// History gives the entries after since; kind and server choose among them, "" all.
func (r *Remote) History(ctx context.Context, since int, kind, server string) (entries []Entry, err error) {
	query := url.Values{"since": {strconv.Itoa(since)}, "kind": {kind}, "server": {server}}
	err = r.call(ctx, http.MethodGet, "/history?"+query.Encode(), nil, &entries)
	return entries, err
}

// Behave is Nameserver.Behave; with a name, Nameserver.BehaveAt.
func (r *Remote) Behave(ctx context.Context, server, name, how string) error {
	return r.call(ctx, http.MethodPost, "/behave", behave{server, name, how}, nil)
}

// SetLag is Nameserver.SetLag.
func (r *Remote) SetLag(ctx context.Context, server string, lag time.Duration) error {
	return r.call(ctx, http.MethodPost, "/lag", late{server, lag.String()}, nil)
}

// SetDelay is Nameserver.SetDelay.
func (r *Remote) SetDelay(ctx context.Context, server string, delay time.Duration) error {
	return r.call(ctx, http.MethodPost, "/delay", far{server, delay.String()}, nil)
}

// DropPort53 is Lab.DropPort53.
func (r *Remote) DropPort53(ctx context.Context, on bool) error {
	return r.call(ctx, http.MethodPost, "/port53", filtered{on}, nil)
}

// call sends one control request for path, its query included, and reads the answer into answer unless that is nil.
func (r *Remote) call(ctx context.Context, method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, r.control+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := r.client.Do(request)
	if err != nil {
		return fmt.Errorf("the lab does not answer; is deputy-lab up still running? %w", err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("the lab's answer broke off: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(strings.TrimSpace(string(got)))
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(got, answer)
}
