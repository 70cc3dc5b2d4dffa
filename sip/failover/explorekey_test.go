package failover

import (
	"reflect"
	"testing"
	"time"
)

// The key of a scene is the same for two scenes that have the same future:
// times count from now, transactions are numbered as they began, and what can
// change nothing any more is left out. It is found by reflection, so that a new
// field of Line is part of it by itself.

// keyMode says how a field of the Line is read.
type keyMode uint8

const (
	keyRaw     keyMode = iota // as it is
	keyTime                   // from now
	keyFuture                 // from now; all that is past is the same
	keyTx                     // by the order in which they began
	keyOrder                  // whether it was before the last registration
	keyState                  // of a transaction
	keyCalling                // while the transaction has no answer
	keyCallingTime
	keySkip // changes nothing, or nothing that is explored
)

var keyModes = map[string]keyMode{
	"Line.cfg": keySkip, "Line.rand": keySkip, "Line.seq": keySkip, "Line.now": keySkip,
	"Line.out": keySkip, "Line.told": keySkip, "Line.turn": keySkip,
	"Line.registeredAt": keySkip, // request.since stands for it
	"request.since":     keyOrder,
	"server.heard":      keySkip, // compared with sent and asked: see scene.key
	"server.closed":     keyFuture,
	"server.ask":        keyRaw, "trip.mean": keyRaw, "trip.spread": keyRaw, "transaction.patience": keyRaw,
	// What only tells why, or what it has cost.
	"server.cause": keySkip, "pass.cause": keySkip, "pass.status": keySkip,
	"pass.began": keySkip, "request.began": keySkip, "exercise.began": keySkip,
	// What an answered transaction does not use any more.
	"transaction.state": keyState, "transaction.copies": keyCalling, "transaction.long": keyCalling,
	"transaction.slow": keyCalling, "transaction.repeats": keyCalling,
	"transaction.sent": keyCallingTime, "transaction.asked": keySkip,
}

// class is a final answer as the rules see it.
func class(status uint16) uint16 {
	switch {
	case status/100 == 2:
		return 200
	case status < 300, status == 401, status == 423, status == 503:
		return status
	}
	return 400
}

// keyPlan is how a struct is read.
type keyPlan []keyField

type keyField struct {
	index int
	mode  keyMode
	sub   keyPlan
}

var linePlan = planOf(reflect.TypeFor[Line]())

func planOf(t reflect.Type) (p keyPlan) {
	for i := range t.NumField() {
		f := t.Field(i)
		mode, named := keyModes[t.Name()+"."+f.Name]
		if mode == keySkip {
			continue
		}
		e := f.Type
		for e.Kind() == reflect.Slice || e.Kind() == reflect.Array {
			e = e.Elem()
		}
		if !named {
			switch e {
			case reflect.TypeFor[time.Duration]():
				mode = keyTime
			case reflect.TypeFor[Tx]():
				mode = keyTx
			}
		}
		var sub keyPlan
		if e.Kind() == reflect.Struct {
			sub = planOf(e)
		}
		p = append(p, keyField{index: i, mode: mode, sub: sub})
	}
	return p
}

// key64 hashes what it is given, one word after the other.
type key64 uint64

func (k *key64) add(v uint64) {
	h := (uint64(*k) ^ v) * 0x9e3779b97f4a7c15
	*k = key64(h ^ h>>29)
}

func (k *key64) bits(bits ...bool) {
	v := uint64(0)
	for _, b := range bits {
		v <<= 1
		if b {
			v |= 1
		}
	}
	k.add(v)
}

// time adds a time as it is from now; by shape, only what comes next is told
// from what comes later, so that far fewer scenes differ.
func (k *key64) time(s *scene, d time.Duration) {
	switch {
	case d == Never:
		k.add(1)
	case !s.shape:
		k.add(uint64(d-s.now) << 1)
	case d <= s.now:
		k.add(2)
	case d <= s.next:
		k.add(3)
	default:
		k.add(4)
	}
}

func (k *key64) tx(s *scene, t Tx) {
	for i := range s.txs[:s.n] {
		if s.txs[i].send.Tx == t {
			k.add(uint64(i) + 2)
			return
		}
	}
	if t != 0 { // forgotten
		t = 1
	}
	k.add(uint64(t))
}

func (k *key64) plan(s *scene, v reflect.Value, p keyPlan) {
	calling := true
	for i := range p {
		switch p[i].mode {
		case keyState:
			calling = v.Field(p[i].index).Uint() == 0
		case keyCalling, keyCallingTime:
			if !calling {
				continue
			}
		}
		k.field(s, v.Field(p[i].index), &p[i])
	}
}

func (k *key64) field(s *scene, v reflect.Value, f *keyField) {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		n := v.Len()
		k.add(uint64(n))
		for i := range n {
			k.field(s, v.Index(i), f)
		}
	case reflect.Struct:
		k.plan(s, v, f.sub)
	case reflect.Bool:
		k.bits(v.Bool())
	case reflect.Float64, reflect.Float32:
		k.add(uint64(v.Float() * 1e6))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		switch d := time.Duration(v.Int()); {
		case f.mode == keyTime, f.mode == keyCallingTime:
			k.time(s, d)
		case f.mode == keyOrder:
			k.bits(d <= s.line.registeredAt)
		case f.mode == keyFuture:
			k.time(s, max(d, s.now))
		default:
			k.add(uint64(d))
		}
	default:
		u := v.Uint()
		if f.mode == keyTx {
			k.tx(s, Tx(u))
			return
		}
		k.add(u)
	}
}

// key is the key of s.
func (s *scene) key() uint64 {
	k := key64(14695981039346656037)
	s.next = s.due()
	k.plan(s, reflect.ValueOf(&s.line).Elem(), linePlan)
	for i := range s.line.servers {
		heard := s.line.servers[i].heard
		k.bits(heard > 0, heard == s.now, s.up.has(int8(i)))
		for j := range s.line.txs {
			if t := &s.line.txs[j]; t.state <= proceeding {
				k.bits(heard >= t.asked, heard > t.sent)
			}
		}
	}
	k.add(uint64(s.n)<<32 | uint64(s.nc))
	for i := range s.txs[:s.n] {
		t := &s.txs[i]
		k.add(uint64(t.send.ID)<<32 | uint64(t.send.Method)<<24 | uint64(t.send.Purpose)<<16 | uint64(t.send.Server)<<8)
		k.add(uint64(class(t.final))<<32 | uint64(class(t.first)))
		if t.final != 0 {
			k.time(s, t.finalAt)
		}
		if t.underWay() {
			k.add(uint64(t.copies))
			k.bits(t.long)
		}
		k.bits(t.gone, t.provision, t.taken, t.tagged, t.oldLink, t.cancelled, t.late, t.inDialog, t.send.Repeat)
	}
	for i := range s.calls[:s.nc] {
		c := &s.calls[i]
		k.tx(s, c.owner)
		k.add(uint64(c.state)<<8 | uint64(c.asking))
		switch c.state {
		case dialling, ending:
			k.add(uint64(c.tried)<<8 | uint64(c.shut))
		case up:
			k.add(uint64(c.server))
		}
	}
	k.add(uint64(s.phase)<<32 | uint64(uint8(s.at))<<24 | uint64(s.failed)<<16 | uint64(s.refused)<<8 | uint64(s.told)<<4 | uint64(s.down))
	k.bits(s.offline, s.stopped, s.left.stop)
	for i := range s.openAt {
		k.time(s, max(s.openAt[i], s.now))
		k.time(s, s.asked[i])
	}
	b := s.left
	for _, v := range [...]int8{b.dials, b.registers, b.links, b.forks, b.hears, b.resets, b.requests, b.drills, b.names} {
		k.add(uint64(v))
	}
	return uint64(k)
}

// TestSceneIsACopy sees to it that a scene holds all of a Line: a slice, map or
// pointer that scene.set does not know would be shared by all copies.
func TestSceneIsACopy(t *testing.T) {
	known := map[string]bool{
		"Line.cfg.Servers": true, "Line.txs": true, "Line.requests": true, "Line.servers": true,
		"Line.ranks": true, "Line.order": true, "Line.out": true,
	}
	var look func(path string, e reflect.Type)
	look = func(path string, e reflect.Type) {
		switch e.Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Func, reflect.Interface, reflect.Chan:
			if !known[path] {
				t.Errorf("%s is shared by copies: scene.set has to copy it", path)
			}
			if e.Kind() == reflect.Slice && path != "Line.cfg.Servers" {
				look(path+"[]", e.Elem())
			}
		case reflect.Struct:
			for i := range e.NumField() {
				look(path+"."+e.Field(i).Name, e.Field(i).Type)
			}
		case reflect.Array:
			look(path+"[]", e.Elem())
		}
	}
	look("Line", reflect.TypeFor[Line]())
}
