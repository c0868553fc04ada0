import Hyoshi

/// Where the payload bytes of a run go: by message, by kind of entity, by field.
struct ByteAccount {
    /// A number of things and the bytes that they took.
    struct Sum {
        var count = 0
        var bytes = 0

        mutating func add(_ byteCount: Int, count added: Int = 1) {
            count += added
            bytes += byteCount
        }
    }

    /// What one kind of entity took.
    struct Kind {
        let name: String
        let fieldNames: [String]
        /// Headers of runs and positions of kinds.
        var heads = Sum()
        var removals = Sum()
        var spawns = Sum()
        /// The gaps and masks of changed entities.
        var changes = Sum()
        var fields: [Sum]

        /// The bytes of a change's id, mask and given fields, all changes together.
        func changeBytes(of names: Set<String>) -> Int {
            changes.bytes
                + zip(fieldNames, fields).filter { names.contains($0.0) }
                .reduce(0) { $0 + $1.1.bytes }
        }
    }

    /// All messages.
    var messages = Sum()
    /// Messages that are no snapshots.
    var others = Sum()
    /// Whole full snapshots.
    var fullSnapshots = Sum()
    /// Deltas: what is before and behind their kinds.
    var heads = Sum()
    var hashes = Sum()
    var kinds: [Kind]
    /// Messages that are not as the protocol says.
    var unreadable = 0

    init(_ game: Game) {
        kinds = game.kinds.map { kind in
            Kind(
                name: "\(kind.name)", fieldNames: kind.fields.map { "\($0.name)" },
                fields: Array(repeating: Sum(), count: kind.fields.count))
        }
    }

    /// Adds a message of the server.
    ///
    /// - Returns: The baseline's distance where it is a snapshot; 0 for a full one.
    @discardableResult
    mutating func add(_ payload: [UInt8]) -> Int? {
        messages.add(payload.count)
        var walk = MessageWalk(payload)
        guard let count = walk.arrayCount(), let type = walk.integer() else {
            unreadable += 1
            return nil
        }
        guard type.value == 1 else {
            others.add(payload.count)
            return nil
        }
        guard walk.integer() != nil, walk.integer() != nil, walk.integer() != nil,
            let distance = walk.integer()
        else {
            unreadable += 1
            return nil
        }
        guard distance.value > 0 else {
            fullSnapshots.add(payload.count)
            return 0
        }
        let before = walk.position
        if let body = addBody(payload, &walk) {
            heads.add(before + body)
            if count > 6 { hashes.add(payload.count - walk.position) }
        } else {
            unreadable += 1
        }
        return Int(distance.value)
    }

    /// - Returns: The bytes of the body's own header, or nil where it cannot be read.
    private mutating func addBody(_ payload: [UInt8], _ walk: inout MessageWalk) -> Int? {
        let start = walk.position
        guard let groups = walk.arrayCount(), groups % 3 == 0 else { return nil }
        let header = walk.position - start
        for _ in 0..<groups / 3 {
            let groupStart = walk.position
            guard let number = walk.integer(), kinds.indices.contains(Int(number.value)),
                let removed = walk.arrayCount()
            else { return nil }
            let kind = Int(number.value)
            kinds[kind].heads.add(walk.position - groupStart)
            for _ in 0..<removed {
                guard let gap = walk.integer() else { return nil }
                kinds[kind].removals.add(gap.byteCount)
            }
            let changedStart = walk.position
            guard let numbers = walk.arrayCount() else { return nil }
            kinds[kind].heads.add(walk.position - changedStart, count: 0)
            guard addChanges(kind, numbers, &walk) else { return nil }
        }
        return header
    }

    private mutating func addChanges(
        _ kind: Int, _ numbers: Int, _ walk: inout MessageWalk
    ) -> Bool {
        var rest = numbers
        let fieldCount = kinds[kind].fields.count
        while rest > 0 {
            guard let gap = walk.integer(), let mask = walk.integer() else { return false }
            rest -= 2
            guard mask.value >= 0 else {
                var bytes = gap.byteCount + mask.byteCount
                for _ in 0..<fieldCount {
                    guard let number = walk.integer() else { return false }
                    bytes += number.byteCount
                }
                rest -= fieldCount
                kinds[kind].spawns.add(bytes)
                continue
            }
            kinds[kind].changes.add(gap.byteCount + mask.byteCount)
            for field in 0..<fieldCount where mask.value & (1 << Int64(field)) != 0 {
                guard let number = walk.integer() else { return false }
                kinds[kind].fields[field].add(number.byteCount)
                rest -= 1
            }
        }
        return rest == 0
    }

    /// The account as lines for people: bytes a second of one client.
    func lines(clientSeconds: Double) -> [String] {
        var lines: [String] = []
        func line(_ name: String, _ sum: Sum) {
            guard sum.bytes > 0 else { return }
            let each = Double(sum.bytes) / Double(max(sum.count, 1))
            lines.append(
                "  " + name.padded(to: 34)
                    + fixed(Double(sum.bytes) / clientSeconds, 1).padded(to: 9, left: true)
                    + fixed(Double(sum.count) / clientSeconds, 1).padded(to: 10, left: true)
                    + fixed(each, 2).padded(to: 8, left: true))
        }
        lines.append("  " + "bytes/s".padded(to: 43, left: true) + "  a second    each")
        line("all messages", messages)
        line("  not snapshots", others)
        line("  full snapshots", fullSnapshots)
        line("  heads of deltas", heads)
        line("  hashes", hashes)
        for kind in kinds {
            line("  \(kind.name): runs", kind.heads)
            line("  \(kind.name): spawns", kind.spawns)
            line("  \(kind.name): removals", kind.removals)
            line("  \(kind.name): changed ids and masks", kind.changes)
            for (name, sum) in zip(kind.fieldNames, kind.fields) {
                line("  \(kind.name): \(name)", sum)
            }
        }
        return lines
    }
}

/// A number with this many decimals.
func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "-" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let rounded = (value.magnitude * scale).rounded()
    let whole = (rounded / scale).rounded(.down)
    var text = "\(Int(whole))"
    var position = text.count
    while position > 3 {
        position -= 3
        text.insert(",", at: text.index(text.startIndex, offsetBy: position))
    }
    if decimals > 0 {
        let rest = "\(Int(rounded - whole * scale))"
        text += "." + String(repeating: "0", count: max(decimals - rest.count, 0)) + rest
    }
    return value < 0 && rounded > 0 ? "-" + text : text
}

extension String {
    /// Filled up with spaces, on the right unless `left`.
    func padded(to width: Int, left: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(width - count, 0))
        return left ? fill + self : self + fill
    }
}
