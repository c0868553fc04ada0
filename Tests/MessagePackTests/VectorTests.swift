import Foundation
import MessagePack
import Testing

/// Messages that Python's msgpack made, with their values: `Fixtures/make-vectors.py`.
@Suite("Vectors of another implementation")
struct VectorTests {
    private static let vectors: [(message: [UInt8], notation: String)] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/vectors.txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            return (bytes(parts[0]), parts.count == 2 ? String(parts[1]) : "")
        }
    }()

    private static func bytes(_ hex: Substring) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    @Test("They are read as what they are, and written and packed alike")
    func agreement() throws {
        #expect(Self.vectors.count > 200)
        for (message, notation) in Self.vectors {
            let value = try TestValue.read(message)
            #expect(value.notation == notation)
            #expect(value.written == message)
            #expect(value.packed == message)
            #expect(verdict(message) == nil)
        }
    }
}

extension TestValue {
    /// The value as `make-vectors.py` describes it.
    fileprivate var notation: String {
        switch self {
        case .null: "nil"
        case .bool(let value): value ? "true" : "false"
        case .signed(let value): "i\(value)"
        case .unsigned(let value): "i\(value)"
        case .double(let value):
            "f" + hex((0..<8).map { UInt8(value.bitPattern >> (56 - 8 * $0) & 255) })
        case .string(let value): "s" + hex(Array(value.utf8))
        case .binary(let value): "b" + hex(value)
        case .array(let values): (["["] + values.map(\.notation) + ["]"]).joined(separator: " ")
        case .map(let pairs):
            (["{"] + pairs.flatMap { [$0.key.notation, $0.value.notation] } + ["}"])
                .joined(separator: " ")
        }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}
