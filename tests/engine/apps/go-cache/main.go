// Short links: PostgreSQL keeps them, Redis counts visits.
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"log"
	"net/http"

	_ "github.com/lib/pq"
	"github.com/redis/go-redis/v9"
)

//go:embed schema.sql
var schema string

type server struct {
	db    *sql.DB
	redis *redis.Client
}

func main() {
	config := fromEnvironment()
	db, err := sql.Open("postgres", config.database())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := db.Exec(schema); err != nil {
		log.Fatal(err)
	}
	options, err := redis.ParseURL(config.redisURL)
	if err != nil {
		log.Fatal(err)
	}
	s := &server{db, redis.NewClient(options)}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("short, first edition\n")) })
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /items", s.list)
	mux.HandleFunc("POST /items", s.add)
	log.Printf("listening on %s", config.addr)
	log.Fatal(http.ListenAndServe(config.addr, mux))
}

func (s *server) health(w http.ResponseWriter, r *http.Request) {
	if err := s.redis.Ping(r.Context()).Err(); err != nil {
		http.Error(w, "redis: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ok\n"))
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	s.redis.Incr(context.WithoutCancel(r.Context()), "visits")
	rows, err := s.db.QueryContext(r.Context(), "select name from items order by id")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer rows.Close()
	list := []map[string]string{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		list = append(list, map[string]string{"name": name})
	}
	json.NewEncoder(w).Encode(list)
}

func (s *server) add(w http.ResponseWriter, r *http.Request) {
	var item struct{ Name string }
	if err := json.NewDecoder(r.Body).Decode(&item); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if _, err := s.db.ExecContext(r.Context(), "insert into items (name) values ($1)", item.Name); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusCreated)
}
