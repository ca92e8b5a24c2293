// Tells the time.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "9000"
	}
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "clock, first edition", time.Now().UTC().Format(time.RFC3339))
	})
	log.Fatal(http.ListenAndServe(":"+port, nil))
}
