package desk

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"phoned/audio"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
	"phoned/sip/siptest"
)

// Servers come and go while a user presses keys and others call. Whatever
// happens: when the handset is down and the servers are back, the phone is
// idle, registered, and has given back its sockets, and every far party is free
// or the owner was told of a hang-up that no server took.
func TestChaos(t *testing.T) {
	for seed := uint64(1); seed <= 12; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { inHouse(t, func(h *house) { chaos(h, rand.New(rand.NewPCG(seed, 2))) }) })
	}
}

func chaos(h *house, r *rand.Rand) {
	servers := []*siptest.Server{h.primary, h.backup}
	heal := func() {
		for _, s := range servers {
			if err := s.Heal(); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	lifted := false
	for range 60 {
		switch r.IntN(12) {
		case 0:
			servers[r.IntN(2)].Silence()
		case 1:
			servers[r.IntN(2)].Status(503, 0)
		case 2:
			servers[r.IntN(2)].Lose(0.3)
		case 3:
			heal()
		case 4:
			h.party.Call("301", "alice", servers[r.IntN(2)].Addr("UDP"))
		case 5, 6:
			lifted = !lifted
			h.hook(lifted)
		case 7, 8:
			h.dial([]string{"600", "601"}[r.IntN(2)])
		case 9:
			h.press([]hw.Key{hw.KeyHold, hw.KeySpeaker, hw.KeyOK, hw.KeyReject}[r.IntN(4)])
		default:
			h.press(hw.Key0 + hw.Key(r.IntN(10)))
		}
		h.pass(time.Duration(r.IntN(200)) * 100 * time.Millisecond)
	}
	heal()
	h.hook(true)
	h.hook(false)
	for range 4 {
		h.press(hw.KeyReject)
	}
	// The longest wait of a line that found nobody for long, and a pass.
	h.pass(2 * time.Minute)
	time.Sleep(30 * time.Minute)
	h.pass(time.Second)
	h.is(phone.CallIdle, audio.Silence)
	h.same("voice sockets", h.media.sockets(), 0)
	h.same("registered", h.Get().Registered, true)
	// What a server swallowed (a CANCEL, a final answer) leaves a far phone
	// ringing; a call that is up there has lost its BYE, and the owner was told.
	var up []*siptest.PartyCall
	for _, c := range h.party.Calls() {
		if c.State() == siptest.Up {
			up = append(up, c)
		}
	}
	lost := 0
	for _, n := range h.told {
		if n.Kind == phone.NoticeByeLost {
			lost++
		}
	}
	if len(up) > lost {
		h.t.Errorf("%d calls are still up at the far party, and %d lost hang-ups were told", len(up), lost)
		for _, c := range up {
			h.t.Log(c.Number(), h.party.Record.Entries().CallID(c.CallID()))
		}
	}
}
