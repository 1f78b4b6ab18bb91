#!/usr/bin/env bash
# The layers of deputy's tests, each with its time. Usage: test.sh all|quick|lab|bench|soak
#
#   quick  formatting, vet, staticcheck, and every test that needs no lab
#   lab    every test, on a small internet on loopback in the test's own process; the concurrent rooms under -race
#   build  static binaries, their size and speed
#   demo   make demo's script, from the built binaries
#   known  known vulnerabilities in what deputy calls
#   bench  figures, as ratios in one run
#   soak   all platforms, many histories, fuzzing, everything three times; hours
#
# Everything runs from a clean clone with Go. The race detector needs a C compiler besides, and some tests real DNS servers:
# where they are missing they are installed from Debian's packages by root or when CI is set; else the line to type is
# printed, and those tests are left out.
set -euo pipefail
cd "$(dirname "$0")"

# As the binary is shipped: tests and builds then share what they compile.
export CGO_ENABLED=0

began=$SECONDS
times=()

layer() { # layer NAME COMMAND...
	local name=$1 at=$SECONDS
	shift
	echo "== $name"
	"$@"
	times+=("$(printf '%-8s %4d s' "$name" $((SECONDS - at)))")
}

# What tests start from Debian's packages: a file that shows that it is there, and the packages that bring it.
needed="gcc=gcc,libc6-dev pdns_server=pdns-server,pdns-backend-sqlite3 /usr/share/doc/pdns-backend-bind=pdns-backend-bind named=bind9 named-checkzone=bind9-utils nsupdate=bind9-dnsutils unbound=unbound"

# packages installs what is missing, by root or when CI is set; else it prints the line to type, and what is left out.
packages() {
	local missing="" entry
	for entry in $needed; do
		command -v "${entry%%=*}" >/dev/null || [ -x "/usr/sbin/${entry%%=*}" ] || [ -e "${entry%%=*}" ] || missing="$missing ${entry#*=}"
	done
	missing=${missing//,/ }
	[ -z "$missing" ] && return
	if [ -z "${CI:-}" ] && [ "$(id -u)" != 0 ]; then
		echo "left out are the tests that need:$missing; for them: apt-get install --no-install-recommends$missing"
		return
	fi
	apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
	# A server that the package started is not ours to keep, and holds port 53.
	! command -v systemctl >/dev/null || systemctl disable --now pdns named unbound 2>/dev/null || true
}

checks() {
	local unformatted
	unformatted=$(gofmt -l $(git ls-files '*.go'))
	if [ -n "$unformatted" ]; then
		echo "not formatted (gofmt -w): $unformatted"
		return 1
	fi
	go vet ./...
	(cd tools && go vet ./... && go build -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck)
	bin/staticcheck ./...
}

quick() {
	checks
	go test -short -shuffle=on ./...
}

# The rooms in which several goroutines share something.
concurrent="./egress ./resolver ./store ./provider ./publish ./ca ./schedule ./secret"

lab() {
	go test -shuffle=on -timeout 8m ./...
	command -v gcc >/dev/null || return 0 # packages has said so
	export CGO_ENABLED=1 # for the race detector
	go test -race -short -shuffle=on -timeout 8m $concurrent
	go test -race -shuffle=on -timeout 8m -run 'TestFollow|TestHostLies|TestTwo|TestLeftover' ./cmd/deputy
	export CGO_ENABLED=0
}

build() {
	make --no-print-directory build
	local size
	size=$(stat -c %s bin/deputy)
	echo "bin/deputy: $size octets"
	[ "$size" -lt 30000000 ] || { echo "over 30 MB"; return 1; }
	bin/deputy version
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go vet ./cmd/deputy
	GOOS=darwin GOARCH=arm64 CGO_ENABLED=0 go vet ./cmd/deputy
	GOOS=freebsd GOARCH=amd64 CGO_ENABLED=0 go vet ./cmd/deputy
}

# Each fuzz target for a while (FUZZTIME, ten minutes if not set); what fails is kept in testdata/fuzz by go test.
fuzz() {
	grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do
		sed -nE 's/^func (Fuzz[A-Za-z0-9]*).*/\1/p' "$file" | while read -r target; do
			echo "$file $target"
			go test -run '^$' -fuzz "^$target\$" -fuzzminimizetime 1x -fuzztime "${FUZZTIME:-10m}" "./$(dirname "$file")" </dev/null
		done
	done
}

known() { (cd tools && go run ./vulncheck ..); }

case "${1:-all}" in
all)
	layer packages packages
	layer checks checks
	layer lab lab
	layer build build
	layer demo ./demo.sh
	layer known known
	;;
quick) layer quick quick ;;
lab)
	layer packages packages
	layer lab lab
	;;
bench) layer bench go test -run '^$' -bench . -benchtime 20x ./... ;;
soak)
	layer cross ./test.sh cross
	layer model go test -count=1 -run Model -timeout 60m ./publish -rapid.checks=150
	layer fuzz fuzz
	layer again go test -count=3 -shuffle=on -timeout 60m ./...
	;;
cross)
	for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64 freebsd/amd64 freebsd/arm64; do
		echo "$target"
		GOOS=${target%/*} GOARCH=${target#*/} CGO_ENABLED=0 go build -o /dev/null ./cmd/deputy
	done
	;;
*)
	echo "usage: test.sh all|quick|lab|bench|soak" >&2
	exit 2
	;;
esac
printf '%s\n' "${times[@]}" "all      $(printf '%4d s' $((SECONDS - began)))"
