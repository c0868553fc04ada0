import ClientCore

/// The things that a client has been told of: each appears once, is shown, and vanishes once.
struct ShownThings {
    private struct Thing: Hashable {
        var kind: Int
        var id: UInt32
    }

    private var things: Set<Thing> = []
    /// Changes that were left out before: then nothing can be said.
    private var dropped: UInt64 = 0

    /// What is wrong with a view; nil where nothing is.
    mutating func fault(in view: borrowing ClientView) -> String? {
        if view.changesDropped != dropped {
            dropped = view.changesDropped
            things.removeAll()
            for (kind, rows) in view.kinds.enumerated() {
                for id in rows.ids { things.insert(Thing(kind: kind, id: id)) }
            }
            return nil
        }
        for change in view.changes {
            let thing = Thing(kind: change.kind, id: change.id)
            switch change.event {
            case .appeared:
                guard things.insert(thing).inserted else {
                    return "kind \(change.kind) id \(change.id) appears a second time"
                }
            case .vanished:
                guard things.remove(thing) != nil else {
                    return "kind \(change.kind) id \(change.id) vanishes and was not there"
                }
            case .changed:
                break
            }
        }
        for (kind, rows) in view.kinds.enumerated() {
            for id in rows.ids where !things.contains(Thing(kind: kind, id: id)) {
                return "kind \(kind) id \(id) is shown and has not appeared"
            }
        }
        return nil
    }
}
