import Arena
import ArenaBots
import Hyoshi
import HyoshiBots
import Tag

// The bots of this repository's own games.
BotCommand.main(
    games: [arena, arenaLarge, tag], policies: ArenaPolicies.all, name: "Simulator")
