import Arena
import ArenaBots
import ArgumentParser
import Hyoshi
import SimulatorKit
import Tag
import Testing

@testable import HyoshiBots

@Suite struct VirtualOptionsTests {
    static let catalog = BotCatalog(
        commandName: "Simulator", games: [arena, arenaLarge, tag], policies: ArenaPolicies.all)

    /// A command line, and what must stand in the complaint.
    static let refused: [(String, String)] = [
        ("--matches 3", "--matches is for matches without sockets"),
        ("--against ace", "add --virtual"),
        ("--full", "--full is for"),
        ("--virtual --matches 0", "--matches must be 1 to 1000000"),
        ("--virtual --matches -1", "--matches"),
        ("--virtual --minutes 0", "--minutes must be"),
        ("--virtual --minutes nan", "--minutes must be"),
        ("--virtual --minutes 1441", "--minutes must be"),
        ("--virtual --points 0", "--points must be"),
        ("--virtual --net wifi", "--net needs --full"),
        ("--virtual --full --net lan", "--net: 'lan' is neither a setting"),
        ("--virtual --full --net latency=fast", "--net: 'fast' is no value of latency"),
        ("--virtual --cores 0", "--cores must be"),
        ("--virtual --bots 0", "--bots must be"),
        ("--virtual --bots 65", "--bots must be"),
        ("--virtual --input-rate 0", "--input-rate must be 1 to 60"),
        ("--virtual --input-rate 61", "--input-rate must be 1 to 60"),
        ("--virtual --policy king", "--policy: 'king' is none of mixed, novice, regular, ace"),
        ("--virtual --against king", "--against: 'king' is none of"),
        ("--virtual --bots 1 --against ace", "--against needs two bots"),
        ("--virtual --rooms 2", "--rooms needs a server"),
        ("--virtual --latency 80ms", "--latency needs a server"),
        ("--virtual --require delivered>0.9", "--require needs a server"),
        ("--virtual --game chess", "--game: 'chess' is none of arena, arena-large, tag"),
        ("--virtual --game tag --policy ace", "the policy 'ace' does not know the game 'tag'"),
        ("--virtual --game arena-large", "add --full"),
        ("--virtual --game tag --bots 17", "a room of 'tag' has 16 seats"),
        ("--policy king", "--policy: 'king' is none of"),
    ]

    private func parse(_ line: String) throws -> BotOptions {
        try BotCatalog.$current.withValue(Self.catalog) {
            try BotOptions.parse(line.split(separator: " ").map(String.init))
        }
    }

    @Test(arguments: refused)
    func whatMakesNoSenseIsRefused(_ line: String, _ complaint: String) {
        do {
            _ = try parse(line)
            Issue.record("accepted: \(line)")
        } catch {
            let message = BotOptions.message(for: error)
            #expect(message.contains(complaint), "\(line): \(message)")
            #expect(BotOptions.exitCode(for: error).rawValue == 64)
        }
    }

    @Test func theExampleOfTheHelpIsRead() throws {
        let line =
            "--virtual --matches 1000 --bots 16 --minutes 3 --seed 9 --full --net 4g --cores 2"
        let command = try parse(line)
        #expect(command.matches.virtual && command.matches.matchCount == 1_000)
        #expect(command.matches.coreCount == 2)
        let settings = try BotCatalog.$current.withValue(Self.catalog) {
            try command.matches.settings(bots: 16, decisionsPerSecond: 30, seed: 9)
        }
        #expect(settings.ticks == 10_800 && settings.bots == 16 && settings.seed == 9)
        #expect(settings.form != .rulesOnly)
    }
}
