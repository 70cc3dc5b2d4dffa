package engine

// Main runs the media process with the flags that package remote gives it and
// returns the exit status. The program calls it before anything else when its
// first argument is -media:
//
//	if len(os.Args) > 1 && os.Args[1] == "-media" {
//		os.Exit(engine.Main(os.Args[2:]))
//	}
func Main(args []string) int { return 2 }
