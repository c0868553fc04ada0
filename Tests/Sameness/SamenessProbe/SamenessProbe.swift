import Arena
import Foundation
import Hyoshi
import Torture

/// Draws input logs, plays them, and compares what others have played.
///
///     SamenessProbe log GAME SEED TICKS LOG            draws a log and writes it
///     SamenessProbe play GAME LOG HASHES [PLANTED]     writes the state hash of every tick
///     SamenessProbe compare HASHES HASHES...           names the first tick that differs
@main
enum SamenessProbe {
    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            print("error: \(error)")
            exit(error is Difference ? 1 : 64)
        }
    }

    static func run(_ arguments: [String]) throws {
        switch (arguments.first, arguments.count) {
        case ("log", 5):
            guard let seed = UInt64(arguments[2]), let ticks = Int32(arguments[3]), ticks > 0 else {
                throw Usage()
            }
            let log = InputLog(game: try game(arguments[1]), seed: seed, ticks: ticks)
            try write(log.words, to: arguments[4])
        case ("play", 4), ("play", 5):
            let words: [Int32] = try read(arguments[2])
            guard let log = InputLog(words: words) else { throw Usage() }
            let planted = arguments.count == 5 ? Int32(arguments[4]) : nil
            let clock = ContinuousClock()
            let start = clock.now
            let hashes = log.hashes(game: try game(arguments[1]), planted: planted)
            let seconds = (clock.now - start) / .seconds(1)
            try write(hashes, to: arguments[3])
            print(
                "\(hashes.count) ticks in \(Int(seconds * 1_000)) ms,",
                "\(Int(seconds * 1e9) / max(hashes.count, 1)) ns each")
        case ("compare", 3...):
            try compare(Array(arguments.dropFirst()))
        default:
            throw Usage()
        }
    }

    static func game(_ name: String) throws -> Game {
        guard let game = [arena, torture].first(where: { $0.name == name }) else { throw Usage() }
        return game
    }

    /// Compares every file with the first one, tick by tick.
    static func compare(_ paths: [String]) throws {
        let first: [UInt64] = try read(paths[0])
        var differences: [String] = []
        for path in paths.dropFirst() {
            let other: [UInt64] = try read(path)
            if let tick = zip(first, other).enumerated().first(where: { $1.0 != $1.1 })?.offset {
                differences.append(
                    "tick \(tick + 1): \(hex(first[tick])) in \(paths[0]), \(hex(other[tick])) in \(path)"
                )
            } else if first.count != other.count || first.isEmpty {
                differences.append("\(paths[0]) has \(first.count) ticks, \(path) \(other.count)")
            }
        }
        guard differences.isEmpty else {
            throw Difference(description: differences.joined(separator: "\n"))
        }
        print(
            "\(first.count) ticks are the same in \(paths.count) runs; the last is \(hex(first.last ?? 0))"
        )
    }

    static func hex(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func read<Number: FixedWidthInteger>(_ path: String) throws -> [Number] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let width = Number.bitWidth / 8
        return stride(from: 0, to: data.count - data.count % width, by: width).map { start in
            var number: Number = 0
            for byte in (0..<width).reversed() {
                number =
                    number << 8 | Number(truncatingIfNeeded: data[data.startIndex + start + byte])
            }
            return number
        }
    }

    static func write<Number: FixedWidthInteger>(_ numbers: [Number], to path: String) throws {
        var data = Data(capacity: numbers.count * Number.bitWidth / 8)
        for number in numbers {
            for byte in 0..<(Number.bitWidth / 8) {
                data.append(UInt8(truncatingIfNeeded: number >> (8 * byte)))
            }
        }
        try data.write(to: URL(fileURLWithPath: path))
    }
}

/// Runs that are not the same.
struct Difference: Error, CustomStringConvertible {
    var description: String
}

/// Arguments that mean nothing.
struct Usage: Error, CustomStringConvertible {
    var description: String {
        "SamenessProbe log GAME SEED TICKS LOG | play GAME LOG HASHES [PLANTED] | compare HASHES..."
    }
}
