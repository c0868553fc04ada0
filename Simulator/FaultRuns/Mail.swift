import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import TransportInterface

/// The reliable events of one client: what it has sent, numbered for each receiver, and the newest
/// that has come from each sender.
///
/// A payload says who has sent it, in which life of its program, to whom, and the how-many-th of
/// these it is. Within one tenure of a seat the numbers of each such row must come without a gap,
/// from 1 on for who had its seat when that was sent.
struct Mail {
    /// One row of numbered events.
    struct Row: Hashable {
        var sender: Int
        var incarnation: Int
        /// Which of the sender's seats: a new one begins anew.
        var tenure: Int
        /// The seat that it is for; −1 for the room.
        var target: Int
    }

    private let sender: Int
    private let incarnation: Int
    private(set) var tenure = 0
    private var sentCounts: [Int: Int] = [:]
    private(set) var newest: [Row: Int] = [:]
    /// Since when the present seat has been known to be held.
    private var begunAt = MonotonicInstant.distantFuture

    /// - Parameter former: What a program before this one has seen in the same seat.
    init(sender: Int, incarnation: Int, former: Mail? = nil) {
        self.sender = sender
        self.incarnation = incarnation
        newest = former?.newest ?? [:]
        begunAt = former?.begunAt ?? .distantFuture
    }

    /// A new seat was taken: nothing of the former one counts.
    mutating func begin(now: MonotonicInstant) {
        tenure += 1
        begunAt = now
        sentCounts.removeAll()
        newest.removeAll()
    }

    /// The row of this client's events to everybody, and how many were sent.
    var toAll: (row: Row, count: Int) { (row(to: -1), sentCounts[-1] ?? 0) }

    private func row(to seat: Int) -> Row {
        Row(sender: sender, incarnation: incarnation, tenure: tenure, target: seat)
    }

    func next(to target: SeatIndex?) -> [UInt8] {
        let seat = target.map { Int($0.rawValue) } ?? -1
        let number = (sentCounts[seat] ?? 0) + 1
        return Array("\(sender) \(incarnation) \(tenure) \(seat) \(number)".utf8)
    }

    mutating func sent(to target: SeatIndex?, watch: Watch) {
        let seat = target.map { Int($0.rawValue) } ?? -1
        if sentCounts[seat] == nil { watch.firstEvents[row(to: seat)] = watch.now() }
        sentCounts[seat, default: 0] += 1
    }

    mutating func received(_ event: ServerEvent, _ bytes: Span<UInt8>, by player: Player) {
        var text: [UInt8] = []
        for position in event.payload.range { text.append(bytes[position]) }
        let words = String(decoding: text, as: UTF8.self).split(separator: " ")
        let numbers = words.compactMap { Int($0) }
        guard numbers.count == 5, numbers.count == words.count else {
            // Somebody else's.
            return
        }
        player.watch.sites.add(Site.client("event received"))
        let row = Row(
            sender: numbers[0], incarnation: numbers[1], tenure: numbers[2], target: numbers[3])
        if row.target >= 0 {
            player.watch.expect(
                player.sight.seat.map { Int($0.rawValue) } == row.target, .events,
                "\(player.name) is sent an event for seat \(row.target)")
        }
        let number = numbers[4]
        if let last = newest[row] {
            player.watch.expect(
                number == last + 1, .events,
                "\(player.name): event \(number) of player \(row.sender) came after \(last)")
        } else if let sentAt = player.watch.firstEvents[row], begunAt <= sentAt {
            player.watch.expect(
                number == 1, .events,
                "\(player.name): event \(number) of player \(row.sender).\(row.incarnation) came, "
                    + "and the first did not")
        }
        newest[row] = number
    }
}
