// Package lcdtest is for tests of what displays show: pictures that were looked
// at and are kept, and pictures that are the same.
package lcdtest
