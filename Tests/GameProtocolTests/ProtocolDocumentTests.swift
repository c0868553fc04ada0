import Foundation
import GameProtocol
import Hyoshi
import MessagePack
import Replication
import Testing

/// docs/protocol.md is normative: its listings must be the bytes that we write and read.
@Suite struct ProtocolDocumentTests {
    static func document() throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/protocol.md")
        return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }

    /// The listings by name, in their order.
    static func listings() throws -> [(name: String, bytes: [UInt8]?)] {
        var listings: [(String, [UInt8]?)] = []
        var name: String?
        var listing = ""
        for line in try document().split(separator: "\n", omittingEmptySubsequences: false) {
            if let current = name {
                if line == "```" {
                    listings.append((current, bytes(ofListing: listing)))
                    name = nil
                } else {
                    listing += line + "\n"
                }
            } else if line.hasPrefix("```hex ") {
                name = String(line.dropFirst(7))
                listing = ""
            }
        }
        #expect(name == nil, "a listing has no end")
        return listings
    }

    @Test func everyListingIsTheBytesThatWeWrite() throws {
        let listings = try Self.listings()
        let examples = try Examples.all()
        #expect(Set(listings.map(\.name)) == Set(examples.map(\.name)))
        #expect(listings.count == examples.count)
        for example in examples {
            let listing = listings.first { $0.name == example.name }
            #expect(listing?.bytes == example.bytes, "\(example.name)")
            #expect(listing?.bytes == (try GoldenFileTests.fixture(example.name)))
        }
    }

    @Test func everyListingIsDecoded() throws {
        let clientNames = Set(try Examples.client().map(\.name))
        var decoder = ServerMessageDecoder()
        var values: [Int32] = []
        var serverTypes: [String] = []
        for listing in try Self.listings() {
            let bytes = try #require(listing.bytes)
            if clientNames.contains(listing.name) {
                _ = try ClientMessage.decode(bytes.span, inputFieldCount: 2, values: &values)
            } else {
                let message = try decoder.decode(bytes.span)
                if case .unknown = message { Issue.record("\(listing.name) is unknown") }
                serverTypes.append(listing.name)
            }
        }
        #expect(serverTypes.count == 10)
        #expect(isEqual(decoder.table, try ExampleGame.tableAtTick104()))
    }

    @Test func theTemplatesForLoadToolsAreMessages() throws {
        let document = try Self.document()
        func template(_ label: String) throws -> String {
            let line = try #require(
                document.split(separator: "\n").first { $0.hasPrefix(label + ":") })
            return line.dropFirst(label.count + 1).trimmingCharacters(in: .whitespaces)
        }
        #expect(try template("hello-hex") == "930101a670{client:5}")
        let hello = try #require(
            digits(try template("hello-hex").replacing("{client:5}", with: "3030303432")))
        var values: [Int32] = []
        guard
            case .hello(let decoded) = try ClientMessage.decode(
                hello.span, inputFieldCount: 2, values: &values)
        else {
            Issue.record("not a hello")
            return
        }
        #expect(decoded.name(in: hello.span) == "p00042")
        #expect(try template("input-hex") == "9502cd{seq16}000092cc{rnd8}00")
        for (sequence, steer) in [(0, 0), (7, 0xFF), (0xFFFF, 5)] {
            let sequenceDigits =
                hexadecimal(UInt8(sequence >> 8)) + hexadecimal(UInt8(sequence & 0xFF))
            let input = try #require(
                digits(
                    try template("input-hex").replacing("{seq16}", with: sequenceDigits)
                        .replacing("{rnd8}", with: hexadecimal(UInt8(steer)))))
            let message = try ClientMessage.decode(
                input.span, inputFieldCount: 2, values: &values)
            let expected = ClientInput(
                sequence: UInt16(sequence), tick: .zero, acknowledged: .zero, commandCount: 1)
            #expect(message == .input(expected))
            #expect(Array(values.prefix(2)) == [Int32(steer), 0])
        }
    }

    private func digits(_ text: String) -> [UInt8]? {
        var spaced = ""
        for (index, digit) in text.enumerated() {
            spaced.append(digit)
            if index % 2 == 1 { spaced.append(" ") }
        }
        return bytes(ofListing: spaced)
    }

    @Test func theTableOfCloseCodesIsTheListInTheProgram() throws {
        var rows: [UInt16: Bool] = [:]
        var isInside = false
        for line in try Self.document().split(separator: "\n") {
            if line.hasPrefix("## ") { isInside = line.hasPrefix("## 11.") }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard isInside, cells.count == 3, let code = UInt16(cells[0]) else { continue }
            rows[code] = cells[2] == "yes"
        }
        #expect(rows.count == ProtocolCloseCode.allCases.count)
        for code in ProtocolCloseCode.allCases {
            #expect(rows[code.rawValue] == code.invitesReconnection, "\(code.rawValue)")
        }
    }

    @Test func theTableOfLimitsHasTheNumbersOfTheProgram() throws {
        let document = try Self.document()
        let limits = ProtocolLimits()
        for row in [
            "| name | \(limits.nameBytesMax) bytes, \(limits.nameCharactersMax) characters |",
            "| payload of an event | \(limits.payloadBytesMax) bytes |",
            "| commands in an input | \(limits.commandsMax) |",
            "| input fields | \(SchemaLimits.inputFieldsMax) |",
            "\(limits.reading.elementsMax) values, \(limits.reading.depthMax) arrays deep",
            "| kinds, fields of a kind, capacity of a kind | \(SchemaLimits.kindsMax), "
                + "\(SchemaLimits.fieldsMax), 65,535 |",
            "\(SchemaLimits.nameBytesMax) bytes, \(SchemaLimits.unitBytesMax) bytes",
            "keeps \(SnapshotHistory.slotsDefault) ticks",
        ] {
            #expect(document.contains(row), "\(row)")
        }
        #expect(SchemaLimits.capacityMax == 65_535)
    }
}
