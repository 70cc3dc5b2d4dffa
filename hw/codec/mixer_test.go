package codec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"phoned/hw"
)

// fakeMixer is a sound card's mixer.
type fakeMixer struct {
	mu   sync.Mutex
	gone bool
	sets []string
	now  map[string][]int
}

func (f *fakeMixer) Set(name string, values ...int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return errors.New("no such device")
	}
	f.sets = append(f.sets, fmt.Sprint(name, values))
	f.now[name] = slices.Clone(values)
	return nil
}

// take is what was set since the last time.
func (f *fakeMixer) take() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := strings.Join(f.sets, ", ")
	f.sets = nil
	return s
}

var evaluationKit = Mixer{
	Start: []Setting{{"Left Output Mixer PCM Playback Switch", []int{1}}, {"ADC PCM Capture Volume", []int{195}}},
	Routes: [3][]Setting{
		hw.RouteHandset: {{"Speaker Playback Volume", []int{0}}, {"Headphone Playback Volume", []int{115, 0}}},
		hw.RouteSpeaker: {{"Headphone Playback Volume", []int{0}}, {"Speaker Playback Volume", []int{124}}},
		hw.RouteHeadset: {{"Speaker Playback Volume", []int{0}}, {"Headphone Playback Volume", []int{0, 115}}},
	},
	Mute:   []Setting{{"Capture Switch", []int{0}}},
	Unmute: []Setting{{"Capture Switch", []int{1}}},
}

func TestTheKernelsMixerHasTheSameRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMixer{now: map[string][]int{}}
		c, err := OpenMixer(f, evaluationKit, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			do   func()
			want string
		}{
			{func() {}, "Left Output Mixer PCM Playback Switch[1], ADC PCM Capture Volume[195], Capture Switch[0], " +
				"Speaker Playback Volume[0], Headphone Playback Volume[115 0], Capture Switch[1]"},
			{func() { c.SetMute(true) }, "Capture Switch[0], Speaker Playback Volume[0], Headphone Playback Volume[115 0]"},
			{func() { c.SetRoute(hw.RouteSpeaker) }, "Capture Switch[0], Capture Switch[0], Headphone Playback Volume[0], Speaker Playback Volume[124]"},
			{func() { c.SetMute(false) }, "Headphone Playback Volume[0], Speaker Playback Volume[124], Capture Switch[1]"},
			{func() { c.SetRoute(hw.RouteHeadset) }, "Capture Switch[0], Speaker Playback Volume[0], Headphone Playback Volume[0 115], Capture Switch[1]"},
			{func() { time.Sleep(time.Hour) }, ""}, // settings made again do nothing in the kernel
			{func() { c.Close() }, "Capture Switch[0]"},
		} {
			step.do()
			synctest.Wait()
			if got := f.take(); got != step.want {
				t.Errorf("set %s\nwant %s", got, step.want)
			}
		}
	})
}

func TestAMixerThatIsGoneAndBackIsSetAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMixer{now: map[string][]int{}}
		var told []string
		c, err := OpenMixer(f, evaluationKit, func(text string) { told = append(told, text) })
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		f.mu.Lock()
		f.gone, f.now = true, map[string][]int{}
		f.mu.Unlock()
		c.SetRoute(hw.RouteSpeaker)
		time.Sleep(time.Minute)
		f.mu.Lock()
		f.gone = false
		f.mu.Unlock()
		time.Sleep(2 * longestWait)
		synctest.Wait()
		if want := []string{"The sound mixer does not obey (no such device).", ""}; !slices.Equal(told, want) {
			t.Errorf("the owner was told %q, want %q", told, want)
		}
		if len(f.now) != 5 || f.now["Speaker Playback Volume"][0] != 124 || f.now["ADC PCM Capture Volume"][0] != 195 {
			t.Errorf("the mixer has %v", f.now)
		}
		c.Close()
	})
}

func TestABoardFilesMixerIsChecked(t *testing.T) {
	for want, m := range map[string]Mixer{
		"route speaker: a control has no name": {Routes: [3][]Setting{hw.RouteSpeaker: {{"", []int{1}}}}},
		`start: control "Volume" has no value`: {Start: []Setting{{Control: "Volume"}}},
		"one is there without the other":       {Mute: evaluationKit.Mute},
	} {
		if _, err := OpenMixer(&fakeMixer{}, m, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
