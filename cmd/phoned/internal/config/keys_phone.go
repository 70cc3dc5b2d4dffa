package config

// Modules CALL FEATURE (PORT) and PHONE FEATURE: the phone's own behaviour.
var phoneRows = []Row{
	{
		Module: "CALL FEATURE", Section: "Port Config", Key: "P1 CallWaiting", Default: "1", Check: onOff,
		English: "Call waiting", Chinese: "呼叫等待",
		Help: "0 = a second call hears busy",
	},
	{
		Module: "CALL FEATURE", Section: "Port Config", Key: "P1 Enable Intercom", Default: "0", Check: onOff, Flags: Kept,
		English: "Intercom", Chinese: "对讲",
	},
	{
		Module: "CALL FEATURE", Section: "Port Config", Key: "P1 DND Return Code", Default: "480", Check: number(400, 699),
		English: "Answer while do not disturb is on", Chinese: "免打扰返回码",
		Help: "SIP status",
	},
	{
		Module: "CALL FEATURE", Section: "Port Config", Key: "P1 Busy Return Code", Default: "486", Check: number(400, 699),
		English: "Answer while busy", Chinese: "忙返回码",
	},
	{
		Module: "CALL FEATURE", Section: "Port Config", Key: "P1 Reject Return Code", Default: "603", Check: number(400, 699),
		English: "Answer of the reject key", Chinese: "拒接返回码",
	},
	{
		Module: "CALL FEATURE", Section: "Port Config", Key: "P1 Ring Timeout", Default: "120", Check: number(5, 3600), Unit: "s",
		English: "Ring time", Chinese: "振铃超时",
		Help: "a call that nobody answers is ended after it",
	},
	{
		Module: "CALL FEATURE", Section: "Basic DialPlan", Key: "Dial by Pound", Default: "1", Check: onOff,
		English: "# dials", Chinese: "按#号拨出",
	},
	{
		Module: "CALL FEATURE", Section: "Basic DialPlan", Key: "Dial Fixed Length", Default: "0", Check: onOff,
		English: "Dial at a fixed length", Chinese: "定长拨出",
	},
	{
		Module: "CALL FEATURE", Section: "Basic DialPlan", Key: "Fixed Length Nums", Default: "11", Check: number(1, 64),
		English: "Fixed length", Chinese: "固定长度",
	},
	{
		Module: "CALL FEATURE", Section: "Basic DialPlan", Key: "Dial by Timeout", Default: "1", Check: onOff,
		English: "Dial after a pause", Chinese: "超时拨出",
	},
	{
		Module: "CALL FEATURE", Section: "Basic DialPlan", Key: "Dial Timeout value", Default: "10", Check: number(1, 60), Unit: "s",
		English: "Pause after the last digit", Chinese: "拨号超时时间",
	},
	{
		Module: "PHONE FEATURE", Key: "Menu Password", Default: "", Check: text(32), Flags: Secret | Kept,
		English: "Menu password", Chinese: "菜单密码",
	},
	{
		Module: "PHONE FEATURE", Key: "Emergency Call", Default: "110", Check: numbers, Flags: Kept,
		English: "Emergency numbers", Chinese: "紧急号码",
		Help: "separated by commas; dialled at once, in do not disturb too",
	},
	{
		Module: "PHONE FEATURE", Section: "Display Input", Key: "Default Language", Default: "en", Check: languageCode, Flags: UserOwned,
		English: "Language", Chinese: "语言",
		Help: "en English; zh (also cn, tc, tw, zh-CN ...) Chinese; others are shown in English",
	},
	{
		Module: "PHONE FEATURE", Section: "Voice Volume", Key: "Handset Vol", Default: "5", Check: number(0, 9), Flags: UserOwned,
		English: "Handset volume", Chinese: "手柄音量",
	},
	{
		Module: "PHONE FEATURE", Section: "Voice Volume", Key: "Handset Mic Vol", Default: "3", Check: number(0, 9),
		English: "Handset microphone volume", Chinese: "手柄麦克风音量",
	},
	{
		Module: "PHONE FEATURE", Section: "Voice Volume", Key: "Headset Vol", Default: "5", Check: number(0, 9), Flags: UserOwned,
		English: "Headset volume", Chinese: "耳机音量",
	},
	{
		Module: "PHONE FEATURE", Section: "Voice Volume", Key: "Headset Mic Vol", Default: "3", Check: number(0, 9),
		English: "Headset microphone volume", Chinese: "耳机麦克风音量",
	},
	{
		Module: "PHONE FEATURE", Section: "Voice Volume", Key: "HandFree Vol", Default: "5", Check: number(0, 9), Flags: UserOwned,
		English: "Speaker volume", Chinese: "免提音量",
	},
	{
		Module: "PHONE FEATURE", Section: "Voice Volume", Key: "HandFree Mic Vol", Default: "3", Check: number(0, 9),
		English: "Hands-free microphone volume", Chinese: "免提麦克风音量",
	},
	{
		Module: "PHONE FEATURE", Section: "Voice Volume", Key: "HandFree Ring Vol", Default: "5", Check: number(0, 9), Flags: UserOwned,
		English: "Ring volume", Chinese: "铃声音量",
	},
	{
		Module: "PHONE FEATURE", Section: "DateTime Config", Key: "SNTP Server", Check: host, Flags: Kept,
		English: "Time server", Chinese: "时间服务器",
	},
	{
		Module: "PHONE FEATURE", Section: "DateTime Config", Key: "Time Zone", Check: text(64), Flags: Kept,
		English: "Time zone", Chinese: "时区",
	},
	{
		Module: "PHONE FEATURE", Section: "Power LED", Key: "Register Failed", Default: "2", Check: number(0, 3), Flags: Kept,
		English: "Lamp without registration", Chinese: "注册失败指示灯",
	},
}
