// Package report says what the comparison with other user agents measures and
// shows what it measured: a table in Markdown, a bar chart as SVG, the raw
// results as JSON. It is pure: it measures nothing and touches no file.
package report
