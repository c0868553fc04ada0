package import ClientCore
package import Hyoshi

/// A world between two ticks of a recording, and what has happened on the way there.
package struct ReplayView {
    /// What is to be drawn, in the form of a room's view.
    package private(set) var shown = WebView()
    /// What has happened since it was asked for last.
    package private(set) var changes: [ClientView.Change] = []
    /// The values that ``changes`` refer to.
    package private(set) var changeValues: [Double] = []

    /// Steps further apart are a jump, on which nothing is shown to happen.
    package static let ticksMax = 64

    private let kinds: [KindDescription]
    /// For each kind and field, whether a change of it is something that happens.
    private let isDiscrete: [[Bool]]
    private var before: EntityTable
    private var now: EntityTable

    /// Shows nothing.
    package init(game: Game) {
        kinds = game.kinds
        before = EntityTable(kinds: game.kinds)
        now = before
        isDiscrete = game.kinds.map { kind in
            let changesPerTick = kind.fields.map { $0.changeFieldPosition }
            return kind.fields.indices.map { field in
                let use = kind.fields[field].specification.use
                return use != .coordinate && use != .angle && !changesPerTick.contains(field)
            }
        }
    }

    /// The tick that was made last.
    package var tick: Tick { now.tick }

    /// Shows a tick with no other before it.
    mutating func jump(to table: EntityTable) {
        before = table
        now = table
        removeChanges()
    }

    /// Goes on by a tick.
    mutating func step(to table: EntityTable) {
        before = now
        now = table
        for kind in kinds.indices { findChanges(kind) }
    }

    /// Forgets what has happened.
    package mutating func removeChanges() {
        changes.removeAll(keepingCapacity: true)
        changeValues.removeAll(keepingCapacity: true)
    }

    // MARK: Drawing

    /// Shows the world a share of a tick after the last tick but one: 1 is the last tick itself.
    ///
    /// Coordinates and angles move evenly; all else is as it was until the tick has come. What is
    /// not there at both ends is there at one only.
    package mutating func show(share: Double) {
        while shown.kinds.count < kinds.count { shown.kinds.append(WebView.Kind()) }
        let isWhole = share >= 1 || before.tick == now.tick
        shown.tick = isWhole ? Double(now.tick.rawValue) : Double(before.tick.rawValue) + share
        for kind in kinds.indices {
            if isWhole {
                show(kind, now.kinds[kind], towards: nil, share: 0)
            } else {
                show(kind, before.kinds[kind], towards: now.kinds[kind], share: share)
            }
        }
    }

    private mutating func show(
        _ kind: Int, _ rows: EntityRows, towards others: EntityRows?, share: Double
    ) {
        let fields = kinds[kind].fields
        let width = rows.fieldCount
        shown.kinds[kind].fieldCount = width
        shown.kinds[kind].ids.removeAll(keepingCapacity: true)
        shown.kinds[kind].values.removeAll(keepingCapacity: true)
        shown.kinds[kind].flags.removeAll(keepingCapacity: true)
        for row in rows.ids.indices {
            shown.kinds[kind].ids.append(rows.ids[row])
            shown.kinds[kind].flags.append(0)
            let other = others?.row(of: rows.ids[row])
            for field in 0..<min(width, fields.count) {
                let specification = fields[field].specification
                var number = Double(rows.values[row * width + field])
                if let others, let other,
                    specification.use == .coordinate || specification.use == .angle
                {
                    number = ReplayView.between(
                        rows.values[row * width + field], others.values[other * width + field],
                        share, specification)
                }
                shown.kinds[kind].values.append(number * Double(specification.step))
            }
        }
    }

    /// A number between two; the shorter way where the field wraps.
    private static func between(
        _ from: Int32, _ to: Int32, _ share: Double, _ specification: FieldSpecification
    ) -> Double {
        var way = Double(to) - Double(from)
        guard specification.wraps else { return Double(from) + way * share }
        let minimum = Double(specification.quantized(specification.minimum))
        let turn = Double(specification.quantized(specification.maximum)) - minimum + 1
        if way > turn / 2 { way -= turn }
        if way < -turn / 2 { way += turn }
        var number = Double(from) + way * share
        if number < minimum { number += turn }
        if number >= minimum + turn { number -= turn }
        return number
    }

    // MARK: What happens

    private mutating func findChanges(_ kind: Int) {
        let old = before.kinds[kind]
        let new = now.kinds[kind]
        var left = 0
        var right = 0
        while left < old.ids.count || right < new.ids.count {
            let leftID = left < old.ids.count ? old.ids[left] : .max
            let rightID = right < new.ids.count ? new.ids[right] : .max
            if leftID < rightID {
                add(.vanished, kind, old, left)
                left += 1
            } else if rightID < leftID {
                add(.appeared, kind, new, right)
                right += 1
            } else {
                compare(kind, old, left, new, right)
                left += 1
                right += 1
            }
        }
    }

    private mutating func compare(
        _ kind: Int, _ old: EntityRows, _ left: Int, _ new: EntityRows, _ right: Int
    ) {
        let width = new.fieldCount
        for field in 0..<width where isDiscrete[kind][field] {
            let from = old.values[left * width + field]
            let to = new.values[right * width + field]
            guard from != to else { continue }
            add(.changed, kind, new, right, field: field, from: from, to: to)
        }
    }

    private mutating func add(
        _ event: ClientView.Change.Event, _ kind: Int, _ rows: EntityRows, _ row: Int,
        field: Int = 0, from: Int32 = 0, to: Int32 = 0
    ) {
        guard changes.count < ClientView.changesMax else { return }
        let fields = kinds[kind].fields
        let step = Double(fields.isEmpty ? 1 : fields[field].specification.step)
        changes.append(
            ClientView.Change(
                event: event, kind: kind, id: rows.ids[row], field: field,
                from: Double(from) * step, to: Double(to) * step,
                valuesStart: changeValues.count))
        let width = rows.fieldCount
        for position in 0..<width {
            changeValues.append(
                Double(rows.values[row * width + position])
                    * Double(fields[position].specification.step))
        }
    }
}
