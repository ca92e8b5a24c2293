// Package search finds notes by their words.
package search

import (
	"database/sql"

	_ "github.com/mattn/go-sqlite3"
)

// Index is a table in memory.
type Index struct{ db *sql.DB }

// New makes an empty index.
func New() (*Index, error) {
	db, err := sql.Open("sqlite3", "file::memory:?cache=shared")
	if err != nil {
		return nil, err
	}
	_, err = db.Exec("create virtual table notes using fts4 (text)")
	return &Index{db}, err
}

// Add puts a note in.
func (i *Index) Add(id int, text string) error {
	_, err := i.db.Exec("insert into notes (docid, text) values (?, ?)", id, text)
	return err
}

// Find gives the notes that hold the words.
func (i *Index) Find(words string) ([]string, error) {
	found := []string{}
	rows, err := i.db.Query("select text from notes where text match ? order by docid", words)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		found = append(found, text)
	}
	return found, rows.Err()
}
