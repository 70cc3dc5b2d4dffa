package config

// Module SIP before the lines: what all lines share.
var sipRows = []Row{
	{
		Module: "SIP", Key: "SIP  Port", Default: "5060", Check: number(0, 65535),
		English: "Local SIP port", Chinese: "本地SIP端口",
		Help: "UDP and TCP port the phone listens on; 0 = any free one",
	},
	{
		Module: "SIP", Key: "Reg Fail Interval", Default: "32", Check: number(1, 86400), Unit: "s",
		English: "Registration retry interval", Chinese: "注册失败重试间隔",
		Help: "wait before the next try after a server refused the registration",
	},
	{
		Module: "SIP", Key: "Strict UA Match", Default: "1", Check: onOff, Flags: Kept,
		English: "Strict UA match", Chinese: "严格UA匹配",
		Help: "requests that do not name the phone's own contact are dropped",
	},
	{
		Module: "SIP", Key: "Notify Reboot", Default: "1", Check: onOff, Flags: Kept,
		English: "Reboot by NOTIFY", Chinese: "允许NOTIFY重启",
	},
}
