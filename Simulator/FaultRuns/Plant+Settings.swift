import Arena
import Hyoshi
import ServerCore

extension Plant {
    /// Makes a server's settings those of a server with the bug; who checks has the true ones.
    func change(_ settings: inout ServerSettings) {
        switch self {
        case .wideInterest:
            let grid = InterestGrid(
                cellSize: 128 * Arena.unit, reachCells: 12, hysteresisCells: 1)
            settings.games = [
                Game(Arena.self, name: "arena-large", interest: .grid(grid))
            ]
        case .longQueue:
            settings.limits.waitingEventsMax *= 4
            settings.limits.waitingEventBytesMax *= 4
        default:
            break
        }
    }
}
