#!/usr/bin/env bash
# The main job of deputy, with real output: DNS, a DNS host's API and a CA run on loopback (bin/deputy-lab), and
# nothing is faked on deputy's side. `make demo` builds and runs this; it ends with 0 when all went as told.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
lab=
finish() {
	[ -z "$lab" ] || { kill -INT "$lab" && wait "$lab" || true; }
	rm -rf "$work"
}
trap finish EXIT

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold= dim= plain=; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
shown() { printf '%s$' "$dim"; printf ' %q' "$@"; printf '%s\n' "$plain"; }
run() { shown "$@"; "$@"; }
expect() { # expect CODE COMMAND...
	local want=$1 got=0
	shift
	shown "$@"
	"$@" || got=$?
	printf '%s(exit %d)%s\n' "$dim" "$got" "$plain"
	[ "$got" = "$want" ] || { echo "the demo expected exit $want"; exit 1; }
}

PATH=$PWD/bin:$PATH
say "A small internet on loopback: DNS from the root down, a DNS host with an API, a CA."
deputy-lab up --dir "$work/lab" >"$work/lab.log" 2>&1 &
lab=$!
until [ -e "$work/lab/env" ]; do
	kill -0 "$lab" 2>/dev/null || { cat "$work/lab.log"; lab=; exit 1; }
	read -rt 0.05 <> <(:) || true
done
set -a
. "$work/lab/env"
set +a
grep DEPUTY_ "$work/lab/env"

provider() { # provider FILE NAME CONFIGURATION ACCOUNT... : a DNS Provider document
	cat >"$work/$1" <<-YAML
	deputy: dns-provider/1
	name: $2
	configuration: $3
	zones: [martdj.dedyn.io]
	account: $4
	api_base: $LAB_DESEC_URL
	allow: {plain_http: true, addresses: [127.0.0.0/8]}
	YAML
}

say "You may not change martdj.nl. You may change martdj.dedyn.io, a free zone, with a token."
export DEPUTY_STATE=$work/state
provider provider.yaml desec-martdj desec '{token: {env: LAB_DESEC_TOKEN}}'
cat "$work/provider.yaml"
run deputy init --agree-tos --email you@example.org --provider "$work/provider.yaml"

say "Is the delegation there? No: and this is the ticket for whoever may add it."
expect 3 deputy check demohub.martdj.nl

say "The DNS department of martdj.nl adds the record, once."
delegate() { # delegate NAME : what the DNS department does with the ticket
	local owner target
	read -r owner target < <(deputy plan "$1" --json | sed -E 's/.*"owner":"([^"]*)".*"target":"([^"]*)".*/\1 \2/')
	run deputy-lab zone martdj.nl add "$owner. 60 IN CNAME $target."
}
delegate demohub.martdj.nl
run deputy check demohub.martdj.nl

say "So the certificate can be had."
run deputy issue demohub.martdj.nl
run deputy-lab verify "$DEPUTY_STATE/certificates/demohub.martdj.nl/fullchain.pem" demohub.martdj.nl

say "A name and its wildcard: two values at one place, at once."
delegate martdj.nl
run deputy issue martdj.nl '*.martdj.nl'
run deputy-lab verify "$DEPUTY_STATE/certificates/martdj.nl/fullchain.pem" martdj.nl '*.martdj.nl'

say "Nothing is left at the targets."
empty() { # empty OWNER...
	for owner in "$@"; do
		shown deputy-lab zone martdj.dedyn.io texts "$owner"
		local left
		left=$(deputy-lab zone martdj.dedyn.io texts "$owner")
		[ -z "$left" ] || { echo "left: $left"; exit 1; }
	done
}
empty $(deputy plan demohub.martdj.nl martdj.nl --json | sed -E 's/.*"target":"([^".]*)\..*/\1/')
run deputy list

dxl=${DEPUTY_DXL:-../shared/dxl}/martdj_deSec-with-CNAME-delegation.dxl
if [ ! -e "$dxl" ]; then
	say "The part with the article's DXL is left out: $dxl is not there (DEPUTY_DXL names its folder)."
	exit 0
fi

say "The same with the DNS Configuration of HCL Domino's CertMgr, unmodified, in custom value mode."
export DEPUTY_STATE=$work/domino
provider domino.yaml domino '"deSec with CNAME Delegation"' '{cfg_AuthToken: {env: LAB_DESEC_TOKEN}}'
cat >>"$work/domino.yaml" <<-YAML
registered_domains: [martdj.nl]
custom_value: validation
wait: {floor: 0s, turn: 0s} # all authoritative servers are asked, and this CA keeps nothing in a cache
YAML
run deputy dnsconfig import "$dxl"
run deputy init --agree-tos --provider "$work/domino.yaml"
for owner in _acme-challenge.demohub _acme-challenge; do
	run deputy-lab zone martdj.nl remove $owner CNAME
	run deputy-lab zone martdj.nl add "$owner 60 IN CNAME validation.martdj.dedyn.io."
done
run deputy issue demohub.martdj.nl
run deputy issue martdj.nl '*.martdj.nl'
run deputy-lab verify "$DEPUTY_STATE/certificates/demohub.martdj.nl/fullchain.pem" demohub.martdj.nl
run deputy-lab verify "$DEPUTY_STATE/certificates/martdj.nl/fullchain.pem" martdj.nl '*.martdj.nl'
empty validation

say "Done."
