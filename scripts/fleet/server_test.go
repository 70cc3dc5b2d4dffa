package main

import (
	"testing"
	"time"
)

const second = int64(time.Second)

// A server works off one request after the other, as fast as it can.
func TestServerQueues(t *testing.T) {
	s := newServer(serverConfig{capacity: 100, queue: 10})
	for i := range int64(10) {
		done, v := s.take(0, true)
		if want := (i + 1) * second / 100; v != served || done != want {
			t.Errorf("request %d: verdict %d, done at %v, want %v", i, v, time.Duration(done), time.Duration(want))
		}
	}
	if _, v := s.take(0, true); v != dropped {
		t.Errorf("the eleventh of a queue of ten: verdict %d, want it dropped", v)
	}
	// A tenth of a second later all is done.
	if done, v := s.take(second/10, true); v != served || done != second/10+second/100 {
		t.Errorf("the idle server: verdict %d, done at %v", v, time.Duration(done))
	}
}

// What needs no location store costs a tenth.
func TestCheapRequests(t *testing.T) {
	s := newServer(serverConfig{capacity: 100, queue: 10})
	n := 0
	for ; n < 1000; n++ {
		if _, v := s.take(0, false); v != served {
			break
		}
	}
	if n != 100 {
		t.Errorf("%d cheap requests fit into a queue of 10, want 100", n)
	}
}

// Over half a queue the server that can says so; the answer is cheap.
func TestServerSaysBusy(t *testing.T) {
	s := newServer(serverConfig{capacity: 100, queue: 10, retry: 30 * time.Second})
	got := map[verdict]int{}
	for range 100 {
		_, v := s.take(0, true)
		got[v]++
	}
	if got[served] != 6 || got[refused] != 40 || got[dropped] != 54 {
		t.Errorf("of 100 at once %d are served, %d refused, %d dropped; want 6, 40, 54", got[served], got[refused], got[dropped])
	}
}

// A server that dies takes along what waits, and has forgotten it when it is
// back.
func TestServerDies(t *testing.T) {
	s := newServer(serverConfig{capacity: 10, queue: 10})
	s.until = second / 4
	for i, want := range []verdict{served, served, perished} {
		if _, v := s.take(0, true); v != want {
			t.Errorf("request %d: verdict %d, want %d", i, v, want)
		}
	}
	s.turn(silent, second/4, second/2)
	if !s.deaf(second/2-1) || s.deaf(second/2) {
		t.Error("a silent server hears nothing until it is back")
	}
	s.turn(up, second/2, 1<<62)
	if done, v := s.take(second/2, true); v != served || done != second/2+second/10 {
		t.Errorf("after its return: verdict %d, done at %v", v, time.Duration(done))
	}
}
