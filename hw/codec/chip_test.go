package codec

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"phoned/hw"
)

// deskPhone is a phone as docs/HARDWARE.md wires one.
var deskPhone = Chip{
	MCLK: 24_000_000, Rate: 48000, MicBias: true,
	Routes: [3]Path{
		hw.RouteHandset: {Mouth: LeftIn1, Ear: HeadphoneLeft, MouthDB: 12, BoostDB: 13, EarDB: -6},
		hw.RouteSpeaker: {Mouth: RightIn12, Ear: SpeakerLeft, MouthDB: 18.75, BoostDB: 20, EarDB: 3},
		hw.RouteHeadset: {Mouth: LeftIn2, Ear: HeadphoneRight, MouthDB: -3, EarDB: -12},
	},
}

var deskPhoneHears = [3]heard{
	hw.RouteHandset: {"linput1", "headphone-left", 25, -6, 48000},
	hw.RouteSpeaker: {"rinput1-rinput2", "speaker-left", 38.75, 3, 48000},
	hw.RouteHeadset: {"linput2", "headphone-right", -3, -12, 48000},
}

// A story is a codec, its chip and what the owner is told.
type story struct {
	t     *testing.T
	chip  *fakeChip
	codec *Codec

	mu   sync.Mutex
	told []string
}

// tell runs a story on virtual time; the phone has its sound at the start.
func tell(t *testing.T, board Chip, scene func(t *testing.T, s *story)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &story{t: t, chip: newFake(float64(board.MCLK))}
		s.open(board)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		scene(t, s)
		if err := s.codec.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		s.quiet()
	})
}

func (s *story) open(board Chip) {
	s.t.Helper()
	c, err := OpenChip(s.chip, board, func(text string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.told = append(s.told, text)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.codec = c
}

// quiet wants no complaint of the chip's.
func (s *story) quiet() {
	s.t.Helper()
	s.chip.mu.Lock()
	defer s.chip.mu.Unlock()
	for _, c := range s.chip.complaints {
		s.t.Errorf("the chip complains: %s", c)
	}
	s.chip.complaints = nil
}

// hears wants a way of the voice.
func (s *story) hears(want heard) {
	s.t.Helper()
	if got := s.chip.hears(); got != want {
		s.t.Errorf("the chip connects %+v, want %+v", got, want)
	}
}

// owner wants what the owner has been told since the last time.
func (s *story) owner(want ...string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	got := strings.Join(s.told, "|")
	if got != strings.Join(want, "|") {
		s.t.Errorf("the owner was told %q, want %q", s.told, want)
	}
	s.told = nil
}

// soon lets the codec do what it was told.
func soon() {
	time.Sleep(300 * time.Millisecond)
	synctest.Wait()
}

func TestThePhoneHasItsHandsetAtOnce(t *testing.T) {
	for _, board := range []struct {
		name  string
		mclk  int
		rate  int
		first bool
		limit time.Duration
	}{
		{"MCLK is what the chip runs at", 12_288_000, 48000, false, 550 * time.Millisecond},
		{"half of MCLK", 24_576_000, 48000, false, 550 * time.Millisecond},
		{"through the PLL", 24_000_000, 48000, false, 800 * time.Millisecond},
		{"wide band", 24_000_000, 16000, true, 800 * time.Millisecond},
		{"narrow band", 12_288_000, 8000, true, 650 * time.Millisecond},
	} {
		t.Run(board.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				chip := deskPhone
				chip.MCLK, chip.Rate, chip.Primary = board.mclk, board.rate, board.first
				s := &story{t: t, chip: newFake(float64(board.mclk))}
				s.open(chip)
				time.Sleep(board.limit)
				synctest.Wait()
				want := deskPhoneHears[hw.RouteHandset]
				want.rate = float64(board.rate)
				s.hears(want)
				if primary := s.chip.bits(0x07, 1<<6); primary != board.first {
					t.Errorf("the chip makes the clocks: %v, want %v", primary, board.first)
				}
				s.owner()
				s.codec.Close()
				s.quiet()
			})
		})
	}
}

func TestEveryRouteLeadsToEveryOtherWithoutAClick(t *testing.T) {
	tell(t, deskPhone, func(t *testing.T, s *story) {
		for _, from := range routes {
			for _, to := range routes {
				for _, muted := range [][2]bool{{false, false}, {true, true}, {false, true}, {true, false}} {
					s.codec.SetRoute(from)
					s.codec.SetMute(muted[0])
					soon()
					s.codec.SetRoute(to)
					s.codec.SetMute(muted[1])
					soon()
					want := deskPhoneHears[to]
					if muted[1] {
						want.mouth, want.mouthDB = "", 0
					}
					s.hears(want)
					s.quiet()
					if t.Failed() {
						t.Fatalf("on the way from %s to %s, muted %v", from, to, muted)
					}
				}
			}
		}
		s.owner()
	})
}

func TestABoardMayHaveARouteWithoutAMouthOrAnEar(t *testing.T) {
	board := deskPhone
	board.Routes[hw.RouteHeadset] = Path{Ear: HeadphoneBoth}
	board.Routes[hw.RouteSpeaker] = Path{Mouth: LeftIn13, BoostDB: 29, MouthDB: 30}
	tell(t, board, func(t *testing.T, s *story) {
		s.codec.SetRoute(hw.RouteHeadset)
		soon()
		s.hears(heard{ear: "headphone-left+headphone-right", rate: 48000})
		s.codec.SetRoute(hw.RouteSpeaker)
		soon()
		s.hears(heard{mouth: "linput1-linput3", mouthDB: 59, rate: 48000})
	})
}

func TestACallerNeverWaitsAndTheLatestWishWins(t *testing.T) {
	tell(t, deskPhone, func(t *testing.T, s *story) {
		s.chip.slow = time.Millisecond
		before, start := s.chip.count(), time.Now()
		for i := range 1000 {
			s.codec.SetRoute(routes[i%3])
			s.codec.SetMute(i%2 == 0)
		}
		s.codec.SetRoute(hw.RouteSpeaker)
		s.codec.SetMute(false)
		if d := time.Since(start); d != 0 {
			t.Errorf("the caller waited %v", d)
		}
		soon()
		soon()
		s.hears(deskPhoneHears[hw.RouteSpeaker])
		// Two changes at the most: the one that was under way, and the last.
		if n := s.chip.count() - before; n > 200 {
			t.Errorf("%d transfers for one change that counts", n)
		}
	})
}

func TestADisturbedTransferIsTriedAgain(t *testing.T) {
	tell(t, deskPhone, func(t *testing.T, s *story) {
		for range 20 {
			s.chip.mu.Lock()
			s.chip.deaf = 2
			s.chip.mu.Unlock()
			s.codec.SetRoute(hw.RouteSpeaker)
			soon()
			s.hears(deskPhoneHears[hw.RouteSpeaker])
			s.codec.SetRoute(hw.RouteHandset)
			soon()
		}
		s.owner()
		if s.chip.resets != 1 {
			t.Errorf("the chip was set up %d times, want once", s.chip.resets)
		}
	})
}

func TestAChipThatIsGoneAndBackIsSetUpAgain(t *testing.T) {
	tell(t, deskPhone, func(t *testing.T, s *story) {
		s.chip.powerCut(-1)
		s.codec.SetMute(true)
		time.Sleep(time.Minute)
		s.owner("The sound chip does not answer (fake: no acknowledgement).")
		s.codec.SetRoute(hw.RouteSpeaker) // while nothing is to be had
		s.codec.SetMute(false)
		time.Sleep(time.Minute)
		s.owner()
		s.chip.powerCut(0)
		time.Sleep(longestWait + time.Second)
		synctest.Wait()
		s.owner("")
		s.hears(deskPhoneHears[hw.RouteSpeaker])
		s.quiet()
	})
}

// TestADeadChipIsAskedSeldom sees that the tries of a minute are few.
func TestADeadChipIsAskedSeldom(t *testing.T) {
	tell(t, deskPhone, func(t *testing.T, s *story) {
		s.chip.powerCut(-1)
		tries := 0
		s.codec.target = &countedTarget{s.codec.target, &tries} // before the goroutine wakes
		s.codec.SetMute(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		if tries < 12 || tries > 25 {
			t.Errorf("a chip that is gone was tried %d times in a minute", tries)
		}
		s.mu.Lock()
		s.told = nil
		s.mu.Unlock()
	})
}

type countedTarget struct {
	target
	tries *int
}

func (c *countedTarget) begin(w wish) []act {
	*c.tries++
	return c.target.begin(w)
}

// TestAResetThatNobodySawIsHealed is the chip that forgets everything and then
// acknowledges as if nothing had been: nothing tells, so what it should have is
// written again and again.
func TestAResetThatNobodySawIsHealed(t *testing.T) {
	for name, wake := range map[string]func(c *Codec){
		"by time":     func(*Codec) { time.Sleep(renewEvery + 300*time.Millisecond) },
		"by a key":    func(c *Codec) { c.SetMute(false); soon() },
		"by the hook": func(c *Codec) { c.SetRoute(hw.RouteSpeaker); soon() },
	} {
		t.Run(name, func(t *testing.T) {
			tell(t, deskPhone, func(t *testing.T, s *story) {
				s.codec.SetRoute(hw.RouteSpeaker)
				soon()
				s.chip.powerCut(0)
				s.hears(heard{})
				wake(s.codec)
				synctest.Wait()
				s.hears(deskPhoneHears[hw.RouteSpeaker])
				s.owner() // nobody could know
				s.chip.mu.Lock()
				s.chip.complaints = nil // it clicks
				s.chip.mu.Unlock()
			})
		})
	}
}

// TestRenewingIsNotHeard writes the same again and again under the sound.
func TestRenewingIsNotHeard(t *testing.T) {
	tell(t, deskPhone, func(t *testing.T, s *story) {
		for _, r := range routes {
			s.codec.SetRoute(r)
			before := s.chip.count()
			time.Sleep(10 * renewEvery)
			synctest.Wait()
			s.hears(deskPhoneHears[r])
			if n := (s.chip.count() - before) / 10; n < 30 || n > 80 {
				t.Errorf("%d transfers in %v", n, renewEvery)
			}
		}
		s.quiet()
		if s.chip.resets != 1 {
			t.Errorf("%d resets", s.chip.resets)
		}
	})
}

func TestABoardThatNoticesTheResetHasItHealedWithoutAClick(t *testing.T) {
	board := deskPhone
	board.Sign = true
	tell(t, board, func(t *testing.T, s *story) {
		if !s.chip.bits(0x09, 1<<6) || s.chip.reg[0x30]>>4&7 != 7 {
			t.Error("no sign at pin ADCLRC/GPIO1")
		}
		s.chip.powerCut(0)
		s.codec.Lost()
		time.Sleep(time.Second)
		synctest.Wait()
		s.owner("The sound chip lost its settings; it gets them again.", "")
		s.hears(deskPhoneHears[hw.RouteHandset])
		s.quiet()
	})
}

func TestCloseLeavesASilentChip(t *testing.T) {
	for name, when := range map[string]time.Duration{
		"at once": 0, "while it is being set up": 450 * time.Millisecond, "while it sounds": time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &story{t: t, chip: newFake(24e6)}
				s.open(deskPhone)
				time.Sleep(when)
				start := time.Now()
				s.codec.Close()
				s.codec.Close()
				s.codec.SetRoute(hw.RouteSpeaker) // does nothing
				if d := time.Since(start); d > 100*time.Millisecond {
					t.Errorf("close took %v", d)
				}
				s.hears(heard{})
				if s.chip.audible() || s.chip.reg[0x19] != 0 {
					t.Error("the chip has power")
				}
				if when != 450*time.Millisecond { // what is cut off may pop
					s.quiet()
				}
			})
		})
	}
}

// TestCloseDoesNotWaitForADeadChip has a bus that hangs until its driver gives
// up, as with a data line held low.
func TestCloseDoesNotWaitForADeadChip(t *testing.T) {
	for after := range 10 {
		synctest.Test(t, func(t *testing.T) {
			s := &story{t: t, chip: newFake(24e6)}
			s.chip.deaf, s.chip.slow = -1, time.Second
			s.open(deskPhone)
			time.Sleep(10*time.Second + time.Duration(after)*700*time.Millisecond)
			start := time.Now()
			s.codec.Close()
			if d := time.Since(start); d > time.Second {
				t.Errorf("close took %v, more than the transfer that is under way", d)
			}
		})
	}
}

// TestAfterALongTroubleAShortOneIsShort sees that the pauses between tries begin
// anew.
func TestAfterALongTroubleAShortOneIsShort(t *testing.T) {
	tell(t, deskPhone, func(t *testing.T, s *story) {
		s.chip.powerCut(-1)
		s.codec.SetMute(false)
		time.Sleep(time.Minute)
		s.chip.powerCut(0)
		time.Sleep(longestWait + time.Second)
		synctest.Wait()
		s.owner("The sound chip does not answer (fake: no acknowledgement).", "")
		s.chip.powerCut(8)
		s.codec.SetMute(false)
		time.Sleep(1200 * time.Millisecond)
		synctest.Wait()
		s.owner("The sound chip does not answer (fake: no acknowledgement).", "")
		s.hears(deskPhoneHears[hw.RouteHandset])
	})
}
