// Berths over HTTP; golang-migrate makes the table before the server starts.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type berth struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	berths := func(w http.ResponseWriter, r *http.Request) {
		rows, err := pool.Query(r.Context(), "select id, name from berths order by id")
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[berth])
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(all)
	}
	http.HandleFunc("GET /healthz", berths)
	http.HandleFunc("GET /berths", berths)
	log.Fatal(http.ListenAndServe(":8080", nil))
}
