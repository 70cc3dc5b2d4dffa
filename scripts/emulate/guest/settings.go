package guest

// Settings are those of a phone whose SIP servers and far party are in the guest
// itself, at 10.78.0.1, .2 and .3: so it needs neither a network nor root. The
// phone has another port than the servers, which listen on all addresses' 5060.
// More are settings of the line, "Failback Interval:60".
func Settings(more ...string) string {
	text := `<<VOIP CONFIG FILE>>Version:2.0000000000

<SIP CONFIG MODULE>
SIP  Port          :5070
--SIP Line List--  :
SIP1 Phone Number:100
SIP1 Enable Reg:1
SIP1 Register Addr:10.78.0.1
SIP1 Register Port:5060
SIP1 Register User:100
SIP1 Register Pswd:secret
SIP1 Transport:0
SIP1 Backup Addr:10.78.0.2
SIP1 Backup Port:5060
SIP1 Backup Transport:0
SIP1 Local Domain:lab.test
SIP1 Signal Retry Counts:3
SIP1 NAT UDPUpdate:0
`
	for _, m := range more {
		text += "SIP1 " + m + "\n"
	}
	return text + "<<END OF FILE>>\n"
}
