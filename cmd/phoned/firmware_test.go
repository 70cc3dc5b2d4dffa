package main

import (
	"testing"

	"phoned/cmd/phoned/internal/phone"
	"phoned/cmd/phoned/internal/update"
)

// The updater's news and the phone's words are the same list, told twice.
func TestFirmwareNewsKeepTheirMeaning(t *testing.T) {
	for news, want := range map[update.News]phone.Firmware{
		{Kind: update.Writing, Percent: 40}:                           {State: phone.FirmwareWriting, Percent: 40},
		{Kind: update.Waiting, Version: "2"}:                          {State: phone.FirmwareWaiting, Version: "2"},
		{Kind: update.Stays, Version: "2"}:                            {State: phone.FirmwareStays, Version: "2"},
		{Kind: update.GivenUp, Runs: "1"}:                             {State: phone.FirmwareGivenUp, Runs: "1"},
		{Kind: update.FellBack, Runs: "1"}:                            {State: phone.FirmwareFellBack, Runs: "1"},
		{Kind: update.NotInstalled, Reason: update.ReasonBusy}:        {State: phone.FirmwareNotInstalled, Why: phone.FirmwareBusy},
		{Kind: update.NotInstalled, Reason: update.ReasonRestart}:     {State: phone.FirmwareNotInstalled, Why: phone.FirmwareRestart},
		{Kind: update.NotInstalled, Reason: update.ReasonTrial}:       {State: phone.FirmwareNotInstalled, Why: phone.FirmwareTrial},
		{Kind: update.NotInstalled, Reason: update.ReasonNoFile}:      {State: phone.FirmwareNotInstalled, Why: phone.FirmwareNoFile},
		{Kind: update.NotInstalled, Reason: update.ReasonSignature}:   {State: phone.FirmwareNotInstalled, Why: phone.FirmwareSignature},
		{Kind: update.NotInstalled, Reason: update.ReasonOther}:       {State: phone.FirmwareNotInstalled, Why: phone.FirmwareOtherPhone},
		{Kind: update.NotInstalled, Reason: update.ReasonDamaged}:     {State: phone.FirmwareNotInstalled, Why: phone.FirmwareDamaged},
		{Kind: update.NotInstalled, Reason: update.ReasonNoService}:   {State: phone.FirmwareNotInstalled, Why: phone.FirmwareNoService},
		{Kind: update.NotInstalled, Reason: update.ReasonWrite}:       {State: phone.FirmwareNotInstalled, Why: phone.FirmwareWrite},
		{Kind: update.NotInstalled, Reason: update.ReasonInterrupted}: {State: phone.FirmwareNotInstalled, Why: phone.FirmwareInterrupted},
	} {
		if got := firmwareNews(news); got != want {
			t.Errorf("%+v: %+v, want %+v", news, got, want)
		}
	}
}

func TestFromImage(t *testing.T) {
	for line, want := range map[string]bool{
		"console=ttyAMA0 root=PARTUUID=1 ro rauc.slot=A": true,
		"rauc.slot=B quiet\n":                            true,
		"console=tty0 root=/dev/sda1":                    false,
		"xrauc.slot=A":                                   false,
		"rauc.slot=":                                     false,
	} {
		if got := fromImage(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}
