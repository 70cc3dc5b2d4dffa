package hwtest

// Copper is a key matrix of up to 16 rows and 16 columns as electricity sees
// it: a closed contact joins its row and its column, and current flows either
// way, so that three keys on the corners of a rectangle close the fourth.
type Copper struct {
	Closed [16]uint16 // by row: the columns whose contact is closed
	Diodes bool       // every contact has one: current flows from column to row only
}

// Set closes or opens a contact.
func (w *Copper) Set(row, column int, closed bool) {
	if closed {
		w.Closed[row] |= 1 << column
	} else {
		w.Closed[row] &^= 1 << column
	}
}

// Columns are those that are low while rows are driven low and the others
// float.
func (w *Copper) Columns(rows uint16) (low uint16) {
	for {
		before := rows
		for r, closed := range w.Closed {
			if rows>>r&1 != 0 {
				low |= closed
			}
		}
		for r, closed := range w.Closed {
			if !w.Diodes && closed&low != 0 {
				rows |= 1 << r
			}
		}
		if rows == before {
			return low
		}
	}
}
