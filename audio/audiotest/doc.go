// Package audiotest is the media process's stand-in for tests of the layers
// above: it has the methods of remote.Remote, keeps what it was told, and
// tells what a test wants. It opens no socket and starts no process.
package audiotest
