# deputy: make demo shows it, make test proves it.
.PHONY: build demo test quick lab bench soak clean

build:
	CGO_ENABLED=0 go build -ldflags="-s -w" -o bin/deputy ./cmd/deputy
	CGO_ENABLED=0 go build -o bin/deputy-lab ./cmd/deputy-lab

demo: build
	./demo.sh

test:
	./test.sh all

quick:
	./test.sh quick

lab:
	./test.sh lab

bench:
	./test.sh bench

soak:
	./test.sh soak

clean:
	rm -rf bin
