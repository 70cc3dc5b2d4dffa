package desk

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"phoned/audio"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
	"phoned/sip/siptest"
)

// The way of a call from the keys to the far party and back.
func TestKeysPlaceACall(t *testing.T) {
	inHouse(t, func(h *house) {
		h.shows("alice: Registered")
		h.hook(true)
		h.is(phone.CallIdle, audio.DialTone)
		h.press(hw.Key6, hw.Key0, hw.Key0, hw.KeyPound)
		h.pass(200 * time.Millisecond)
		h.is(phone.CallRinging, audio.Ringback)
		h.pass(time.Second)
		h.is(phone.CallUp, audio.Silence)
		far, err := h.party.WaitCall(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		h.same("far party", far.State(), siptest.Up)
		h.same("in the ear", h.media.inEar(), uint32(1))
		h.same("our port in the offer", strings.Contains(far.SDP(), "m=audio 10002 "), true)

		h.press(hw.KeyHold)
		h.pass(time.Second)
		h.same("held", far.Held(), true)
		h.is(phone.CallHeld, audio.Silence)
		h.same("in the ear", h.media.inEar(), uint32(0))
		h.press(hw.KeyHold)
		h.pass(time.Second)
		h.same("held", far.Held(), false)
		h.is(phone.CallUp, audio.Silence)
		h.same("in the ear", h.media.inEar(), uint32(1))

		h.hook(false)
		h.is(phone.CallIdle, audio.Silence)
		h.pass(time.Second)
		h.same("far party", far.State(), siptest.Ended)
		h.same("BYEs", len(h.party.Record.Requests("BYE")), 1)
		h.same("voice sockets", h.media.sockets(), 0)
		h.same("errors", len(h.errors()), 0)
	})
}

// The primary falls silent, and a number is dialled: the caller hears that the
// phone is at work, reads which server it asks, and gets one call.
func TestACallMovesToTheBackup(t *testing.T) {
	inHouse(t, func(h *house) {
		h.primary.Silence()
		h.backup.Record.Reset()
		dialled := h.dial("600")
		h.is(phone.CallCalling, audio.Silence)
		h.shows("Calling")
		h.pass(7400 * time.Millisecond)
		h.is(phone.CallCalling, audio.Silence)
		invites := h.primary.Record.Requests("INVITE")
		h.same("INVITEs at the primary", milliseconds(invites, dialled), []int{0, 500, 1500, 3500})
		h.same("branches", len(invites.Branches()), 1)
		h.same("at the backup", len(h.backup.Record.Entries()), 0)

		h.pass(200 * time.Millisecond)
		h.is(phone.CallRinging, audio.Ringback)
		h.shows("Ringing via Server 2")
		h.pass(3 * time.Second)
		h.is(phone.CallUp, audio.Silence)
		h.shows("In call via Server 2")
		var order []string
		for _, e := range h.backup.Record.Entries().From(netip.AddrPortFrom(phoneAddr, 5060)).Firsts() {
			if e.Method == "REGISTER" || e.Method == "INVITE" {
				order = append(order, e.Method)
			}
		}
		h.same("first REGISTER, then INVITE", order, []string{"REGISTER", "REGISTER", "INVITE", "INVITE"})
		h.same("calls at the far party", len(h.party.Calls()), 1)
		if s := h.Get(); !s.Registered || s.Server != backupAddr.String() {
			t.Errorf("registered %v at %s", s.Registered, s.Server)
		}
		var kinds []phone.NoticeKind
		for _, n := range h.told {
			kinds = append(kinds, n.Kind)
		}
		h.same("told", kinds, []phone.NoticeKind{phone.NoticeTrying, phone.NoticeMoved})

		h.press(hw.KeySpeaker)
		h.pass(5 * time.Second)
		h.is(phone.CallIdle, audio.Silence)
		h.same("far party", h.party.Calls()[0].State(), siptest.Ended)
		h.shows("Server 1 does not answer. Calls go through Server 2 since")

		// The primary returns; the probe finds it, and the words change back.
		if err := h.primary.Heal(); err != nil {
			t.Fatal(err)
		}
		h.pass(31 * time.Minute)
		h.shows("alice: Registered")
		h.same("server", h.Get().Server, primaryAddr.String())
		h.same("told last", h.told[len(h.told)-1].Kind, phone.NoticeBack)
		h.same("errors", len(h.errors()), 0)
	})
}

// While a call is moved and the backup lets it wait, a soft beep is heard, and
// the display says what the phone is doing and for how long.
func TestComfortWhileTheBackupThinks(t *testing.T) {
	inHouse(t, func(h *house) {
		h.primary.Silence()
		h.backup.Delay(3 * time.Second)
		h.dial("600")
		h.pass(8 * time.Second)
		h.is(phone.CallCalling, audio.ComfortBeep)
		h.shows("Server 1 does not answer. The phone asks the next server.")
		h.shows("0:08")
		h.pass(7 * time.Second)
		h.is(phone.CallCalling, audio.ComfortBeep)
		h.shows("Calling via Server 2")
		h.shows("0:15")
		h.pass(10 * time.Second)
		h.is(phone.CallUp, audio.Silence)
		h.hook(true)
		h.hook(false)
		h.pass(20 * time.Second)
		h.same("far party", h.party.Calls()[0].State(), siptest.Ended)
	})
}

// Hanging up while the call is moved: no INVITE leaves for anywhere.
func TestHangUpDuringThePass(t *testing.T) {
	inHouse(t, func(h *house) {
		h.primary.Silence()
		h.backup.Delay(3 * time.Second)
		h.dial("600")
		h.pass(8 * time.Second)
		h.press(hw.KeyReject)
		h.is(phone.CallIdle, audio.Silence)
		h.pass(time.Minute)
		h.same("INVITEs at the backup", len(h.backup.Record.Requests("INVITE")), 0)
		h.same("calls at the far party", len(h.party.Calls()), 0)
		h.same("errors", len(h.errors()), 0)
	})
}

// BYE finds its way through the backup; the phone is free at once.
func TestAHangUpSurvivesTheServer(t *testing.T) {
	inHouse(t, func(h *house) {
		h.dial("600")
		h.pass(2 * time.Second)
		h.is(phone.CallUp, audio.Silence)
		h.primary.Silence()
		h.press(hw.KeySpeaker)
		h.is(phone.CallIdle, audio.Silence)
		h.same("voice sockets", h.media.sockets(), 0)
		h.pass(20 * time.Second)
		h.same("far party", h.party.Calls()[0].State(), siptest.Ended)
		h.same("BYE at the backup", len(h.backup.Record.Requests("BYE")) > 0, true)
		h.same("errors", len(h.errors()), 0)
	})
}

// Nobody answers: not a word of failure before the pass is over, then tone,
// sentence and lamp; one server back, and the phone recovers by itself.
func TestAllServersDown(t *testing.T) {
	inHouse(t, func(h *house) {
		h.primary.Silence()
		h.backup.Silence()
		h.hook(true)
		h.is(phone.CallIdle, audio.DialTone)
		h.press(hw.Key6, hw.Key0, hw.Key0, hw.KeyPound)
		// 7.5 s at the primary, then 32 s at the last server.
		h.pass(39 * time.Second)
		h.same("errors before the end of the pass", len(h.errors()), 0)
		h.is(phone.CallCalling, audio.ComfortBeep)
		h.pass(2 * time.Second)
		h.is(phone.CallIdle, audio.ReorderTone)
		h.shows("No server answers.")
		h.same("errors after it", len(h.errors()) > 0, true)
		h.same("lamp", h.Get().Lamps["message"], "slow")
		h.same("calls at the far party", len(h.party.Calls()), 0)
		h.hook(false)
		h.pass(time.Second)
		h.shows("No server answers. The phone keeps trying")

		if err := h.backup.Heal(); err != nil {
			t.Fatal(err)
		}
		h.pass(2 * time.Minute)
		h.same("server", h.Get().Server, backupAddr.String())
		h.shows("alice: Registered at the backup (Server 2)")
		h.hook(true)
		h.is(phone.CallIdle, audio.DialTone)
	})
}

// What the far party says becomes a sentence and a tone.
func TestBusyNumber(t *testing.T) {
	inHouse(t, func(h *house) {
		h.dial("601")
		h.pass(time.Second)
		h.is(phone.CallIdle, audio.BusyTone)
		h.shows("The number is busy.")
		h.pass(5 * time.Second)
		h.is(phone.CallIdle, audio.Silence)
		h.dial("999")
		h.pass(time.Second)
		h.is(phone.CallIdle, audio.ReorderTone)
		h.shows("The number does not exist.")
	})
}

// Two calls come in; the second is taken, and both can be swapped and ended.
func TestSecondCall(t *testing.T) {
	inHouse(t, func(h *house) {
		first := h.party.Call("301", "alice", primaryAddr)
		h.pass(time.Second)
		h.is(phone.CallIncoming, audio.Ring)
		h.shows("301")
		h.hook(true)
		h.pass(time.Second)
		h.is(phone.CallUp, audio.Silence)

		second := h.party.Call("302", "alice", primaryAddr)
		h.pass(time.Second)
		h.is(phone.CallUp, audio.CallWaitingTone)
		h.press(hw.KeyOK)
		h.pass(time.Second)
		h.is(phone.CallUp, audio.Silence)
		h.same("held", []bool{first.Held(), second.Held()}, []bool{true, false})
		h.press(hw.KeyOK)
		h.pass(time.Second)
		h.same("held", []bool{first.Held(), second.Held()}, []bool{false, true})

		first.Hangup()
		h.pass(time.Second)
		h.is(phone.CallHeld, audio.Silence)
		h.press(hw.KeyHold)
		h.pass(time.Second)
		h.same("held", second.Held(), false)
		h.hook(false)
		h.pass(time.Second)
		h.same("states", []siptest.CallState{first.State(), second.State()}, []siptest.CallState{siptest.Ended, siptest.Ended})
		h.is(phone.CallIdle, audio.Silence)
	})
}

// Do Not Disturb and Reject answer with the codes of the settings.
func TestRefusals(t *testing.T) {
	inHouse(t, func(h *house) {
		h.press(hw.KeySoft2)
		call := h.party.Call("301", "alice", primaryAddr)
		h.pass(time.Second)
		h.same("do not disturb", call.Status(), 480)
		h.press(hw.KeySoft2)
		call = h.party.Call("301", "alice", primaryAddr)
		h.pass(time.Second)
		h.press(hw.KeyReject)
		h.pass(time.Second)
		h.same("rejected", call.Status(), 603)
		h.is(phone.CallIdle, audio.Silence)
	})
}

// A wrong password is told in words and does not wander to the backup.
func TestManualRegistration(t *testing.T) {
	inHouse(t, func(h *house) {
		h.primary.Record.Reset()
		h.Do(Register{Line: 1})
		h.pass(time.Second)
		h.same("REGISTERs at the primary", len(h.primary.Record.Requests("REGISTER")) > 0, true)
		h.primary.ChallengeAlways()
		h.Do(Register{Line: 1})
		h.pass(time.Second)
		h.shows("Wrong user name or password.")
		h.same("at the backup", len(h.backup.Record.Requests("REGISTER")), 0)
		h.same("registered", h.Get().Registered, false)
	})
}
