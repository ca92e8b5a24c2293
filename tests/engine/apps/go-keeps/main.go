// Command keep keeps what it is given beside itself, as small programs do: a database, files, a log.
package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"gopkg.in/natefinch/lumberjack.v2"
	_ "modernc.org/sqlite"
)

func main() {
	journal := log.New(&lumberjack.Logger{Filename: "./logs/keep.log", MaxSize: 5}, "", log.LstdFlags)
	path := os.Getenv("DB_PATH")
	if path == "" {
		path = "keep.db"
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := db.Exec("create table if not exists items (name text not null)"); err != nil {
		log.Fatal(err)
	}
	if err := os.MkdirAll("uploads", 0o755); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	http.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) {
		rows, err := db.Query("select name from items")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if rows.Scan(&name) == nil {
				fmt.Fprintln(w, name)
			}
		}
	})
	http.HandleFunc("POST /items", func(w http.ResponseWriter, r *http.Request) {
		var item struct{ Name string }
		if err := json.NewDecoder(r.Body).Decode(&item); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if _, err := db.Exec("insert into items values (?)", item.Name); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if err := os.WriteFile(filepath.Join("uploads", "last"), []byte(item.Name), 0o644); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		journal.Println("one more")
		w.WriteHeader(http.StatusCreated)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
