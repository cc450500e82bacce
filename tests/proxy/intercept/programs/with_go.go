// Go's client, and one that takes no proxy and asks the name server by itself.
package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

func main() {
	request, _ := http.NewRequest("POST", "https://api.runflow.io/v1/models/google/veo3.1/lite/runs",
		strings.NewReader(`{"input": {"prompt": "A kite over the dunes."}}`))
	request.Header.Set("Authorization", "Bearer rf_live_program")
	request.Header.Set("Content-Type", "application/json")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	dialer := &net.Dialer{Resolver: &net.Resolver{PreferGo: true}}
	own := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
	health, err := own.Get("https://api.runflow.io/v1/health")
	if err != nil {
		panic(err)
	}
	fmt.Println("submitted", reply.StatusCode, health.StatusCode)
}
