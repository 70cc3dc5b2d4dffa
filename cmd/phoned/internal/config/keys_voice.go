package config

// Module MM: the voice of all lines.
var voiceRows = []Row{
	{
		Module: "MM", Key: "Dtmf Payload Type", Default: "101", Check: number(96, 127),
		English: "DTMF payload type", Chinese: "DTMF载荷类型",
		Help: "offered for telephone-event (RFC 4733)",
	},
	{
		Module: "MM", Key: "RTP Initial Port", Default: "10000", Check: number(1024, 65530),
		English: "First RTP port", Chinese: "RTP起始端口",
	},
	{
		Module: "MM", Key: "RTP Port Quantity", Default: "1000", Check: number(4, 64000),
		English: "Number of RTP ports", Chinese: "RTP端口数量",
	},
	{
		Module: "MM", Key: "VAD", Default: "0", Check: onOff, Flags: Kept,
		English: "Voice activity detection", Chinese: "静音检测",
	},
	{
		Module: "MM", Key: "Dial Tone", Default: "425/0", Check: tones,
		English: "Dial tone", Chinese: "拨号音",
	},
	{
		Module: "MM", Key: "Stutter Tone", Default: "425/200,0/100,425/200,0/100,425/200,0/100,425/0", Check: tones,
		English: "Dial tone with messages waiting", Chinese: "留言拨号音",
	},
	{
		Module: "MM", Key: "Ringback Tone", Default: "425/1000,0/4000", Check: tones,
		English: "Ringback tone", Chinese: "回铃音",
	},
	{
		Module: "MM", Key: "Busy Tone", Default: "425/500,0/500", Check: tones,
		English: "Busy tone", Chinese: "忙音",
	},
	{
		Module: "MM", Key: "Congestion Tone", Default: "425/250,0/250", Check: tones,
		English: "Congestion tone", Chinese: "拥塞音",
		Help: "also when a call failed",
	},
	{
		Module: "MM", Key: "Call waiting Tone", Default: "425/300,0/8000", Check: tones,
		English: "Call waiting tone", Chinese: "呼叫等待音",
	},
}
