// Package store keeps the ledger's items in PostgreSQL.
package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store reads and writes items.
type Store struct{ pool *pgxpool.Pool }

// Item is one line of the ledger.
type Item struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// Open connects and brings the schema up to date.
func Open(ctx context.Context, url string) (*Store, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		sql, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if _, err := pool.Exec(ctx, string(sql)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return &Store{pool}, nil
}

// Close ends all connections.
func (s *Store) Close() { s.pool.Close() }

// Ping asks the database for a sign of life.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// List gives all items in the order in which they came.
func (s *Store) List(ctx context.Context) ([]Item, error) {
	rows, err := s.pool.Query(ctx, "select id, name from items order by id")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Item])
}

// Add keeps one more item.
func (s *Store) Add(ctx context.Context, name string) (Item, error) {
	item := Item{Name: name}
	err := s.pool.QueryRow(ctx, "insert into items (name) values ($1) returning id", name).Scan(&item.ID)
	return item, err
}
