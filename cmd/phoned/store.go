package main

import (
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"phoned/cmd/phoned/internal/config"
	"phoned/cmd/phoned/internal/phone"
)

// settingsStore is where the settings come from: the file, and over it what
// the user changed at the phone, which is kept below -data.
type settingsStore struct {
	path  string
	given *config.File
	log   *slog.Logger

	mu    sync.Mutex
	file  *config.File // as it was read last
	user  *config.File // what the user changed
	kept  *config.Store
	timer *time.Timer // writes the user's changes; nil = there is nowhere to
	dirty bool        // there are changes to write
}

// saveDelay gathers what is changed together into one write.
const saveDelay = 200 * time.Millisecond

// openSettings reads everything; the error names what can not be used. given
// stands in place of a file if it is not nil.
func openSettings(o options, given *config.File, log *slog.Logger) (*settingsStore, error) {
	s := &settingsStore{path: o.config, log: log, given: given, user: config.New()}
	if err := s.reload(); err != nil {
		return nil, err
	}
	if o.data == "" {
		return s, nil
	}
	kept, err := config.OpenStore(o.data)
	if err != nil {
		return nil, err
	}
	user, damaged, err := kept.Load()
	if err != nil {
		return nil, err
	}
	if damaged != "" {
		log.Error("the newest kept settings are damaged, the ones before are used", "error", damaged)
	}
	s.kept, s.user = kept, user
	s.timer = time.AfterFunc(time.Hour, s.write)
	s.timer.Stop()
	return s, nil
}

// reload reads the file again; after an error the old settings stay.
func (s *settingsStore) reload() error {
	file := s.given
	switch {
	case s.path != "":
		read, err := config.Read(s.path)
		if err != nil {
			return err
		}
		file = read
	case file == nil:
		file = config.New()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file = file
	return nil
}

// settings are the values now.
func (s *settingsStore) settings() config.Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.Merge(s.user).Typed()
}

// save keeps what the user changed; it is called by the desk and does not
// wait for the flash.
func (s *settingsStore) save(setting phone.Setting, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.set(setting, value); err != nil {
		return fmt.Errorf("keep %s: %w", setting, err)
	}
	if s.timer != nil {
		s.dirty = true
		s.timer.Reset(saveDelay)
	}
	return nil
}

// set finds the key of a setting.
func (s *settingsStore) set(setting phone.Setting, value string) error {
	const module = "PHONE FEATURE"
	switch setting {
	case phone.SettingLanguage:
		return s.user.Set(module, "Default Language", 0, value)
	case phone.SettingHandsetVolume:
		return s.user.Set(module, "Handset Vol", 0, value)
	case phone.SettingSpeakerVolume:
		return s.user.Set(module, "HandFree Vol", 0, value)
	case phone.SettingHeadsetVolume:
		return s.user.Set(module, "Headset Vol", 0, value)
	case phone.SettingRingVolume:
		return s.user.Set(module, "HandFree Ring Vol", 0, value)
	case phone.SettingDND:
		for _, l := range s.file.Typed().Lines {
			if err := s.user.Set("SIP", "SIPN Enable DND", l.Number, value); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("unknown setting %s", strconv.Itoa(int(setting)))
}

// write puts the user's changes on the flash.
func (s *settingsStore) write() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.dirty {
		return
	}
	s.dirty = false
	if err := s.kept.Save(s.user); err != nil {
		s.log.Error("what the user changed is not kept", "error", err)
	}
}

// close writes what waits.
func (s *settingsStore) close() {
	if s.timer != nil {
		s.timer.Stop()
		s.write()
	}
}
