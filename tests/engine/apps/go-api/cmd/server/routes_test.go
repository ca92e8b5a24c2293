package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestReplySetsItsType(t *testing.T) {
	recorder := httptest.NewRecorder()
	reply(recorder, http.StatusCreated, map[string]int{"id": 1}, nil)
	if got := recorder.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("got %q", got)
	}
}
