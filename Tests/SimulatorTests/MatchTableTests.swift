import ArenaBots
import Hyoshi
import Testing

@testable import SimulatorKit

@Suite struct MatchTableTests {
    /// Two matches of two bots, written down.
    private static var report: MatchReport {
        var settings = MatchSettings()
        settings.bots = 2
        settings.ticks = 3_600
        settings.choices = [.policy(ArenaPolicies.ace), .policy(ArenaPolicies.novice)]
        func player(_ name: String, _ policy: String, _ seat: Int, _ score: Int32)
            -> MatchOutcome.Player
        {
            MatchOutcome.Player(name: name, policy: policy, seat: SeatIndex(seat), score: score)
        }
        return MatchReport(
            settings, game: "arena",
            outcomes: [
                MatchOutcome(
                    number: 0, seed: 11, ticks: 3_600,
                    players: [player("Vega", "ace", 0, 40), player("Rigel", "novice", 1, 10)],
                    digest: 1),
                MatchOutcome(
                    number: 1, seed: 12, ticks: 1_800,
                    players: [player("Vega", "novice", 1, 20), player("Rigel", "ace", 0, 20)],
                    digest: 2),
            ])
    }

    @Test func theTableSaysWhoWonHowOften() {
        let expected = """
            2 matches of arena × 2 bots, up to 1:00 each, seed 7, rules only

              policy         played     won     share  (95 %)              points  median  10 to 40
              ace                 2       1    50.0 %  (9.5 to 90.5 %)       30.0      20        █            █
              novice              2       0     0.0 %  (0.0 to 65.8 %)       15.0      10  █     █

              bot            played     won     share  (95 %)              points  median  10 to 40
              Vega                2       1    50.0 %  (9.5 to 90.5 %)       30.0      20        █            █
              Rigel               2       0     0.0 %  (0.0 to 65.8 %)       15.0      10  █     █

              points                mean 23          10 ▕▄     █            ▄▏ 40
              points of the best    mean 30          20 ▕█                  █▏ 40
              length                mean 0:45      0:30 ▕█                  █▏ 1:00
              without a single best 1

              ace against novice: 1 of 1 matches won, 1 even, 100.0 % (95 % confidence: 20.7 to 100.0 %)
              Neither is shown to be the better one by so many matches.

              digest                fe117d90ed42b235
            """
        #expect(MatchTable(Self.report).text == expected)
    }

    @Test(arguments: [80, 99, 100, 120])
    func everyLineFitsTheTerminal(width: Int) {
        let text = MatchTable(Self.report, width: width).text
        for line in text.split(separator: "\n") { #expect(line.count <= min(width, 100)) }
        #expect(text.contains("10 to 40") == (width >= 100))
        #expect(text.contains("(95 % confidence: 20.7 to 100.0 %)"))
    }

    @Test func aGameWithoutPointsHasNone() {
        var outcomes = Self.report.outcomes
        for match in outcomes.indices {
            for bot in outcomes[match].players.indices { outcomes[match].players[bot].score = nil }
        }
        let report = MatchReport(Self.report.settings, game: "tag", outcomes: outcomes)
        let text = MatchTable(report).text
        #expect(text.contains("  ticks                 mean 2,700"))
        #expect(text.contains("  seats taken           mean 2 "))
        #expect(text.contains("  played by             2 × ace, 2 × novice\n"))
        #expect(text.contains("  points                tag keeps none\n"))
        #expect(!text.contains("against"))
        #expect(MatchCSV.text(outcomes).contains("0,11,60.000,0,Vega,ace,0,,,0\n"))
        #expect(MatchTable(MatchReport(MatchSettings(), game: "tag", outcomes: [])).text.count > 20)
    }

    @Test func aSheetHasALineForEachBotOfEachMatch() {
        #expect(
            MatchCSV.text(Self.report.outcomes) == """
                match,seed,seconds,bot,name,policy,seat,points,place,won
                0,11,60.000,0,Vega,ace,0,40,1,1
                0,11,60.000,1,Rigel,novice,1,10,2,0
                1,12,30.000,0,Vega,novice,1,20,1,0
                1,12,30.000,1,Rigel,ace,0,20,1,0

                """)
    }

    @Test func theDocumentIsOneLine() {
        var settings = Self.report.settings
        settings.seed = .max
        let report = MatchReport(settings, game: "arena", outcomes: Self.report.outcomes)
        let text = MatchJSON.text(report, wallSeconds: 0.25)
        #expect(!text.contains("\n"))
        // Not as a number: JavaScript, and who reads like it, would make another seed of it.
        #expect(
            text.hasPrefix(
                "{\"game\":\"arena\",\"matches\":2,\"bots\":2,"
                    + "\"seed\":\"18446744073709551615\","))
        #expect(text.contains("\"wall_seconds\":0.250000,"))
        #expect(text.contains("\"duel\":{\"policy\":\"ace\",\"against\":\"novice\",\"wins\":1,"))
        #expect(
            text.contains("\"losses\":0,\"draws\":1,\"share\":1.000000,\"share_low\":0.206549,"))
        #expect(text.contains("\"length_ticks\":{\"mean\":2700.000000,\"lowest\":1800,"))
    }

    @Test func anyNameIsOneFieldAndOneString() {
        var outcome = Self.report.outcomes[0]
        outcome.players[0].policy = "one, \"two\""
        #expect(
            MatchCSV.text([outcome]).contains(
                "\n0,11,60.000,0,Vega,\"one, \"\"two\"\"\",0,40,1,1\n"))
        let report = MatchReport(Self.report.settings, game: "arena", outcomes: [outcome])
        let text = MatchJSON.text(report, wallSeconds: 1)
        #expect(text.contains(#"{"name":"one, \"two\"","played":1,"#))
    }

    @Test func progressNamesWhatIsLeft() {
        let bar = "[###############···············]"
        #expect(
            MatchProgress.line(done: 500, total: 1_000, seconds: 65)
                == "\(bar) 500 of 1,000 matches   1 min 5 s left")
        #expect(
            MatchProgress.line(done: 0, total: 10, seconds: 0)
                == "[\(String(repeating: "·", count: 30))] 0 of 10 matches")
        #expect(
            MatchProgress.line(done: 10, total: 10, seconds: 3)
                == "[\(String(repeating: "#", count: 30))] 10 of 10 matches")
        #expect(MatchProgress.span(4.24) == "4.2 s")
        #expect(MatchProgress.span(59.4) == "59 s")
        #expect(MatchProgress.span(3_599) == "59 min 59 s")
        #expect(MatchProgress.span(7_500) == "2 h 5 min")
        #expect(
            MatchProgress.speed(3_600, in: 2, cores: 1)
                == "  played                1 h 0 min in 2.0 s on 1 core: 1,800 × real time")
    }

    @Test func timesAreMinutesAndSeconds() {
        #expect(MatchTable.time(ticks: 10_800) == "3:00")
        #expect(MatchTable.time(ticks: 3_899) == "1:05")
        #expect(MatchTable.time(ticks: 150) == "2.5 s")
    }
}
