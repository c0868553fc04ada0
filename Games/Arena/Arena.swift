// The arena game.
