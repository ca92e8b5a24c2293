package main

import (
	"fmt"
	"net/url"
	"os"
)

type config struct {
	addr, host, name, user, password, redisURL string
}

func fromEnvironment() config {
	c := config{
		addr:     os.Getenv("LISTEN_ADDR"),
		host:     os.Getenv("DB_HOST"),
		name:     os.Getenv("DB_NAME"),
		user:     os.Getenv("DB_USER"),
		password: os.Getenv("DB_PASSWORD"),
		redisURL: os.Getenv("REDIS_URL"),
	}
	if c.addr == "" {
		c.addr = ":8081"
	}
	return c
}

func (c config) database() string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", url.QueryEscape(c.user), url.QueryEscape(c.password), c.host, c.name)
}
