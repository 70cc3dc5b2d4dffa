package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"phoned/audio"
	"phoned/audio/remote"
	"phoned/cmd/phoned/internal/config"
	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/dns"
	"phoned/sip/failover"
	"phoned/sip/sdp"
	"phoned/sip/ua"
	"phoned/sip/wire"
)

// agentConfig is the user agent's part of the settings.
func agentConfig(s config.Settings, id identity, log *slog.Logger) ua.Config {
	return ua.Config{
		Wire:      wire.Config{Port: s.SIP.Port, Log: log},
		Lines:     agentLines(s),
		UserAgent: "phoned/" + version,
		Codecs: []sdp.Codec{
			{Name: "PCMU", Payload: 0, Clock: 8000},
			{Name: "PCMA", Payload: 8, Clock: 8000},
			{Name: "G722", Payload: 9, Clock: 8000},
		},
		Log:      log,
		DNS:      &dns.Config{Seed: uint64(id.place)},
		Device:   id.place,
		DeviceID: id.name,
	}
}

func agentLines(s config.Settings) []ua.Line {
	var lines []ua.Line
	for _, l := range s.Lines {
		if !enabled(l) {
			continue
		}
		lines = append(lines, ua.Line{
			Number:      l.Number,
			Enabled:     true,
			User:        l.User,
			AuthUser:    l.AuthUser,
			Password:    l.Password,
			DisplayName: l.DisplayName,
			LocalDomain: l.LocalDomain,
			Proxy:       l.Proxy,
			Rport:       l.Rport,
			DNS:         dns.Mode(l.DNS),
			TLS:         securities(l),
			PRACK:       l.PRACK,

			SessionTimer:   l.SessionTimer,
			SessionExpires: l.SessionExpires,
			Failover: failover.Config{
				Servers:          l.Servers,
				Register:         l.Register,
				Failback:         l.Failback,
				FailbackInterval: l.FailbackInterval,
				Retries:          l.Retries,
				RetryTime:        l.RetryTime,
				Timers:           l.Timers,
				RegFailInterval:  s.SIP.RegFailInterval,
				KeepAlive:        failover.KeepAlive(l.KeepAlive),
				KeepAliveEvery:   l.KeepAliveEvery,
				UnregisterOnBoot: l.UnregisterOnBoot,
				Smart:            l.Smart,
				Standby:          l.Smart && l.Standby,
			},
		})
	}
	return lines
}

// securities are what a line's servers and the phone prove to each other.
func securities(l config.Line) (all []ua.TLS) {
	for _, t := range l.TLS {
		all = append(all, ua.TLS(t))
	}
	return all
}

// enabled tells whether a line can call.
func enabled(l config.Line) bool { return len(l.Servers) > 0 && l.User != "" }

// deskSettings are the settings of the desk and the phone.
func deskSettings(o options, made factory, s config.Settings) desk.Settings {
	language := phone.English
	if s.Phone.Language == "zh" && o.lang == "" || o.lang == "zh" {
		language = phone.Chinese
	}
	out := desk.Settings{
		Phone: phone.Config{
			Language:      language,
			DialByPound:   s.Calls.DialByPound,
			DialByTimeout: s.Calls.DialByTimeout,
			DialTimeout:   s.Calls.DialTimeout,
			DialFixed:     s.Calls.DialFixed,
			FixedLength:   s.Calls.FixedLength,
			DNDStatus:     s.Calls.DNDStatus,
			BusyStatus:    s.Calls.BusyStatus,
			RejectStatus:  s.Calls.RejectStatus,
			RingTimeout:   s.Calls.RingTimeout,
			CallWaiting:   s.Calls.CallWaiting,
			HandsetVolume: s.Phone.HandsetVolume,
			SpeakerVolume: s.Phone.SpeakerVolume,
			HeadsetVolume: s.Phone.HeadsetVolume,
			RingVolume:    s.Phone.RingVolume,
			Model:         "phoned (" + strings.TrimSuffix(filepath.Base(o.board), ".toml") + ")",
			Version:       version,
			Serial:        made.serial,
			MAC:           made.mac.String(),
			Restarts:      o.board != simBoard,
		},
		Lines: agentLines(s),
		Voice: map[int]desk.Voice{},
	}
	for _, l := range s.Lines {
		out.Phone.Lines = append(out.Phone.Lines, phone.Line{
			Number:   l.Number,
			Name:     l.DisplayName,
			User:     l.User,
			Enabled:  enabled(l),
			Register: l.Register,
			Servers:  len(l.Servers),
			DND:      l.DND,
			DTMF:     phone.DTMF(l.DTMF),
		})
		voice := desk.Voice{Ptime: l.Ptime, Event: s.Voice.EventPayload}
		for _, name := range l.Codecs {
			if id, ok := codecs[name]; ok {
				voice.Codecs = append(voice.Codecs, id)
			}
		}
		out.Voice[l.Number] = voice
	}
	return out
}

// codecs are the names of VoiceCodecMap.
var codecs = map[string]audio.CodecID{"PCMU": audio.PCMU, "PCMA": audio.PCMA, "G722": audio.G722}

// voiceDSCP is expedited forwarding, telephony's class (RFC 4594 §4.1).
const voiceDSCP = 46

// soundConfig is the media process's part of the settings. A phone that keeps
// data also has a place by which its next control process finds the voice of
// a call that outlived this one.
func soundConfig(o options, s config.Settings, log *slog.Logger) remote.Config {
	c := remote.Config{
		Device:    o.audio,
		PortMin:   s.Voice.PortMin,
		PortCount: s.Voice.PortCount,
		DSCP:      voiceDSCP,
		Log:       log,
	}
	if o.data != "" {
		c.Socket = filepath.Join(o.data, "media.sock")
	}
	return c
}

// tune sets tones and microphones; the volumes are the phone's business.
func tune(sound *remote.Remote, s config.Settings) error {
	err := sound.Tones(map[audio.Sound]string{
		audio.DialTone:        s.Voice.DialTone,
		audio.StutterTone:     s.Voice.StutterTone,
		audio.Ringback:        s.Voice.Ringback,
		audio.BusyTone:        s.Voice.Busy,
		audio.ReorderTone:     s.Voice.Congestion,
		audio.CallWaitingTone: s.Voice.CallWaiting,
	})
	if err != nil {
		return fmt.Errorf("set tones: %w", err)
	}
	sound.MicGain(audio.Handset, s.Phone.HandsetMic)
	sound.MicGain(audio.Headset, s.Phone.HeadsetMic)
	sound.MicGain(audio.Speaker, s.Phone.SpeakerMic)
	return nil
}
