// Parcels over HTTP; the table is made by goose before the server starts.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type parcel struct {
	ID int    `json:"id"`
	To string `json:"to"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	http.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		var count int
		if err := pool.QueryRow(r.Context(), "select count(*) from parcels").Scan(&count); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]int{"parcels": count})
	})
	http.HandleFunc("GET /parcels", func(w http.ResponseWriter, r *http.Request) {
		rows, err := pool.Query(r.Context(), "select id, recipient from parcels order by id")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		parcels, err := pgx.CollectRows(rows, pgx.RowToStructByPos[parcel])
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(parcels)
	})
	server := &http.Server{Addr: ":8080"}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.Background())
	}()
	log.Print(server.ListenAndServe())
}
