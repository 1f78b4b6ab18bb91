package dnsconfig

// recordDocument uses what nativeDocument does not: the record style with a session, pages, recipes and jobs.
const recordDocument = `deputy: dns-configuration/1
name: records
version: "1"
documentation: [https://example.org/api]
proven: real server
account:
  user: {title: User, help: ask}
  password: {title: Password, secret: true, help: ask}
  token: {title: Token, secret: true, help: ask}
  place: {title: Place, default: eu, help: eu or us}
needs: [[token], [user, password]]
limits:
  requests:
    - {count: 100, per: 1m, by: zone, writes: true}
    - {count: 5, per: 1s}
  ttls: [3600, 300, 60]
  minimum_ttl: 200
  publication: 15m
api:
  base: https://${account.place}.example.org/v1
  headers:
    X-Token: "=account.token != '' ? account.token : nil"
    X-Session: ${session.token}
  sign:
    values:
      string: "=join([request.method, request.path, request.body, text(now), nonce], '|')"
    headers: {X-Signature: "=hex(hmac('sha256', session.key, signing.string))"}
login:
  post: https://login.example.org/token/${account.user}
  form: {grant: password, password: =account.password, nothing: =nil}
  session: {token: =response.token, key: =cookies.key ?? 'k'}
  expires: =response.expires_in
  message: =response.error
logout:
  post: /logout
  sign: none
zone:
  get: /zones/${zone_name}
  absent: [404]
  id: =response.id
zones:
  get: /zones
  query: {page: =page, size: 50, none: =nil}
  page: {first: 1, next: "=len(response.zones) == 2 ? page + 1 : nil"}
  zones: =response.zones
  id: =item.id
  name: =item.name
  minimum_ttl: =item.ttl
record:
  list:
    get: /zones/${zone}/records?name=${name}
    page: {next_url: =response.next}
    records: =response.records
    id: =record.id
  item:
    get: /records/${path(id)}
    absent: [404]
    value: =unquote(response.value)
  create:
    post: /zones/${zone}/records
    headers: {x-token: =nil, Content-Type: application/vnd.example+json}
    body: {name: =label, value: =quote(value), ttl: =ttl}
    ok: =status == 202 && response.ok
    exists: "=status == 400 && response.code == 7"
    conflict: [423]
    throttled: "=response.code == 8"
    expired: [440]
    message: =response.text
    wait: =response.seconds
    job: =response.job
  delete:
    delete: /records/${path(id)}
    absent: "=status == 400 && response.code == 9"
    text: "${value} ${record.note}"
commit:
  post: /zones/${zone}/publish
  xml: {Publish: {"@xmlns": "urn:x", Zone: =zone_name}}
  answers: text
poll:
  get: /jobs/${job}
  answers: xml
  done: =response.Job.State == 'done'
  failed: =response.Job.State == 'failed'
  every: 5s
`

// singleDocument is of the single style.
const singleDocument = `deputy: dns-configuration/1
name: one
account: {token: {secret: true}}
single:
  write: {get: "/update?t=${account.token}&v=${value}&n=${name}", answers: text, ok: "=trim(response) == 'OK'"}
  clear: {get: "/update?t=${account.token}&v=&n=${name}", answers: text, ok: "=trim(response) == 'OK'"}
`

// addingDocument is of the rrset style, with a host that adds and removes values itself.
const addingDocument = `deputy: dns-configuration/1
name: adds
account: {token: {secret: true}}
api: {base: https://api.example.org, headers: {Authorization: "Bearer ${account.token}"}}
rrset:
  read: {get: "/${zone}/${label}", absent: [404], values: =response.values, found: =headers.etag}
  add: {post: "/${zone}/${label}/add", headers: {If-Match: =found}, body: =values}
  remove: {post: "/${zone}/${label}/remove", headers: {If-Match: =found}, form: "={value: values}"}
`
