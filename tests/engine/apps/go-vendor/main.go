// Echo says what it is asked, and which version of it answers.
package main

import (
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/julienschmidt/httprouter"
)

// Set by the linker, see Makefile.
var (
	version = "dev"
	commit  = "none"
)

func main() {
	router := httprouter.New()
	router.GET("/healthz", func(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
		w.WriteHeader(http.StatusNoContent)
	})
	router.GET("/version", func(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
		_, _ = w.Write([]byte(version + " " + commit + "\n"))
	})
	router.GET("/echo/:text", func(w http.ResponseWriter, _ *http.Request, params httprouter.Params) {
		_, _ = w.Write([]byte(params.ByName("text") + "\n"))
	})

	address := ":8080"
	if port := os.Getenv("PORT"); port != "" {
		address = ":" + port
	}
	listener := &http.Server{Addr: address, Handler: router}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		_ = listener.Close()
	}()
	log.Printf("echo %s listens on %s", version, address)
	if err := listener.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
