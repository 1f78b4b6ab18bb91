package session

import (
	"bytes"
	"fmt"
	"strings"
)

// maxSource bounds a session file, in octets.
const maxSource = 256 << 10

// section is one file of the archive, and where it begins.
type section struct {
	name string
	line int // of the marker, from 1: the content begins on the next
	data []byte
}

// unpack reads the txtar form: a comment, and files that begin with a line "-- NAME --".
func unpack(source []byte) (comment string, sections []section, err error) {
	if len(source) > maxSource {
		return "", nil, fmt.Errorf("the session has %d octets; at most %d are read", len(source), maxSource)
	}
	var said bytes.Buffer
	n := 0
	for line := range bytes.Lines(source) {
		n++
		if marked := marker(line); marked != "" {
			sections = append(sections, section{name: marked, line: n})
			continue
		}
		if len(sections) == 0 {
			said.Write(line)
			continue
		}
		last := &sections[len(sections)-1]
		last.data = append(last.data, line...)
	}
	return said.String(), sections, nil
}

// marker is the name in a line "-- NAME --", else "".
func marker(line []byte) string {
	text := strings.TrimRight(string(line), " \t\r\n")
	if len(text) < len("-- x --") || !strings.HasPrefix(text, "-- ") || !strings.HasSuffix(text, " --") {
		return ""
	}
	return strings.TrimSpace(text[3 : len(text)-3])
}
