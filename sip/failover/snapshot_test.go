package failover

import (
	"encoding/binary"
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"

	"phoned/sip"
)

// Every field of a Line but the configuration and the buffer of a Step is in a
// snapshot: one that is forgotten comes back as it was in a new Line.
func TestSnapshotHoldsAll(t *testing.T) {
	cfg := testConfig(2)
	cfg.Targets = 2
	l := New(cfg, 1)
	l.txs = append(l.txs, transaction{}, transaction{})
	l.requests = append(l.requests, request{})
	n := int64(0)
	fill(reflect.ValueOf(l).Elem(), &n, "cfg", "out", "tables")
	got, err := Restore(cfg, l.AppendState(nil))
	if err != nil {
		t.Fatal(err)
	}
	got.cfg, got.out = l.cfg, l.out
	if !reflect.DeepEqual(got, l) {
		t.Errorf("restored:\n%+v\nwas:\n%+v", got, l)
	}
}

// fill sets every field to a small number that no new Line has there.
func fill(v reflect.Value, n *int64, skip ...string) {
	v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem() // fields that are not exported too
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if slices.Contains(skip, v.Type().Field(i).Name) {
				continue
			}
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int8, reflect.Int64, reflect.Int:
		*n = *n%3 + 1
		v.SetInt(*n)
	default:
		*n = *n%3 + 1
		v.SetUint(uint64(*n))
	}
}

// A Line that is restored in the middle of a day goes on exactly like the one
// that was not.
func TestSnapshotGoesOn(t *testing.T) {
	for seed := range uint64(40) {
		w := newWorld(seed+1, 2*time.Hour)
		w.cfg.Smart, w.cfg.Standby = seed%2 == 1, seed%3 == 1
		w.line = New(w.cfg, seed)
		var copied *Line
		w.twin = func(now time.Duration, e Event, want []Action) {
			if copied != nil && !reflect.DeepEqual(append([]Action{}, copied.Step(now, e, nil)...), append([]Action{}, want...)) {
				t.Fatalf("seed %d at %v: the restored line does something else", seed, now)
			}
			restored, err := Restore(w.cfg, w.line.AppendState(nil))
			if err != nil {
				t.Fatal(err)
			}
			copied = restored
		}
		w.run()
	}
}

// What is no snapshot is refused; nothing of it crashes a Line.
func FuzzRestore(f *testing.F) {
	p := registered(testConfig(2))
	p.at(time.Second, Event{Kind: Dial, ID: 1})
	state := p.AppendState(nil)
	f.Add(state[:len(state)-4])
	f.Add([]byte{snapshotVersion})
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Restore(testConfig(2), append(data, 1, 2, 3, 4)); err == nil {
			t.Skip("a sum by chance")
		}
		l, err := Restore(testConfig(2), binary.BigEndian.AppendUint32(data, sum(data)))
		if err != nil {
			return
		}
		var buf []Action
		for i := range 20 {
			e := Event{Kind: EventKind(i), ID: 7, Tx: l.seq, Status: 200, Method: sip.BYE}
			buf = l.Step(l.now+time.Second, e, buf[:0])
		}
	})
}
