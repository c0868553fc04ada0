import ArenaBots
import Hyoshi
import Testing

@Suite struct PlaneTests {
    @Test(arguments: [
        (1, 0, 0), (1, 1, 8_192), (0, 1, 16_384), (-1, 1, 24_576), (-1, 0, 32_768),
        (-1, -1, 40_960), (0, -1, 49_152), (1, -1, 57_344), (0, 0, 0),
    ])
    func bearingsGrowClockwiseFromTheRight(x: Int64, y: Int64, steps: Int) {
        for scale: Int64 in [1, 1_000, 1 << 40] {
            let bearing = Bearing(of: Vector(x: x * scale, y: y * scale))
            #expect(abs(bearing.turn(from: Bearing(steps))) <= 8)
        }
    }

    @Test func bearingsAgreeWithTheirVectors() {
        var random = DeterministicRandom(seed: 5)
        for _ in 0..<2_000 {
            let vector = Vector(
                x: Int64(random.number(in: -600_000...600_000)),
                y: Int64(random.number(in: -600_000...600_000)))
            guard vector.length > 1_000 else { continue }
            let bearing = Bearing(of: vector)
            // A vector turned by a quarter bears a quarter more.
            let turned = Bearing(of: Vector(x: -vector.y, y: vector.x))
            #expect(abs(turned.turn(from: bearing) - 16_384) <= 16)
            let opposite = Bearing(of: Vector.zero - vector)
            #expect(abs(abs(opposite.turn(from: bearing)) - 32_768) <= 16)
        }
    }

    @Test func turnsAreTheShortestOnes() {
        #expect(Bearing(100).turn(from: Bearing(65_500)) == 136)
        #expect(Bearing(65_500).turn(from: Bearing(100)) == -136)
        #expect(Bearing(-1) == Bearing(65_535))
    }

    @Test func waysOnTheTorusAreTheShortestOnes() {
        let side = ArenaScene.side
        let way = ArenaScene.way(
            from: Vector(x: side - 10, y: 5), to: Vector(x: 10, y: side - 5))
        #expect(way == Vector(x: 20, y: -10))
    }

    @Test func lengthsAndScaling() {
        #expect(Vector(x: 3, y: -4).length == 5)
        #expect(Vector(x: 30, y: 40).scaled(toLength: 100) == Vector(x: 60, y: 80))
        #expect(Vector.zero.scaled(toLength: 100) == .zero)
    }
}
