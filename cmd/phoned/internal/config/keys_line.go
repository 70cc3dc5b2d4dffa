package config

const lineList = "SIP Line List"

var transport = oneOf("0", "1", "3")

// The account of a SIP line and its servers.
var lineRows = []Row{
	{
		Module: "SIP", Section: lineList, Key: "SIPN Phone Number", Check: user,
		English: "Phone number", Chinese: "电话号码",
		Help: "user part of the line's address",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Display Name", Check: text(128),
		English: "Display name", Chinese: "显示名称",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Sip Name", Check: text(128), Flags: Kept,
		English: "SIP name", Chinese: "SIP名称",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Enable Reg", Default: "0", Check: onOff,
		English: "Register", Chinese: "启用注册",
		Help: "0 = the line calls without registering",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Register Addr", Check: host,
		English: "Server address (SIP Server 1)", Chinese: "服务器地址(SIP服务器1)",
		Help: "the primary; empty = the line is not used",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Register Port", Default: "5060", Check: portOrNone,
		English: "Server port (SIP Server 1)", Chinese: "服务器端口(SIP服务器1)",
		Help: "0 = the transport's own, 5060 or 5061",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Register User", Check: user,
		English: "Authentication user", Chinese: "认证用户名",
		Help: "empty = the phone number",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Register Pswd", Check: text(256), Flags: Secret,
		English: "Authentication password", Chinese: "认证密码",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Register TTL", Default: "3600", Check: number(1, 604800), Unit: "s",
		English: "Registration interval (SIP Server 1)", Chinese: "注册间隔(SIP服务器1)",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Transport", Default: "0", Check: transport,
		English: "Transport (SIP Server 1)", Chinese: "传输协议(SIP服务器1)",
		Help: "0 UDP, 1 TCP, 3 TLS",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Backup Addr", Check: host,
		English: "Server address (SIP Server 2)", Chinese: "服务器地址(SIP服务器2)",
		Help: "the backup; empty = none",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Backup Port", Default: "5060", Check: portOrNone,
		English: "Server port (SIP Server 2)", Chinese: "服务器端口(SIP服务器2)",
		Help: "0 = the transport's own, 5060 or 5061",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Backup Transport", Default: "0", Check: transport,
		English: "Transport (SIP Server 2)", Chinese: "传输协议(SIP服务器2)",
		Help: "0 UDP, 1 TCP, 3 TLS",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Backup TTL", Default: "3600", Check: number(1, 604800), Unit: "s",
		English: "Registration interval (SIP Server 2)", Chinese: "注册间隔(SIP服务器2)",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Backup Mode", Default: "0", Check: onOff,
		English: "Backup mode", Chinese: "备用模式",
		Help: "1 = registered at both servers all the time, so that a call moves without a REGISTER; only with smart failover",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Enable Failback", Default: "1", Check: onOff,
		English: "Enable failback", Chinese: "启用注册故障恢复",
		Help: "0 = nothing goes to the primary until something starts a new pass",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Failback Interval", Default: "1800", Check: number(1, 604800), Unit: "s",
		English: "Failback interval", Chinese: "故障恢复间隔",
		Help: "time between probes of the primary while the backup serves",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Signal Failback", Default: "0", Check: onOff, Flags: Kept,
		English: "Signal failback", Chinese: "信令故障恢复",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Signal Retry Counts", Default: "3", Check: number(0, 10),
		English: "Signal retry counts", Chinese: "信令重传次数",
		Help: "retransmissions of a request to every server but the last",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Proxy Addr", Check: host,
		English: "Proxy address", Chinese: "代理服务器地址",
		Help: "what is for SIP Server 1 is sent there; empty = to the server itself",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Proxy Port", Default: "5060", Check: port,
		English: "Proxy port", Chinese: "代理服务器端口",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Proxy User", Check: user, Flags: Kept,
		English: "Proxy user", Chinese: "代理用户名",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Proxy Pswd", Check: text(256), Flags: Secret | Kept,
		English: "Proxy password", Chinese: "代理密码",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Local Domain", Check: host,
		English: "Local domain", Chinese: "本地域名",
		Help: "host part of the line's address; empty = the server's address",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Session Timer T1", Default: "500", Check: number(50, 10000), Unit: "ms",
		English: "Session timer T1", Chinese: "会话定时器T1",
		Help: "RFC 3261 table 4",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Session Timer T2", Default: "4000", Check: number(50, 60000), Unit: "ms",
		English: "Session timer T2", Chinese: "会话定时器T2",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Session Timer T4", Default: "5000", Check: number(50, 60000), Unit: "ms",
		English: "Session timer T4", Chinese: "会话定时器T4",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Enable Rport", Default: "1", Check: onOff,
		English: "Enable rport", Chinese: "启用Rport",
		Help: "RFC 3581",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN NAT UDPUpdate", Default: "2", Check: number(0, 2),
		English: "Keep-alive", Chinese: "保活方式",
		Help: "0 off, 1 CRLF, 2 OPTIONS (over UDP)",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN UDPUpdate TTL", Default: "30", Check: number(1, 3600), Unit: "s",
		English: "Keep-alive interval", Chinese: "保活间隔",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN UDPUpdate Try Times", Default: "3", Check: number(0, 100), Flags: Kept,
		English: "Keep-alive tries", Chinese: "保活尝试次数",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN Unregister On Boot", Default: "0", Check: onOff,
		English: "Unregister at start", Chinese: "启动时注销",
		Help: "1 = our own contact is removed at the primary before the first registration",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN TLS Version", Default: "2", Check: number(0, 9),
		English: "TLS version", Chinese: "TLS版本",
		Help: "the least one for both servers: 2 TLS 1.2, 3 or more TLS 1.3; less counts as 2, older versions are never used",
	},
	{
		Module: "SIP", Section: lineList, Key: "SIPN DNS SRV", Default: "0", Check: number(0, 2),
		English: "DNS SRV", Chinese: "DNS SRV",
		Help: "how a server's name is looked up (RFC 3263): 0 A and AAAA, 1 SRV too, 2 NAPTR, which chooses the transport, then SRV; " +
			"1 and 2 for servers whose port is 0 or the transport's own",
	},
}
