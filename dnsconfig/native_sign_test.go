package dnsconfig

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

func yamlNode(t *testing.T, source string) ast.Node {
	t.Helper()
	file, err := parser.ParseBytes([]byte(source), 0)
	if err != nil {
		t.Fatal(err)
	}
	return file.Docs[0].Body
}

// recipe is a sign of a document with what it is tried on.
type recipe struct {
	sign    string
	account map[string]any
	request Request
	now     time.Time
	nonce   string
}

// headers gives the headers of the signed request, names in lower case.
func (r recipe) headers(t *testing.T) map[string]string {
	t.Helper()
	account := types.Map{}
	for key := range r.account {
		account[key] = types.String
	}
	s, err := compileSigning(yamlNode(t, r.sign), types.Map{"account": account})
	if err != nil {
		t.Fatal(err)
	}
	request := r.request
	if err := s.apply(newEvaluation(map[string]any{"account": r.account}, nil), &request, r.now, r.nonce); err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{}
	for _, h := range request.Header {
		headers[strings.ToLower(h[0])] = h[1]
	}
	return headers
}

func at(t *testing.T, rfc3339 string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// AWS's published suite of signature version 4 (aws4_testsuite), and the example of its general reference (iam).
func TestAWS4(t *testing.T) {
	t.Parallel()
	const sign = "aws4: {access_key: =account.id, secret_key: =account.secret, session_token: =account.session, region: us-east-1, service: %s}"
	const host = "https://example.amazonaws.com"
	form := [][2]string{{"Content-Type", "application/x-www-form-urlencoded"}}
	for _, c := range []struct {
		what, service, signed, signature string
		request                          Request
	}{
		{"get-vanilla", "service", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", Request{Method: "GET", URL: host + "/"}},
		{"no path", "service", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", Request{Method: "GET", URL: host}},
		{"get-vanilla-query-order-key-case", "service", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", Request{Method: "GET", URL: host + "/?Param2=value2&Param1=value1"}},
		{"post-vanilla", "service", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", Request{Method: "POST", URL: host + "/"}},
		{"post-x-www-form-urlencoded", "service", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a", Request{Method: "POST", URL: host + "/", Header: form, Body: []byte("Param1=value1")}},
		{"the general reference's example", "iam", "content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7", Request{
			Method: "GET", URL: "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
			Header: [][2]string{{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, {"Accept", "application/xml"}},
		}},
	} {
		account := map[string]any{"id": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session": ""}
		got := recipe{fmt.Sprintf(sign, c.service), account, c.request, at(t, "2015-08-30T12:36:00Z"), ""}.headers(t)
		want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/" + c.service + "/aws4_request, SignedHeaders=" + c.signed + ", Signature=" + c.signature
		if got["authorization"] != want || got["x-amz-date"] != "20150830T123600Z" || got["x-amz-security-token"] != "" {
			t.Errorf("%s: %v\nwant %s", c.what, got, want)
		}
	}
	account := map[string]any{"id": "AKIDEXAMPLE", "secret": "s", "session": "to/ken="}
	got := recipe{fmt.Sprintf(sign, "route53"), account, Request{Method: "GET", URL: host + "/a%20b/c"}, at(t, "2015-08-30T12:36:00Z"), ""}.headers(t)
	// The path is encoded once more than it is sent, for all services but S3.
	sum := sha256.Sum256([]byte("GET\n/a%2520b/c\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\nx-amz-security-token:to/ken=\n\n" +
		"host;x-amz-date;x-amz-security-token\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
	key := "AWS4s"
	for _, part := range []string{"20150830", "us-east-1", "route53", "aws4_request"} {
		key = string(mac(sha256.New, key, part))
	}
	signature := hex.EncodeToString(mac(sha256.New, key, "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/route53/aws4_request\n"+hex.EncodeToString(sum[:])))
	if !strings.HasSuffix(got["authorization"], "SignedHeaders=host;x-amz-date;x-amz-security-token, Signature="+signature) || got["x-amz-security-token"] != "to/ken=" {
		t.Errorf("with a session: %v", got)
	}
}

// Recipes of hosts, each with the example that the host publishes.
func TestRecipesOfHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		recipe recipe
		want   map[string]string
	}{
		{"Tencent TC3, documentation of signature v3", recipe{
			sign: `
values:
  date: =time("date")
  canonical: '=join([request.method, request.path, request.query, "content-type:" + request.headers["content-type"] + "\nhost:" + request.host + "\n", "content-type;host", hex(hash("sha256", request.body))], "\n")'
  scope: =signing.date + "/cvm/tc3_request"
  string: '=join(["TC3-HMAC-SHA256", now, signing.scope, hex(hash("sha256", signing.canonical))], "\n")'
  key: =hmac("sha256", hmac("sha256", hmac("sha256", "TC3" + account.key, signing.date), "cvm"), "tc3_request")
headers:
  X-TC-Timestamp: =now
  Authorization: TC3-HMAC-SHA256 Credential=${account.id}/${signing.scope}, SignedHeaders=content-type;host, Signature=${hex(hmac("sha256", signing.key, signing.string))}
`,
			account: map[string]any{"id": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "key": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"},
			request: Request{
				Method: "POST", URL: "https://cvm.tencentcloudapi.com/", Header: [][2]string{{"Content-Type", "application/json; charset=utf-8"}},
				Body: []byte(`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`),
			},
			now: time.Unix(1551113065, 0),
		}, map[string]string{
			"x-tc-timestamp": "1551113065",
			"authorization":  "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
		}},
		{"Alibaba ACS3, documentation of signature V3", recipe{
			sign: `
values:
  date: =time("rfc3339")
  digest: =hex(hash("sha256", request.body))
  signed: host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version
  lines: '="host:" + request.host + "\nx-acs-action:" + request.headers["x-acs-action"] + "\nx-acs-content-sha256:" + signing.digest + "\nx-acs-date:" + signing.date + "\nx-acs-signature-nonce:" + nonce + "\nx-acs-version:" + request.headers["x-acs-version"] + "\n"'
  canonical: '=join([request.method, request.path, sorted_query(request.query), signing.lines, signing.signed, signing.digest], "\n")'
  string: '="ACS3-HMAC-SHA256\n" + hex(hash("sha256", signing.canonical))'
headers:
  X-Acs-Date: =signing.date
  X-Acs-Content-Sha256: =signing.digest
  X-Acs-Signature-Nonce: =nonce
  Authorization: ACS3-HMAC-SHA256 Credential=${account.id},SignedHeaders=${signing.signed},Signature=${hex(hmac("sha256", account.key, signing.string))}
`,
			account: map[string]any{"id": "YourAccessKeyId", "key": "YourAccessKeySecret"},
			request: Request{
				Method: "POST", URL: "https://ecs.cn-shanghai.aliyuncs.com/?RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
				Header: [][2]string{{"X-Acs-Action", "RunInstances"}, {"X-Acs-Version", "2014-05-26"}},
			},
			now: at(t, "2023-10-26T10:22:32Z"), nonce: "3156853299f313e23d1673dc12e1703d",
		}, map[string]string{
			"x-acs-date":            "2023-10-26T10:22:32Z",
			"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
			"authorization":         "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
		}},
		{"Akamai EG1, a GET of its test data", akamai("GET", "/testapi/v1/t1?p1=1&p2=2", ""), map[string]string{"authorization": akamaiWant + "hKDH1UlnQySSHjvIcZpDMbQHihTQ0XyVAKZaApabdeA="}},
		{"Akamai EG1, a POST of its test data", akamai("POST", "/testapi/v1/t3", "datadatadatadatadatadatadatadata"), map[string]string{"authorization": akamaiWant + "hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4="}},
		{"Exoscale, a GET of its documentation", exoscale("GET", "/v2/resource/a02baf5a-a3e4-49a0-857b-8a08d276c1c0?p2=v2&p1=v1", ""), map[string]string{
			"authorization": "EXO2-HMAC-SHA256 credential=EXO29147e9f89102b7ac1e88514,signed-query-args=p1;p2,expires=1599140767,signature=iySgamuwvts0vmltyqBfonKPaMk6hdLUtE/jsf9Mac0=",
		}},
		{"Exoscale, a POST of its documentation", exoscale("POST", "/v2/security-group", `{"name": "my-security-group"}`), map[string]string{
			"authorization": "EXO2-HMAC-SHA256 credential=EXO29147e9f89102b7ac1e88514,expires=1599140767,signature=NXg7zm51sncCLHq+vWfQ6aaJC06Lvr94RrdznIh8MvM=",
		}},
		{"Huawei SDK-HMAC, a GET of its SDK's test", recipe{
			sign: `
values:
  path: '=hasSuffix(request.path, "/") ? request.path : request.path + "/"'
  canonical: '=join([request.method, signing.path, sorted_query(request.query), "x-sdk-date:" + time("compact") + "\n", "x-sdk-date", hex(hash("sha256", request.body))], "\n")'
  string: '=join(["SDK-HMAC-SHA256", time("compact"), hex(hash("sha256", signing.canonical))], "\n")'
headers:
  X-Sdk-Date: =time("compact")
  Authorization: SDK-HMAC-SHA256 Access=${account.id}, SignedHeaders=x-sdk-date, Signature=${hex(hmac("sha256", account.key, signing.string))}
`,
			account: map[string]any{"id": "AccessKey", "key": "SecretKey"},
			request: Request{Method: "GET", URL: "https://example.huaweicloud.com/path?limit=1"},
			now:     at(t, "2006-01-02T15:04:05Z"),
		}, map[string]string{
			"x-sdk-date":    "20060102T150405Z",
			"authorization": "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=x-sdk-date, Signature=5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
		}},
	} {
		got := c.recipe.headers(t)
		for key, want := range c.want {
			if got[key] != want {
				t.Errorf("%s: %s is %q\nwant %q", c.what, key, got[key], want)
			}
		}
	}
}

const akamaiWant = "EG1-HMAC-SHA256 client_token=akab-client-token-xxx-xxxxxxxxxxxxxxxx;access_token=akab-access-token-xxx-xxxxxxxxxxxxxxxx;" +
	"timestamp=20140321T19:34:21+0000;nonce=nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx;signature="

// akamai signs a request as Akamai's clients do (EdgeGrid): only a POST has its body hashed.
func akamai(method, path, body string) recipe {
	return recipe{
		sign: `
values:
  time: '=replace(replace(time("rfc3339"), "-", ""), "Z", "+0000")'
  start: EG1-HMAC-SHA256 client_token=${account.client_token};access_token=${account.access_token};timestamp=${signing.time};nonce=${nonce};
  digest: '=request.method == "POST" && request.body != "" ? base64(hash("sha256", request.body)) : ""'
  target: '=request.query == "" ? request.path : request.path + "?" + request.query'
  key: =base64(hmac("sha256", account.client_secret, signing.time))
  data: '=join([request.method, "https", request.host, signing.target, "", signing.digest, signing.start], "\t")'
headers:
  Authorization: =signing.start + "signature=" + base64(hmac("sha256", signing.key, signing.data))
`,
		account: map[string]any{
			"client_token": "akab-client-token-xxx-xxxxxxxxxxxxxxxx", "access_token": "akab-access-token-xxx-xxxxxxxxxxxxxxxx",
			"client_secret": strings.Repeat("x", 43) + "=",
		},
		request: Request{Method: method, URL: "https://akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net" + path, Body: []byte(body)},
		now:     time.Date(2014, 3, 21, 19, 34, 21, 0, time.UTC), nonce: "nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
	}
}

// exoscale signs a request as Exoscale's API v2 documents: parameters sorted, their names told, ten minutes to live.
func exoscale(method, path, body string) recipe {
	return recipe{
		sign: `
values:
  expires: =text(now + 600)
  query: '=filter(split(sorted_query(request.query), "&"), # != "")'
  names: '=join(map(signing.query, first(split(#, "="))), ";")'
  data: '=join([request.method + " " + request.path, request.body, join(map(signing.query, last(split(#, "="))), ""), "", signing.expires], "\n")'
  told: '=signing.names == "" ? "" : ",signed-query-args=" + signing.names'
headers:
  Authorization: EXO2-HMAC-SHA256 credential=${account.key}${signing.told},expires=${signing.expires},signature=${base64(hmac("sha256", account.secret, signing.data))}
`,
		account: map[string]any{"key": "EXO29147e9f89102b7ac1e88514", "secret": "Gjq2O4GmXbrVwWiwvSaXAX4pkXhJyK8Dl7zuvkJ8rIw"},
		request: Request{Method: method, URL: "https://api-ch-gva-2.exoscale.com" + path, Body: []byte(body)},
		now:     time.Unix(1599140767-600, 0),
	}
}

// Recipes of hosts that publish no example: checked against what their documentation says, computed here.
func TestRecipesWithoutAnExample(t *testing.T) {
	t.Parallel()
	key := exampleRSA(t)
	account := map[string]any{
		"app": "app", "secret": "app-secret", "consumer": "consumer", "pem": pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)),
	}
	post := Request{
		Method: "POST", URL: "https://eu.api.ovh.com/1.0/domain/zone/example.net/record?a=b%20c",
		Header: [][2]string{{"Content-Type", "application/json"}}, Body: []byte(`{"target":"ä"}`),
	}
	now := time.Unix(1366560945, 0)

	ovh := recipe{`
values:
  string: '=join([account.secret, account.consumer, request.method, request.url, request.body, text(now)], "+")'
headers:
  X-Ovh-Application: =account.app
  X-Ovh-Timestamp: =now
  X-Ovh-Signature: '="$1$" + hex(hash("sha1", signing.string))'
`, account, post, now, ""}.headers(t)
	sum := sha1.Sum([]byte("app-secret+consumer+POST+" + post.URL + "+" + string(post.Body) + "+1366560945"))
	if ovh["x-ovh-signature"] != "$1$"+hex.EncodeToString(sum[:]) || ovh["x-ovh-timestamp"] != "1366560945" || ovh["x-ovh-application"] != "app" {
		t.Errorf("OVH: %v", ovh)
	}

	transip := recipe{"headers: {Signature: '=base64(rsa_sign(\"sha512\", account.pem, request.body))'}", account, post, now, ""}.headers(t)
	sum512 := sha512.Sum512(post.Body)
	if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA512, sum512[:], unbase64(t, transip["signature"])); err != nil {
		t.Errorf("TransIP: %v", err)
	}

}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	octets, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// What a recipe sees of a request, and what it does to its headers.
func TestSigningSeesTheRequest(t *testing.T) {
	t.Parallel()
	s, err := compileSigning(yamlNode(t, `
values:
  b: =nonce
  a: =signing.b + "!"
headers:
  All: =json(request)
  authorization: =signing.a
  None: =request.headers["not-there"]
`), types.Map{})
	if err != nil {
		t.Fatal(err)
	}
	r := Request{
		Method: "PUT", URL: "https://h.example:8443/a%2Fb/c?x=y%20z", Body: []byte("ä"),
		Header: [][2]string{{"X-A", "1"}, {"Authorization", "old"}, {"x-a", "2"}},
	}
	if err := s.apply(newEvaluation(nil, nil), &r, time.Unix(5, 0), "n0"); err != nil {
		t.Fatal(err)
	}
	want := [][2]string{{"X-A", "1"}, {"x-a", "2"}, {"All", `{"body":"ä","headers":{"authorization":"old","x-a":"1, 2"},"host":"h.example:8443","length":2,"method":"PUT","path":"/a%2Fb/c","query":"x=y%20z","url":"https://h.example:8443/a%2Fb/c?x=y%20z"}`}, {"authorization", "n0!"}}
	if !reflect.DeepEqual(r.Header, want) {
		t.Errorf("%q", r.Header)
	}
}

// What a person reads about a recipe that can't be.
func TestSigningRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ sign, want string }{
		{"a", "this should be a mapping of keys to values"},
		{"{}", "headers is missing in sign; without it nothing would be signed"},
		{"{values: {a: b}}", "headers is missing in sign; without it nothing would be signed"},
		{"{header: {A: b}}", `there is no key "header" in sign; values and headers, or aws4, can be there`},
		{"{aws4: {}, headers: {}}", "access_key is missing in aws4"},
		{"{aws4: {access_key: a, secret_key: b, region: c, service: d}, headers: {A: b}}", "aws4 stands alone in sign"},
		{"{aws4: {access_key: a, secret_key: b, region: c}}", "service is missing in aws4"},
		{"{aws4: {accesskey: a}}", `there is no key "accesskey" in aws4; access_key, secret_key, session_token, region and service can be there`},
		{"{aws4: a}", "this should be a mapping of keys to values"},
		{"{aws4: {access_key: =nope}}", "unknown name nope (character 1)"},
		{"{headers: {Host: a}}", "a document can't set the header Host"},
		{"{headers: {\"a b\": a}}", `"a b" is no name of a header`},
		{"{headers: {A: =signing.later}}", "unknown field later"},
		{"{headers: {A: [b]}}", "a sequence can't stand here"},
		{"{values: {a: =signing.b, b: c}, headers: {A: b}}", "unknown field b"},
		{"{values: {a-b: c}, headers: {A: b}}", `"a-b" is no name of a value; letters, digits and underscores can be used`},
		{"{headers: {A: =request.uri}}", "unknown field uri"},
	} {
		if _, err := compileSigning(yamlNode(t, c.sign), types.Map{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.sign, err, c.want)
		}
	}
	for _, c := range []struct{ sign, want string }{
		{`{headers: {A: "=\"a\\r\\nB: s3cr3t\""}}`, "sign: the header A would hold a line break or control character"},
		{`{headers: {A: "=[1]"}}`, "sign: the header A: text is wanted, not a list"},
		{`{values: {a: "=hex(1)"}, headers: {A: b}}`, "sign: a: the expression hex(1) fails: hex wants text, not a number"},
		{`{aws4: {access_key: "", secret_key: b, region: c, service: d}}`, "sign: access_key is empty"},
		{`{aws4: {access_key: a, secret_key: =nil, region: c, service: d}}`, "sign: secret_key: text is wanted, not nothing"},
		{`{aws4: {access_key: "a\nb", secret_key: b, region: c, service: d}}`, "the header Authorization would hold a line break or control character"},
		{`{aws4: {access_key: a, secret_key: b, session_token: "a\nb", region: c, service: d}}`, "the header X-Amz-Security-Token would hold a line break or control character"},
	} {
		s, err := compileSigning(yamlNode(t, c.sign), types.Map{})
		if err != nil {
			t.Errorf("%s: %v", c.sign, err)
			continue
		}
		r := Request{Method: "GET", URL: "https://h.example/"}
		err = s.apply(newEvaluation(nil, nil), &r, time.Unix(5, 0), "")
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v; want %q", c.sign, err, c.want)
		}
	}
}
