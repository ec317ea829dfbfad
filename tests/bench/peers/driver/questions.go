package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
)

// One access, and whether it is allowed.
type question struct {
	Agent  string `json:"agent"`
	Server string `json:"server"`
	Kind   string `json:"kind"` // SERVER or TOOL
	Name   string `json:"name"`
	Allow  bool   `json:"allow"`
}

// Many tools of one server.
type batch struct {
	Agent  string   `json:"agent"`
	Server string   `json:"server"`
	Names  []string `json:"names"`
	Allow  []bool   `json:"allow"`
}

type questions struct {
	single  []question
	batches []batch
}

func readLines[T any](path string) []T {
	file, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	var values []T
	for lines := bufio.NewReader(file); ; {
		var value T
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return values
		}
		if err := json.Unmarshal(line, &value); err != nil {
			log.Fatal(err)
		}
		values = append(values, value)
	}
}

func load(folder string) questions {
	return questions{
		single:  readLines[question](filepath.Join(folder, "questions.jsonl")),
		batches: readLines[batch](filepath.Join(folder, "batches.jsonl")),
	}
}
