// Notes with a full-text search: PostgreSQL keeps them, SQLite in memory finds them.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "github.com/lib/pq"

	"example.com/notes/search"
)

const schema = `create table if not exists notes (id serial primary key, text text not null)`

type server struct {
	db    *sql.DB
	index *search.Index
}

func main() {
	// lib/pq reads PGHOST, PGUSER and their like itself
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := db.Exec(schema); err != nil {
		log.Fatal(err)
	}
	index, err := search.New()
	if err != nil {
		log.Fatal(err)
	}
	s := &server{db, index}
	if err := s.load(); err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /notes", s.find)
	mux.HandleFunc("POST /notes", s.add)

	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	web := &http.Server{Addr: ":" + port, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		_ = web.Shutdown(context.Background())
	}()
	if err := web.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func (s *server) load() error {
	rows, err := s.db.Query("select id, text from notes")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		if err := s.index.Add(id, text); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *server) health(w http.ResponseWriter, r *http.Request) {
	if err := s.db.PingContext(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	}
}

func (s *server) find(w http.ResponseWriter, r *http.Request) {
	found, err := s.index.Find(r.URL.Query().Get("q"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(found)
}

func (s *server) add(w http.ResponseWriter, r *http.Request) {
	var id int
	text := r.FormValue("text")
	err := s.db.QueryRowContext(r.Context(), "insert into notes (text) values ($1) returning id", text).Scan(&id)
	if err == nil {
		err = s.index.Add(id, text)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
