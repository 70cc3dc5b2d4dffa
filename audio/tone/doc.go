// Package tone reads the tones of a telephone exchange in the form of the
// settings (`350+440/0`, `425/200,0/300`) and makes their samples. It is pure
// and allocates nothing per period.
package tone
