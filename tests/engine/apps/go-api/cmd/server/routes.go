package main

import (
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"example.com/ledger/internal/store"
)

func routes(items *store.Store) http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.Recoverer)

	r.Get("/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ledger, first edition\n"))
	})

	r.Get("/healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := items.Ping(r.Context()); err != nil {
			http.Error(w, "no database", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})

	r.Get("/items", func(w http.ResponseWriter, r *http.Request) {
		list, err := items.List(r.Context())
		reply(w, http.StatusOK, list, err)
	})

	r.Post("/items", func(w http.ResponseWriter, r *http.Request) {
		var item store.Item
		if err := json.NewDecoder(r.Body).Decode(&item); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		added, err := items.Add(r.Context(), item.Name)
		reply(w, http.StatusCreated, added, err)
	})

	return r
}

func reply(w http.ResponseWriter, status int, body any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
