package config

// What a SIP line does with calls.
var callRows = []Row{
	{
		Module: "SIP", Section: lineList, Key: "SIPN VoiceCodecMap", Default: "PCMU,PCMA,G722,opus", Check: codecs,
		English: "Voice codecs", Chinese: "语音编码",
		Help: "in order of preference; codecs that are not built are skipped",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Ptime", Default: "0", Check: oneOf("0", "10", "20", "30", "40", "50", "60"), Unit: "ms",
		English: "Packet time", Chinese: "打包时长",
		Help: "0 = left open (20 ms)",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN DTMF Mode", Default: "3", Check: number(0, 3),
		English: "DTMF mode", Chinese: "DTMF模式",
		Help: "0 in-band, 1 RFC 4733, 2 INFO, 3 auto",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Media Crypto", Default: "0", Check: number(0, 9), Flags: Kept,
		English: "Media encryption", Chinese: "媒体加密",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN PRACK", Default: "0", Check: number(0, 9),
		English: "PRACK", Chinese: "PRACK",
		Help: "reliable provisional responses (RFC 3262): 0 = a call that requires them is refused, above 0 = supported",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Session Timer", Default: "0", Check: onOff,
		English: "Session timer", Chinese: "会话定时器",
		Help: "RFC 4028: 1 = offered, so that a call whose far side is gone ends by itself; 0 = served only where a call requires it",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN S Timer Expires", Default: "1800", Check: number(0, 86400), Unit: "s",
		English: "Session expires", Chinese: "会话超时",
		Help: "what the session timer asks for, never less than 90; 0 = left to the far side",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Always FWD", Default: "0", Check: onOff, Flags: Kept,
		English: "Forward always", Chinese: "无条件转移",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Busy FWD", Default: "0", Check: onOff, Flags: Kept,
		English: "Forward when busy", Chinese: "遇忙转移",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN No Answer FWD", Default: "0", Check: onOff, Flags: Kept,
		English: "Forward on no answer", Chinese: "无应答转移",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Always FWD Num", Check: dial, Flags: Kept,
		English: "Number for forward always", Chinese: "无条件转移号码",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Busy FWD Num", Check: dial, Flags: Kept,
		English: "Number for forward when busy", Chinese: "遇忙转移号码",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN NoAnswer FWD Num", Check: dial, Flags: Kept,
		English: "Number for forward on no answer", Chinese: "无应答转移号码",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN FWD Timer", Default: "5", Check: number(0, 120), Unit: "s", Flags: Kept,
		English: "No answer time of forward", Chinese: "转移等待时间",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Hotline Num", Check: dial, Flags: Kept,
		English: "Hotline number", Chinese: "热线号码",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Enable Hotline", Default: "0", Check: onOff, Flags: Kept,
		English: "Enable hotline", Chinese: "启用热线",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN WarmLine Time", Default: "0", Check: number(0, 60), Unit: "s", Flags: Kept,
		English: "Warm line time", Chinese: "热线延迟",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Auto Answer", Default: "0", Check: onOff, Flags: Kept,
		English: "Answer by itself", Chinese: "自动应答",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN NoAnswerTime", Default: "5", Check: number(0, 120), Unit: "s", Flags: Kept,
		English: "Time before it answers by itself", Chinese: "自动应答等待时间",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Enable DND", Default: "0", Check: onOff, Flags: UserOwned,
		English: "Do not disturb", Chinese: "免打扰",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN CLIR", Default: "0", Check: number(0, 9), Flags: Kept,
		English: "Hide the own number", Chinese: "隐藏本机号码",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Ban Anonymous", Default: "0", Check: onOff, Flags: Kept,
		English: "Refuse anonymous calls", Chinese: "拒接匿名来电",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN MWI Num", Check: dial, Flags: Kept,
		English: "Voice mail number", Chinese: "语音信箱号码",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Subscribe", Default: "0", Check: onOff, Flags: Kept,
		English: "Subscribe for voice mail", Chinese: "订阅语音信箱",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Sub Expire", Default: "3600", Check: number(1, 604800), Unit: "s", Flags: Kept,
		English: "Subscription period", Chinese: "订阅周期",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Caller Id Type", Default: "4", Check: number(0, 99), Flags: Kept,
		English: "Source of the caller's number", Chinese: "主叫号码来源",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Ring Type", Default: "default", Check: text(64), Flags: Kept,
		English: "Ring", Chinese: "铃声",
	},
}
