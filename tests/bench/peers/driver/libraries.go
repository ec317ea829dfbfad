package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"
	fileadapter "github.com/casbin/casbin/v3/persist/file-adapter"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

type libraryFigures struct {
	CPU  float64 `json:"cpu_us"` // of this process, per decision
	Heap float64 `json:"memory_mb"`
}

// Decides one question.
type decide func(q question) bool

// The first match is not the last word: a denial anywhere goes before.
const casbinModel = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && globMatch(r.act, p.act)
`

func casbinEngine(folder string) decide {
	rules, err := model.NewModelFromString(casbinModel)
	if err != nil {
		log.Fatal(err)
	}
	enforcer, err := casbin.NewEnforcer(rules, fileadapter.NewAdapter(filepath.Join(folder, "casbin.csv")))
	if err != nil {
		log.Fatal(err)
	}
	return func(q question) bool {
		allow, err := enforcer.Enforce(q.Agent, q.Server, action(q))
		if err != nil {
			log.Fatal(err)
		}
		return allow
	}
}

func opaEngine(folder string) decide {
	text, err := os.ReadFile(filepath.Join(folder, "opa", "data.json"))
	if err != nil {
		log.Fatal(err)
	}
	var data map[string]any
	if err := json.Unmarshal(text, &data); err != nil {
		log.Fatal(err)
	}
	policy, err := os.ReadFile(filepath.Join(folder, "opa", "policy.rego"))
	if err != nil {
		log.Fatal(err)
	}
	background := context.Background()
	query, err := rego.New(rego.Query("data.mcp.allow"), rego.Module("policy.rego", string(policy)),
		rego.Store(inmem.NewFromObject(data))).PrepareForEval(background)
	if err != nil {
		log.Fatal(err)
	}
	return func(q question) bool {
		results, err := query.Eval(background, rego.EvalInput(input(q)))
		if err != nil {
			log.Fatal(err)
		}
		return results.Allowed()
	}
}

func heapMB() float64 {
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc) / 1e6
}

func ownCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Goes through the questions, all of them or for two seconds, and as often as that takes.
func measureLibrary(engine, folder string) libraryFigures {
	asked := load(folder).single
	empty := heapMB()
	ask := map[string]func(string) decide{"casbin": casbinEngine, "opa": opaEngine}[engine](folder)
	heap := heapMB() - empty
	decided := 0
	used, start := ownCPU(), time.Now()
	for time.Since(start) < 2*time.Second {
		q := asked[decided%len(asked)]
		if ask(q) != q.Allow {
			log.Fatalf("%+v: answered otherwise", q)
		}
		decided++
	}
	return libraryFigures{CPU: float64((ownCPU() - used).Nanoseconds()) / 1e3 / float64(decided), Heap: heap}
}
