import Arena
import Hyoshi
import Testing

@Suite struct ArenaDeclarationTests {
    @Test func theGameIsDeclared() {
        #expect(arena.name == "arena")
        #expect(arena.seatsMax == 64)
        #expect(arena.inputFields.map { "\($0.name)" } == ["steer", "fire"])
        #expect(arena.kinds.map { "\($0.name)" } == ["ship", "shot", "rock"])
        #expect(arena.kinds.map(\.capacity) == [64, 256, 48])
        for kind in arena.kinds {
            for axis in ["x", "y"] {
                let field = kind.fields.first { "\($0.name)" == axis }
                let change = field?.changeFieldPosition
                #expect(change != nil, "\(kind.name).\(axis)")
                if let field, let change {
                    #expect("\(kind.fields[change].name)" == "velocity\(axis.uppercased())")
                    #expect(kind.fields[change].specification.step == field.specification.step)
                    #expect(change < (kind.fields.firstIndex { "\($0.name)" == axis } ?? 0))
                }
            }
        }
    }

    @Test func theLargeArenaShowsWhatAPageShows() {
        #expect(arenaLarge.name == "arena-large")
        #expect(arena.interest == .everything)
        guard case .grid(let grid) = arenaLarge.interest else {
            Issue.record("no grid")
            return
        }
        // 900 units to each side of a page, and 20 ticks of prediction.
        let page = 900 * Arena.unit + 20 * Ship.speedMax
        #expect(grid.cellSize * grid.reachCells >= page)
        #expect(Arena.worldSize % grid.cellSize == 0)
    }
}
