package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protowire"
)

// The calls of one engine's server.
func connect(engine, address, mode string, asked questions) []call {
	switch engine {
	case "ostiary":
		return ostiaryCalls(dial(address), mode, asked)
	case "cerbos":
		return cerbosCalls(dial(address), mode, asked)
	case "opa":
		return opaCalls(address, mode, asked)
	}
	log.Fatalf("no such engine: %s", engine)
	return nil
}

// The messages are few and small, so they are written and read here instead of by generated code.
type bytesCodec struct{}

func (bytesCodec) Name() string                       { return "proto" }
func (bytesCodec) Marshal(value any) ([]byte, error)  { return *value.(*[]byte), nil }
func (bytesCodec) Unmarshal(data []byte, v any) error { *v.(*[]byte) = slices.Clone(data); return nil }

func dial(address string) *grpc.ClientConn {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})))
	if err != nil {
		log.Fatal(err)
	}
	return connection
}

func text(field protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, field, protowire.BytesType), value)
}

func enum(field protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), value)
}

func message(field protowire.Number, parts ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), slices.Concat(parts...))
}

// What a message has in `field`, in order: bytes, or the number of a varint.
func each(data []byte, field protowire.Number, visit func(value []byte, number uint64)) {
	for len(data) > 0 {
		found, kind, size := protowire.ConsumeTag(data)
		if size < 0 {
			log.Fatal("an answer that is no message")
		}
		data = data[size:]
		size = protowire.ConsumeFieldValue(found, kind, data)
		if size < 0 {
			log.Fatal("an answer that is no message")
		}
		if found == field && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(data)
			visit(value, 0)
		} else if found == field && kind == protowire.VarintType {
			number, _ := protowire.ConsumeVarint(data)
			visit(nil, number)
		}
		data = data[size:]
	}
}

// The last number in `field`, 0 where there is none.
func numberIn(data []byte, field protowire.Number) (last uint64) {
	each(data, field, func(_ []byte, number uint64) { last = number })
	return last
}

// One call of `method`; `read` gets its answer.
func unary(connection *grpc.ClientConn, method string, request []byte, read func(answer []byte) error) call {
	return func() error {
		var answer []byte
		if err := connection.Invoke(context.Background(), method, &request, &answer); err != nil {
			return err
		}
		return read(answer)
	}
}

func compare(what any, answered, right []bool) error {
	if slices.Equal(answered, right) {
		return nil
	}
	return fmt.Errorf("%+v: answered %v", what, answered)
}

const allowed = 1 // the effect, for Ostiary and for Cerbos

func ostiaryCalls(connection *grpc.ClientConn, mode string, asked questions) (calls []call) {
	const service = "/ostiary.v1.PolicyDecisionService/"
	kinds := map[string]uint64{"SERVER": 1, "TOOL": 2}
	access := func(server, kind, name string) []byte {
		return message(2, text(1, server), enum(2, kinds[kind]), text(3, name))
	}
	effects := func(answer []byte) (effects []bool) {
		each(answer, 1, func(decision []byte, _ uint64) { effects = append(effects, numberIn(decision, 1) == allowed) })
		return effects
	}
	if mode == "single" {
		for _, q := range asked.single {
			calls = append(calls, unary(connection, service+"Check",
				slices.Concat(text(1, q.Agent), access(q.Server, q.Kind, q.Name)),
				func(answer []byte) error { return compare(q, effects(answer), []bool{q.Allow}) }))
		}
		return calls
	}
	for _, b := range asked.batches {
		request := text(1, b.Agent)
		for _, name := range b.Names {
			request = append(request, access(b.Server, "TOOL", name)...)
		}
		calls = append(calls, unary(connection, service+"BatchCheck", request,
			func(answer []byte) error { return compare(b, effects(answer), b.Allow) }))
	}
	return calls
}

// An agent is a principal, a server a kind of resource, its tools are actions on it.
func cerbosCalls(connection *grpc.ClientConn, mode string, asked questions) (calls []call) {
	ask := func(what any, agent, server string, actions []string, right []bool) call {
		var entry []byte
		for _, action := range actions {
			entry = append(entry, text(1, action)...)
		}
		entry = append(entry, message(2, text(1, server), text(3, "1"))...)
		request := slices.Concat(text(1, "1"), message(3, text(1, agent), text(3, "agent")), message(4, entry))
		return unary(connection, "/cerbos.svc.v1.CerbosService/CheckResources", request, func(answer []byte) error {
			effects := map[string]bool{}
			each(answer, 2, func(result []byte, _ uint64) {
				each(result, 2, func(action []byte, _ uint64) {
					each(action, 1, func(name []byte, _ uint64) { effects[string(name)] = numberIn(action, 2) == allowed })
				})
			})
			answered := make([]bool, len(actions))
			for i, action := range actions {
				allow, found := effects[action]
				if !found {
					return fmt.Errorf("%+v: no answer for %s", what, action)
				}
				answered[i] = allow
			}
			return compare(what, answered, right)
		})
	}
	if mode == "single" {
		for _, q := range asked.single {
			calls = append(calls, ask(q, q.Agent, q.Server, []string{action(q)}, []bool{q.Allow}))
		}
		return calls
	}
	for _, b := range asked.batches {
		calls = append(calls, ask(b, b.Agent, b.Server, b.Names, b.Allow))
	}
	return calls
}

// What is done to a server, for engines that know resources and actions.
func action(q question) string {
	if q.Kind == "SERVER" {
		return "connect"
	}
	return q.Name
}

func input(q question) map[string]any {
	return map[string]any{"agent": q.Agent, "server": q.Server, "kind": q.Kind, "name": q.Name}
}

func opaCalls(address, mode string, asked questions) (calls []call) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}}
	ask := func(rule string, input any, read func(answer []byte) error) call {
		body, err := json.Marshal(map[string]any{"input": input})
		if err != nil {
			log.Fatal(err)
		}
		return func() error {
			response, err := client.Post("http://"+address+"/v1/data/mcp/"+rule, "application/json", bytes.NewReader(body))
			if err != nil {
				return err
			}
			defer response.Body.Close()
			answer, err := io.ReadAll(response.Body)
			if err != nil {
				return err
			}
			return read(answer)
		}
	}
	if mode == "single" {
		for _, q := range asked.single {
			calls = append(calls, ask("allow", input(q), func(answer []byte) error {
				var result struct{ Result *bool }
				if err := json.Unmarshal(answer, &result); err != nil || result.Result == nil {
					return fmt.Errorf("%+v: %s", q, answer)
				}
				return compare(q, []bool{*result.Result}, []bool{q.Allow})
			}))
		}
		return calls
	}
	for _, b := range asked.batches {
		calls = append(calls, ask("batch", map[string]any{"agent": b.Agent, "server": b.Server, "names": b.Names}, func(answer []byte) error {
			var result struct{ Result []bool }
			if err := json.Unmarshal(answer, &result); err != nil {
				return fmt.Errorf("%+v: %s", b, answer)
			}
			return compare(b, result.Result, b.Allow)
		}))
	}
	return calls
}
