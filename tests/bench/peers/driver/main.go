// driver asks one engine the questions of policies.py and prints, as one line of JSON, what that cost.
//
//	driver server ENGINE ADDRESS PID FOLDER MODE IN_FLIGHT SECONDS
//	driver library ENGINE FOLDER
//
// ENGINE is ostiary, cerbos or opa for a server, opa or casbin in this process; MODE is single or batch. An answer that is
// not what policies.py says ends it: the cost of wrong answers means nothing. With 0 SECONDS it asks each question once,
// as many as it can in 15 seconds, and prints how many that were.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"
)

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	log.SetFlags(0)
	arguments := os.Args[1:]
	var result any
	switch {
	case len(arguments) == 8 && arguments[0] == "server":
		calls := connect(arguments[1], arguments[2], arguments[5], load(arguments[4]))
		if seconds := number(arguments[7]); seconds > 0 {
			result = measure(calls, number(arguments[3]), number(arguments[6]), time.Duration(seconds)*time.Second)
		} else {
			result = verify(calls)
		}
	case len(arguments) == 3 && arguments[0] == "library":
		result = measureLibrary(arguments[1], arguments[2])
	default:
		fmt.Fprintln(os.Stderr, "usage: driver server ENGINE ADDRESS PID FOLDER MODE IN_FLIGHT SECONDS | library ENGINE FOLDER")
		os.Exit(64)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}
