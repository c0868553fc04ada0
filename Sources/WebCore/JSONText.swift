package import GameProtocol
import Hyoshi
import Replication

/// Text in JSON, made of pieces: how the page gets what is read seldom and by name.
package struct JSONText {
    /// The UTF-8 so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Makes an empty text.
    package init() {}

    /// The declarations of a welcome and all else that it says, but for the token.
    package static func welcome(_ welcome: Welcome) -> [UInt8] {
        var text = JSONText()
        text.object { text in
            text.member("room", welcome.room)
            text.member("game", welcome.game)
            text.member("seat", welcome.seat.map { Int64($0.rawValue) })
            text.member("seatsMax", Int64(welcome.seatsMax))
            text.member("tickRate", Int64(welcome.tickRate))
            text.member("tick", Int64(welcome.tick.rawValue))
            text.key("schema")
            text.schema(welcome.schema)
        }
        return text.bytes
    }

    /// The list of seats.
    package static func roster(_ roster: [RosterEntry]) -> [UInt8] {
        var text = JSONText()
        text.array(roster) { text, entry in
            text.object { text in
                text.member("seat", Int64(entry.seat.rawValue))
                text.member("name", entry.name)
                text.member("state", entry.state == .present ? "present" : "held")
            }
        }
        return text.bytes
    }

    /// Appends declarations.
    mutating func schema(_ schema: Schema) {
        object { text in
            text.key("kinds")
            text.array(schema.kinds) { text, kind in
                text.object { text in
                    text.member("name", kind.name)
                    text.member("capacity", Int64(kind.capacity))
                    text.key("fields")
                    text.array(kind.fields) { $0.field($1) }
                }
            }
            text.key("inputFields")
            text.array(schema.inputFields) { $0.field($1) }
        }
    }

    private mutating func field(_ field: FieldSchema) {
        object { text in
            text.member("name", field.name)
            text.member("use", JSONText.name(of: field.use))
            text.member("minimum", Int64(field.minimum))
            text.member("maximum", Int64(field.maximum))
            text.member("step", Int64(field.step))
            text.member("scale", Int64(field.scale))
            text.member("unit", field.unit)
            text.key("wraps")
            text.word(field.wraps ? "true" : "false")
            text.member("changeField", Int64(field.changeField ?? -1))
        }
    }

    private static func name(of use: FieldSpecification.Use) -> String {
        switch use {
        case .number: "number"
        case .flags: "flags"
        case .angle: "angle"
        case .coordinate: "coordinate"
        case .seat: "seat"
        }
    }

    // MARK: The pieces

    /// Appends an object, whose members `body` appends.
    package mutating func object(_ body: (inout JSONText) -> Void) {
        open(0x7B)
        body(&self)
        close(0x7D)
    }

    /// Appends an array, and for each of `elements` what `body` appends.
    package mutating func array<Element>(
        _ elements: [Element], _ body: (inout JSONText, Element) -> Void
    ) {
        open(0x5B)
        for element in elements { body(&self, element) }
        close(0x5D)
    }

    /// Appends a member whose value is a string.
    package mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value.utf8.span)
    }

    /// Appends a member whose value is a number or null.
    package mutating func member(_ name: StaticString, _ value: Int64?) {
        key(name)
        guard let value else { return word("null") }
        number(value)
    }

    /// Appends a member's name; its value follows.
    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(0x22)
        append(name)
        bytes.append(0x22)
        bytes.append(0x3A)
        needsComma = false
    }

    /// Appends `true`, `false` or `null`.
    package mutating func word(_ word: StaticString) {
        separate()
        append(word)
    }

    /// Appends a number.
    package mutating func number(_ value: Int64) {
        separate()
        if value < 0 { bytes.append(0x2D) }
        let first = bytes.count
        var rest = value.magnitude
        repeat {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[first...].reverse()
    }

    /// Appends a string; `utf8` is valid.
    package mutating func string(_ utf8: Span<UInt8>) {
        separate()
        bytes.append(0x22)
        for index in utf8.indices {
            let byte = utf8[index]
            if byte == 0x22 || byte == 0x5C {
                bytes.append(0x5C)
                bytes.append(byte)
            } else if byte < 0x20 {
                append("\\u00")
                bytes.append(0x30 + (byte >> 4))
                let low = byte & 0xF
                bytes.append(low < 10 ? 0x30 + low : 0x61 + low - 10)
            } else {
                bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(0x2C) }
        needsComma = true
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }
}
