// Package hwtest is the test that every hw.Board passes, real or simulated. It
// is for tests only.
package hwtest
