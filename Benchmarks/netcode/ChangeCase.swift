import ClientCore
import NetworkModel
import RoomCore
import ServerCore
import SimulatorKit
import TransportInterface

/// What becomes of commands where the way grows longer all at once, and later shorter again: another
/// route, another mast.
struct ChangeCase {
    var profile = NetworkProfile.clean
    /// What the way there and back is longer by.
    var growthNanoseconds: UInt64 = 300_000_000
    var bots = 7
    var seed: UInt64 = 31

    /// What has been found.
    struct Result {
        /// Commands of each player that came too late, after the way had grown.
        var late = 0.0
        /// Of those, the ones that came more than a second after.
        var lateAfterASecond = 0.0
        /// The same, after the way was as before again.
        var lateAfterReturn = 0.0
        /// The greatest lead beyond what the longer way needs, in ticks.
        var overshootTicks = 0.0
        /// The mean margin of the commands in the tenth second after the return, in ticks.
        var marginAfterReturn = 0.0
        /// From the growth until the round trip that is told has grown by half of it, in ms.
        var noticedMilliseconds = 0.0
    }

    /// Runs matches of successive seeds; gives the means.
    func run(seeds count: Int) throws -> Result {
        var sum = Result()
        for number in 0..<UInt64(count) {
            var test = self
            test.seed = seed &+ 100 &* number
            let result = try test.run()
            let share = 1 / Double(count)
            sum.late += result.late * share
            sum.lateAfterASecond += result.lateAfterASecond * share
            sum.lateAfterReturn += result.lateAfterReturn * share
            sum.overshootTicks += result.overshootTicks * share
            sum.marginAfterReturn += result.marginAfterReturn * share
            sum.noticedMilliseconds += result.noticedMilliseconds * share
        }
        return sum
    }

    func run() throws -> Result {
        let played = try DisplayMatch(bots: bots, profile: profile, seed: seed)
        let (match, display) = (played.match, played.display)
        match.run(seconds: 20)
        var result = Result()
        let players = Double(bots + 1)
        func late() -> Double { Double(match.room?.inputCounters.late ?? 0) / players }
        func lead() -> Double { display.statistics(at: match.now).leadTicks }
        let before = lead()
        var grown = profile
        grown.latencyNanoseconds += growthNanoseconds
        for link in 0...bots { match.network.setProfile(grown, link: link) }
        let start = late()
        var greatest = before
        var notices = false
        for step in 1...300 {
            match.run(seconds: 0.05)
            let statistics = display.statistics(at: match.now)
            greatest = max(greatest, statistics.leadTicks)
            if step == 20 { result.lateAfterASecond = late() }
            let trip = statistics.roundTripNanoseconds ?? 0
            if !notices, trip > profile.latencyNanoseconds + growthNanoseconds / 2 {
                notices = true
                result.noticedMilliseconds = Double(step) * 50
            }
        }
        result.late = late() - start
        result.lateAfterASecond = late() - result.lateAfterASecond
        let growthTicks = Double(growthNanoseconds) / 1e9 * 60
        result.overshootTicks = max(greatest - before - growthTicks, 0)
        for link in 0...bots { match.network.setProfile(profile, link: link) }
        let returned = late()
        match.run(seconds: 9)
        var margins = 0.0
        for _ in 0..<20 {
            match.run(seconds: 0.05)
            margins += Double(display.statistics(at: match.now).margin ?? 0) / 20
        }
        result.lateAfterReturn = late() - returned
        result.marginAfterReturn = margins
        return result
    }
}
