// Where URIs lead by Go's net/url. Reads a list of URIs as JSON, writes a list of lists of places; see uri_places.py.
package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path"
	"strings"
)

func places(uri string) []string {
	parsed, err := url.Parse(uri)
	if err != nil {
		return []string{}
	}
	at := path.Clean("/" + parsed.Path)
	if parsed.Scheme == "file" {
		if parsed.Path == "" {
			at = path.Clean("/" + parsed.Opaque)
		}
		return []string{"file " + at}
	}
	if parsed.Hostname() == "" {
		return []string{}
	}
	host, port := strings.ToLower(parsed.Hostname()), strings.TrimLeft(parsed.Port(), "0")
	if parsed.Scheme == "https" {
		host = strings.TrimSuffix(host, ".")
	}
	if port != "" && !(parsed.Scheme == "https" && port == "443") {
		host += ":" + port
	}
	return []string{parsed.Scheme + " " + host + " " + at}
}

func main() {
	var uris []string
	if err := json.NewDecoder(os.Stdin).Decode(&uris); err != nil {
		panic(err)
	}
	found := [][]string{}
	for _, uri := range uris {
		found = append(found, places(uri))
	}
	json.NewEncoder(os.Stdout).Encode(found)
}
