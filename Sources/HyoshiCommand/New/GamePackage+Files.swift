/// The files of a new package.
extension GamePackage {
    /// The name under which rooms ask for the game.
    private var gameName: String { name.lowercased() }

    /// The package's manifest.
    var manifest: String {
        let dependency =
            switch source {
            case .clone(let path): ".package(name: \"hyoshi\", path: \(quoted(path)))"
            case .address(let address, let branch):
                ".package(url: \(quoted(address)), branch: \(quoted(branch)))"
            }
        let identity =
            switch source {
            case .clone: "hyoshi"
            case .address(let address, _): GamePackage.identity(ofAddress: address)
            }
        return """
            // swift-tools-version: 6.2
            import PackageDescription

            let package = Package(
                name: "\(name)",
                platforms: [.macOS(.v26)],
                products: [
                    .executable(name: "\(name)", targets: ["Server"])
                ],
                dependencies: [
                    \(dependency)
                ],
                targets: [
                    .target(
                        name: "\(name)",
                        dependencies: [.product(name: "Hyoshi", package: "\(identity)")]),
                    .executableTarget(
                        name: "Server",
                        dependencies: [
                            "\(name)",
                            .product(name: "HyoshiProgram", package: "\(identity)"),
                        ]),
                    .testTarget(
                        name: "\(name)Tests",
                        dependencies: [
                            "\(name)",
                            .product(name: "Hyoshi", package: "\(identity)"),
                            .product(name: "HyoshiReplay", package: "\(identity)"),
                        ]),
                ]
            )

            """
    }

    /// The rules of the game.
    var rules: String {
        """
        public import Hyoshi

        /// The game as servers and clients see it.
        public let game = Game(\(name).self)

        /// King of the hill: whoever is near the middle scores, a point a second.
        struct \(name): Simulation {
            struct Input: Fields {
                var keys: Int32 = 0
                mutating func fields(_ visitor: inout some FieldVisitor) {
                    visitor.field("keys", &keys, .flags("left right up down", count: 4))
                }
            }

            struct Player: Entity {
                static let kindName: StaticString = "player"
                var (x, y, score, seat) = (Int32(0), Int32(0), Int32(0), SeatIndex.first)
                mutating func fields(_ visitor: inout some FieldVisitor) {
                    visitor.field("x", &x, .coordinate(0...1023, wraps: true))
                    visitor.field("y", &y, .coordinate(0...1023, wraps: true))
                    visitor.field("score", &score, .number(0...9999))
                    visitor.field("seat", &seat)
                }
            }

            static let name: StaticString = "\(gameName)"
            static let seatsMax = 16
            var players = Entities<Player>(capacity: 16)

            init(random: inout DeterministicRandom) {}

            mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, \
        random: inout DeterministicRandom) {
                players.insert(Player(x: random.number(in: 0...1023), y: 900, score: 0, seat: seat))
            }

            mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, \
        random: inout DeterministicRandom) {
                players.removeAll { $0.seat == seat }
            }

            mutating func step(_ context: inout StepContext<Input>) {
                for each in players.indices {
                    let keys = context.input(of: players[each].seat).keys
                    players[each].x = (players[each].x + 5 * ((keys >> 1 & 1) - (keys & 1))) & 1023
                    players[each].y = \
        (players[each].y + 5 * ((keys >> 3 & 1) - (keys >> 2 & 1))) & 1023
                    let isOnHill = FixedPoint.length(players[each].x - 512, players[each].y - 512) < 80
                    if isOnHill, context.tick.rawValue % 60 == 0 { players[each].score += 1 }
                }
            }

            mutating func entities(_ visitor: inout some EntityVisitor) { visitor.visit(&players) }
        }

        """
    }

    /// The program's main file.
    var program: String {
        """
        import HyoshiProgram
        import \(name)

        /// Serves the game, and looks into its recordings; `swift run \(name) --help` says how.
        @main struct Program: GameProgram {
            static let games = [game]
            static let policies = [climber]
        }

        """
    }

    /// A bot.
    var bot: String {
        """
        public import Hyoshi

        /// A bot, for `swift run \(name) bots --virtual --policy climber`.
        public let climber = BotPolicy("climber") { Climber() }

        /// Walks to the middle, where the points are.
        struct Climber: Bot {
            func decide(_ view: BotView<\(name)>, random: inout DeterministicRandom) -> \(name).Input {
                var input = \(name).Input()
                guard let own = view.own(\(name).Player.self)?.value else { return input }
                if own.x < 500 { input.keys |= 2 } else if own.x > 524 { input.keys |= 1 }
                if own.y < 500 { input.keys |= 8 } else if own.y > 524 { input.keys |= 4 }
                return input
            }
        }

        """
    }

    /// The tests of the rules.
    var tests: String {
        """
        import Foundation
        import Hyoshi
        import HyoshiReplay
        import \(name)
        import Testing

        /// The rules without a network: seats, inputs, ticks.
        @Suite struct \(name)Tests {
            /// Seat 0 holds `keys` for some ticks; gives its x, y and score.
            private func play(keys: Int32, ticks: UInt32, seed: UInt64 = 1) -> [Int32] {
                let world = game.makeInstance(seed)
                world.seatJoined(.first, at: Tick(1))
                let inputs = [keys] + [Int32](repeating: 0, count: game.seatsMax - 1)
                for number in 1...ticks {
                    world.step(tick: Tick(number), seats: SeatSet(bits: 1), inputs: inputs)
                }
                var table = EntityTable(kinds: game.kinds)
                world.extract(into: &table)
                return Array(table.kinds[0].values[0..<3])
            }

            @Test func keysMoveThePlayerAroundTheWorld() {
                let before = play(keys: 0, ticks: 1)
                let right = 2 as Int32
                #expect(play(keys: right, ticks: 1)[0] == (before[0] + 5) % 1024)
                #expect(play(keys: right, ticks: 1024)[0] == before[0])
            }

            @Test func theSameSeedAndInputsGiveTheSameWorld() {
                #expect(play(keys: 5, ticks: 300) == play(keys: 5, ticks: 300))
                #expect(play(keys: 0, ticks: 1, seed: 1) != play(keys: 0, ticks: 1, seed: 2))
            }

            /// Today's rules make the same of every recording in the folder Recordings, if there is one.
            @Test func recordingsAreMadeAgain() throws {
                let root = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
                    url.deletingLastPathComponent()
                }
                let folder = root.appendingPathComponent("Recordings").path
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                for name in names where name.hasSuffix(".hyoshi") {
                    let verdict = try Replay(contentsOf: folder + "/" + name).verify(game)
                    #expect(verdict.isSame, "\\(name): \\(verdict)")
                }
            }
        }

        """
    }

    /// What to do with it.
    var readme: String {
        """
        # \(name)

        A multiplayer game on Hyoshi: rooms that tick 60 times a second.

            swift run      # serves it; open http://127.0.0.1:8080/ in several windows
            swift test     # plays it without a network
            ./web.sh       # compiles the rules to WebAssembly, so that browsers predict with them

            swift run -c release \(name) bots --virtual --policy climber --against presser
                           # a hundred matches between bots, and who is the better one
            swift run \(name) --record matches                   # serves it and records every room
            swift run \(name) replay matches/FILE.hyoshi         # what a recording is
            swift run \(name) replay matches/FILE.hyoshi --verify   # do today's rules make the same?
            swift run \(name) replay matches/FILE.hyoshi --serve 8080   # played in a browser

        On Debian or Ubuntu a build needs `libmsgpack-dev`, `zlib1g-dev` and `pkg-config`.

        - `Sources/\(name)/\(name).swift` holds the rules: what a player sends (`Input`), what there is
          (`Player`), and what happens in a tick (`step`). Everything else follows from the declared
          fields: what goes over the network, the debug page, the state hash.
        - `Sources/\(name)/Climber.swift` is a bot: it sees what a player is shown and says what it wants.
          It plays without a server (`bots --virtual`) and in the rooms of one (`bots --url
          ws://127.0.0.1:8080 --room lobby`): docs/bots.md of Hyoshi, `swift run \(name) bots --help`.
        - `Sources/Server/Program.swift` is the program. Its settings are options, `--port 9000`, or
          variables, `HYOSHI_PORT=9000`: `swift run \(name) --help` lists them, and docs/deploy.md of Hyoshi
          explains them. Build it with `-c release` before you measure anything.
        - A recording is a bug report and a regression test: `swift test` makes every file in `Recordings/`
          again and says whether the rules still are what they were. `Replay` of the library `HyoshiReplay`
          does that, and its `play` goes through a recording tick by tick with the game's own types.
        - The page draws any game from its field table: entities with two coordinates as dots in the
          colour of their `seat`, the rest as a table; keys press the flags of `Input` by their names
          (`left right up down` are the arrows). *Predict* runs the rules in the page: it wants the
          module of `./web.sh`, and a server that was started after it.

        Rules are deterministic: integers and `FixedPoint`, random numbers only from the generator that
        they are handed, no clock. Then the same seed and inputs give the same world everywhere: on the
        server, in a test, and in a browser that runs ahead of the server.

        """
    }

    /// The command that makes the web module.
    var webScript: String {
        let clone =
            switch source {
            case .clone(let path): "hyoshi=\(shellQuoted(path))"
            case .address(let address, _):
                """
                hyoshi=.build/checkouts/\(GamePackage.identity(ofAddress: address))
                [ -d "$hyoshi" ] || swift package resolve
                """
            }
        return """
            #!/usr/bin/env bash
            # Compiles the rules to WebAssembly (.build/web/\(gameName).wasm), which the server hands to browsers.
            set -euo pipefail
            cd "$(dirname "$0")"
            \(clone)
            export HYOSHI_WEB_CACHE=${HYOSHI_WEB_CACHE:-$PWD/.build/web-modules}
            exec "$hyoshi/scripts/web.sh" --module \(name) --sources Sources/\(name) --game game \\
                --output .build/web

            """
    }

    /// A string as Swift source.
    private func quoted(_ text: String) -> String {
        var quoted = ""
        for character in text {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return "\"" + quoted + "\""
    }

    /// A string as one word of a shell.
    private func shellQuoted(_ text: String) -> String {
        "'"
            + text.split(separator: "'", omittingEmptySubsequences: false).joined(
                separator: "'\\''")
            + "'"
    }

    /// The name by which the package manager knows a repository: the last part of its address.
    static func identity(ofAddress address: String) -> String {
        let last = address.split(separator: "/").last.map(String.init) ?? address
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }
}
