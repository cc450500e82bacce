// Submits and polls over one connection: `go run talk.go - URL PAUSE_MS POLLS`; prints the statuses.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func ask(method string, url string, body io.Reader) int {
	asked, err := http.NewRequest(method, url+"/v1/jobs", body)
	if err != nil {
		panic(err)
	}
	asked.Header.Set("Authorization", "Bearer any-key")
	asked.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(asked)
	if err != nil {
		panic(err)
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	return answer.StatusCode
}

func main() {
	url := os.Args[2]
	pause, _ := strconv.Atoi(os.Args[3])
	polls, _ := strconv.Atoi(os.Args[4])
	fmt.Print(ask("POST", url, strings.NewReader(`{"model": "solo", "input": {"prompt": "x"}}`)))
	for poll := 0; poll < polls; poll++ {
		time.Sleep(time.Duration(pause) * time.Millisecond)
		fmt.Print(" ", ask("GET", url, nil))
	}
	fmt.Println()
}
