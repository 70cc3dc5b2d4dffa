package config

// Settings that only this phone has: module PHONED, and beside the SIPN keys.
var ownRows = []Row{
	{
		Module: "SIP", Section: lineList, Key: "SIPN Signal Retry Time", Default: "0", Check: number(0, 120), Unit: "s",
		English: "Signal retry time", Chinese: "信令重传时间",
		Help: "time for a request to every server but the last, in place of the counts; 0 = by the counts",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Smart Failover", Default: "0", Check: onOff,
		English: "Smart failover", Chinese: "智能故障转移",
		Help: "1 = a silent server is suspected at once and the backup kept ready: less delay, and OPTIONS and REGISTER where plain failover sends none; " +
			"0 = exactly the plain rules",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN TLS CA File", Check: text(255),
		English: "CA file (SIP Server 1)", Chinese: "CA证书文件(SIP服务器1)",
		Help: "PEM file with the authorities that may sign the server's certificate; empty = the system's",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN TLS Name", Check: host,
		English: "Name in the certificate (SIP Server 1)", Chinese: "证书名称(SIP服务器1)",
		Help: "the certificate must be valid for it, and it is asked for (SNI); empty = the server's address",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN TLS Cert File", Check: text(255),
		English: "Own certificate (SIP Server 1)", Chinese: "客户端证书文件(SIP服务器1)",
		Help: "PEM file with the phone's certificate and its chain, for a server that wants one (mutual TLS); empty = none",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN TLS Key File", Check: text(255),
		English: "Key of the own certificate (SIP Server 1)", Chinese: "客户端私钥文件(SIP服务器1)",
		Help: "PEM file, without a passphrase; empty = in the certificate's file",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Backup TLS CA File", Check: text(255),
		English: "CA file (SIP Server 2)", Chinese: "CA证书文件(SIP服务器2)",
		Help: "empty = the one of Server 1",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Backup TLS Name", Check: host,
		English: "Name in the certificate (SIP Server 2)", Chinese: "证书名称(SIP服务器2)",
		Help: "empty = the one of Server 1; where that is empty too, the server's address",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Backup TLS Cert File", Check: text(255),
		English: "Own certificate (SIP Server 2)", Chinese: "客户端证书文件(SIP服务器2)",
		Help: "empty = the one of Server 1, with its key",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Backup TLS Key File", Check: text(255),
		English: "Key of the own certificate (SIP Server 2)", Chinese: "客户端私钥文件(SIP服务器2)",
		Help: "empty = in the file of the certificate of Server 2, if it has its own",
	},
	{
		Module: "PHONED", Key: "Trusted Peers Only", Default: "1", Check: onOff, Flags: Kept,
		English: "Only from the lines' servers", Chinese: "仅接受服务器来电",
		Help: "strangers get no answer",
	},
	{
		Module: "PHONED", Key: "Allow IP Call", Default: "0", Check: onOff, Flags: Kept,
		English: "Direct IP calls", Chinese: "允许IP直拨",
	},
	{
		Module: "PHONED", Key: "Prov Random Delay", Default: "40", Check: number(0, 3600), Unit: "s", Flags: Kept,
		English: "Random delay of provisioning", Chinese: "自动部署随机延迟",
	},
	{
		Module: "PHONED", Key: "Prov Retry", Default: "300+60,900+120,3600+600", Check: text(128), Flags: Kept,
		English: "Retry steps of provisioning", Chinese: "自动部署重试",
	},
	{
		Module: "PHONED", Key: "Config Confirm Minutes", Default: "10", Check: number(0, 1440), Unit: "min", Flags: Kept,
		English: "Time to confirm new settings", Chinese: "新配置确认时间",
	},
	{
		Module: "PHONED", Key: "Check Sync Auth", Default: "1", Check: onOff, Flags: Kept,
		English: "Challenge check-sync", Chinese: "check-sync认证",
	},
	{
		Module: "PHONED", Key: "Allow Insecure Prov", Default: "0", Check: onOff, Flags: Kept,
		English: "Provisioning without TLS", Chinese: "允许不加密部署",
	},
}
