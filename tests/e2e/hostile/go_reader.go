// An MCP server on Go's encoding/json, as a Go programmer writes it first: a Decoder on standard input, which takes
// values one after another over any number of lines, and structs, whose keys match without regard to case.
//
// Usage: go_reader RECORD. What it writes is said in reader_server.py.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
)

type message struct {
	ID     json.RawMessage `json:"id"`
	Method *string         `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
}

type params struct {
	Name      *string `json:"name"`
	URI       *string `json:"uri"`
	TaskID    *string `json:"taskId"`
	Arguments struct {
		Hex string `json:"hex"`
	} `json:"arguments"`
	Ref struct {
		Name *string `json:"name"`
		URI  *string `json:"uri"`
	} `json:"ref"`
}

type element struct {
	Name        *string `json:"name"`
	URI         *string `json:"uri"`
	URITemplate *string `json:"uriTemplate"`
	TaskID      *string `json:"taskId"`
}

type result struct {
	Tools             []element `json:"tools"`
	Prompts           []element `json:"prompts"`
	Resources         []element `json:"resources"`
	ResourceTemplates []element `json:"resourceTemplates"`
	Tasks             []element `json:"tasks"`
}

var record *os.File

func write(to *os.File, value any) {
	line, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	to.Write(append(line, '\n'))
}

type noted struct{ from io.Reader }

func (n noted) Read(into []byte) (int, error) {
	size, err := n.from.Read(into)
	if size > 0 {
		write(record, map[string]any{"raw": hex.EncodeToString(into[:size])})
	}
	return size, err
}

func whatRan(method string, p params) []any {
	switch method {
	case "tools/call":
		return []any{"TOOL", p.Name}
	case "prompts/get":
		return []any{"PROMPT", p.Name}
	case "resources/read", "resources/subscribe":
		return []any{"RESOURCE", p.URI}
	case "tasks/get", "tasks/result", "tasks/cancel", "tasks/update":
		return []any{"TASK", p.TaskID}
	case "completion/complete":
		if p.Ref.Name != nil {
			return []any{"COMPLETION", p.Ref.Name}
		}
		return []any{"COMPLETION", p.Ref.URI}
	}
	return nil
}

func shown(raw json.RawMessage) []*string {
	var r result
	json.Unmarshal(raw, &r) // what could be read counts
	names := []*string{}
	for _, list := range [][]element{r.Tools, r.Prompts} {
		for _, e := range list {
			names = append(names, e.Name)
		}
	}
	for _, e := range r.Resources {
		names = append(names, e.URI)
	}
	for _, e := range r.ResourceTemplates {
		names = append(names, e.URITemplate)
	}
	for _, e := range r.Tasks {
		names = append(names, e.TaskID)
	}
	return names
}

func answer(method string, id json.RawMessage) {
	results := map[string]string{
		"tools/list": `{"tools":[]}`, "prompts/list": `{"prompts":[]}`, "resources/list": `{"resources":[]}`,
		"resources/templates/list": `{"resourceTemplates":[]}`, "tasks/list": `{"tasks":[]}`, "tools/call": `{"content":[]}`,
		"initialize": `{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"r","version":"1"}}`,
	}
	text, ok := results[method]
	if !ok {
		text = "{}"
	}
	os.Stdout.WriteString(`{"jsonrpc":"2.0","id":` + string(id) + `,"result":` + text + "}\n")
}

func handle(m message) {
	if m.Method == nil {
		write(record, map[string]any{"answer": m.ID, "shown": shown(m.Result)})
		return
	}
	var p params
	json.Unmarshal(m.Params, &p) // what could be read counts
	entry := map[string]any{"method": *m.Method, "id": m.ID}
	if ran := whatRan(*m.Method, p); ran != nil {
		entry["ran"] = ran
	}
	write(record, entry)
	if *m.Method == "tools/call" && p.Name != nil && *p.Name == "write" {
		line, _ := hex.DecodeString(p.Arguments.Hex)
		os.Stdout.Write(line)
	}
	if m.ID != nil && !bytes.Equal(m.ID, []byte("null")) {
		answer(*m.Method, m.ID)
	}
}

func main() {
	var err error
	record, err = os.OpenFile(os.Args[1], os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	input := io.Reader(noted{os.Stdin})
	decoder := json.NewDecoder(input)
	for {
		var m message
		err := decoder.Decode(&m)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return
		}
		if _, wrongType := err.(*json.UnmarshalTypeError); err == nil || wrongType {
			handle(m)
			continue
		}
		// A Decoder does not go on after a syntax error: begin anew behind the line.
		input = io.MultiReader(decoder.Buffered(), input)
		one := make([]byte, 1)
		for one[0] != '\n' {
			if _, err := input.Read(one); err != nil {
				return
			}
		}
		decoder = json.NewDecoder(input)
	}
}
