// Sipgolist is the plain program that `make bench-peers` holds beside the
// phone: a SIP client on the sipgo library as one would write it in an
// afternoon, with a list of servers that are tried in order. Every request goes
// through sipgo's own client transactions with their default timers; a server
// that gives no answer or a 5xx is followed by the next one.
//
// It is told what to do on standard input: "register", "dial 200", "hangup". It
// has no sound, and what it writes is for whoever looks for a mistake.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/emiago/sipgo"
	gosip "github.com/emiago/sipgo/sip"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sipgolist:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	c := client{now: make(chan struct{}, 1)}
	servers := flag.String("servers", "", "addresses in the order in which they are tried, with commas between")
	flag.StringVar(&c.local, "local", "", "own IP address")
	flag.StringVar(&c.transport, "transport", "UDP", "UDP or TCP")
	flag.StringVar(&c.domain, "domain", "", "domain of the account")
	flag.StringVar(&c.user, "user", "100", "user of the account")
	flag.StringVar(&c.password, "password", "secret", "password of the account")
	flag.DurationVar(&c.expires, "expires", time.Hour, "lifetime of the registration that is asked for")
	flag.Parse()
	c.servers = strings.Split(*servers, ",")

	agent, err := sipgo.NewUA(sipgo.WithUserAgent(c.user), sipgo.WithUserAgentHostname(c.domain))
	if err != nil {
		return fmt.Errorf("make the user agent: %w", err)
	}
	defer func() { _ = agent.Close() }()
	if c.sip, err = sipgo.NewClient(agent, sipgo.WithClientHostname(c.local), sipgo.WithClientNAT()); err != nil {
		return fmt.Errorf("make the client: %w", err)
	}
	if err := c.listen(ctx, agent); err != nil {
		return err
	}
	go c.stayRegistered(ctx)

	go c.listenTo(ctx, os.Stdin)
	<-ctx.Done()
	return nil
}

// listenTo does what it is told, line by line.
func (c *client) listenTo(ctx context.Context, commands io.Reader) {
	for lines := bufio.NewScanner(commands); lines.Scan(); {
		switch command, number, _ := strings.Cut(lines.Text(), " "); command {
		case "register":
			c.again()
		case "dial":
			go c.dial(ctx, number)
		case "hangup":
			go c.hangUp(ctx)
		default:
			c.tell("no command: %q", command)
		}
	}
}

// listen takes what is sent to the Contact: the far party's BYE, OPTIONS.
func (c *client) listen(ctx context.Context, agent *sipgo.UserAgent) error {
	server, err := sipgo.NewServer(agent)
	if err != nil {
		return fmt.Errorf("make the server: %w", err)
	}
	respond := func(req *gosip.Request, tx gosip.ServerTransaction) {
		_ = tx.Respond(gosip.NewResponseFromRequest(req, 200, "OK", nil))
	}
	server.OnBye(respond)
	server.OnOptions(respond)
	failed := make(chan error, 1)
	go func() {
		failed <- server.ListenAndServe(ctx, strings.ToLower(c.transport), c.local+":5060")
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("listen on %s: %w", c.local, err)
	case <-time.After(100 * time.Millisecond):
		return nil
	}
}
