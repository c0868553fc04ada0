import Arena
import Hyoshi
import Testing

@Suite struct ArenaDeterminismTests {
    /// Hashes of all states up to each 1,000 of 10,000 ticks.
    ///
    /// Debug and release builds, and every machine, must agree on them. A change of the rules or
    /// fields changes them; then they are to be replaced, knowingly.
    static let golden: [UInt64] = [
        15_342_706_240_259_549_965, 11_313_796_054_493_207_026, 15_904_003_036_800_026_463,
        1_123_491_634_928_965_697, 11_390_495_084_932_809_223, 6_668_396_276_033_708_828,
        8_228_007_841_564_951_250, 10_142_624_536_621_435_737, 6_355_208_240_182_341_833,
        12_947_753_591_700_919_135,
    ]

    @Test func tenThousandTicksOfAFullRoomGiveTheGoldenHashes() {
        var crowd = ArenaCrowd(seed: 2026)
        var chain = StateHash()
        var hashes: [UInt64] = []
        for number in 1...10_000 {
            crowd.step()
            chain.combine(crowd.room.instance.stateHash)
            if number % 1000 == 0 { hashes.append(chain.value) }
        }
        #expect(hashes == Self.golden)
    }

    @Test func anotherSeedGivesAnotherWorld() {
        var first = ArenaCrowd(seed: 1, seats: 8)
        var again = ArenaCrowd(seed: 1, seats: 8)
        var other = ArenaCrowd(seed: 2, seats: 8)
        for _ in 0..<200 {
            first.step()
            again.step()
            other.step()
            #expect(first.room.instance.stateHash == again.room.instance.stateHash)
            #expect(first.room.instance.stateHash != other.room.instance.stateHash)
        }
    }

    /// What client-side prediction stands on: rules depend on nothing but entities and generator.
    @Test(arguments: [3, 4, 5] as [UInt64])
    func aRestoredWorldGoesOnAlike(seed: UInt64) {
        var crowd = ArenaCrowd(seed: seed)
        var table = EntityTable(kinds: arena.kinds)
        for _ in 0..<20 {
            for _ in 0..<30 { crowd.step() }
            crowd.room.instance.extract(into: &table)
            let restored = SimulationInstance<Arena>(seed: 0)
            restored.restore(from: table)
            restored.random = crowd.room.instance.random
            #expect(contentHash(restored) == contentHash(crowd.room.instance))
            var other = crowd.room
            for _ in 0..<20 {
                other.step()
                restored.step(tick: Tick(other.tick), seats: other.seats, inputs: other.inputs)
                #expect(contentHash(restored) == contentHash(other.instance))
            }
            crowd.room = other
        }
    }
}
