package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A call that is ready to be sent: it fails where the answer is not the right one.
type call func() error

type figures struct {
	CPU       float64 `json:"cpu_us"` // of the server, per call
	PerSecond float64 `json:"per_second"`
	RSS       float64 `json:"rss_mb"` // of the server, behind the load
}

// Asks a sample, which is one since they were shuffled: each once, one after another, for at most 15 seconds.
func verify(calls []call) int {
	start := time.Now()
	for asked, ask := range calls {
		if time.Since(start) > 15*time.Second {
			return asked
		}
		if err := ask(); err != nil {
			log.Fatal(err)
		}
	}
	return len(calls)
}

// CPU time that a process has used.
func cpuTime(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		log.Fatal(err)
	}
	// Behind the name, which may hold blanks: the 12th and 13th are ticks of a hundredth of a second.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

func residentMB(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		log.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes, _ := strconv.ParseFloat(strings.Fields(line)[0], 64)
	return kilobytes * 1024 / 1e6
}

// Keeps `inFlight` calls under way.
func measure(calls []call, pid, inFlight int, span time.Duration) figures {
	var next, ended atomic.Int64
	var stop atomic.Bool
	var workers sync.WaitGroup
	for range inFlight {
		workers.Go(func() {
			for !stop.Load() {
				if err := calls[next.Add(1)%int64(len(calls))](); err != nil {
					log.Fatal(err)
				}
				ended.Add(1)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	before, used, start := ended.Load(), cpuTime(pid), time.Now()
	time.Sleep(span)
	made, cpu, took := ended.Load()-before, cpuTime(pid)-used, time.Since(start)
	stop.Store(true)
	workers.Wait()
	return figures{
		CPU:       float64(cpu.Microseconds()) / float64(made),
		PerSecond: float64(made) / took.Seconds(),
		RSS:       residentMB(pid),
	}
}
