package import Histogram

/// What one thread of bots counts while it runs; several are added up at the end.
///
/// Two histograms of 1 µs to 60 s with three digits: about 110 KB each, taken once.
package struct Measurements: Sendable {
    /// Nanoseconds between two snapshots of a bot.
    package var interArrival = Measurements.histogram()
    /// Nanoseconds from a ping to its pong.
    package var roundTrip = Measurements.histogram()
    /// Connections that were opened, the first ones and the repeated ones.
    package var connects = 0
    /// Welcomes received.
    package var welcomes = 0
    /// Connections opened again after a loss.
    package var reconnects = 0
    /// Seats resumed with a token, of those.
    package var resumptions = 0
    /// Connections that could not be opened.
    package var connectFailures = 0
    /// Snapshots received.
    package var snapshots = 0
    /// Full ones of them.
    package var fullSnapshots = 0
    /// Snapshots whose baseline was not there.
    package var undecodable = 0
    /// Bytes received, WebSocket frames included.
    package var bytesReceived = 0
    /// Bytes sent, WebSocket frames included.
    package var bytesSent = 0
    /// Input messages sent.
    package var inputsSent = 0
    /// Snapshots that told a margin.
    package var marginsKnown = 0
    /// Those of them with a negative margin: the input for that tick had not come.
    package var marginsNegative = 0
    /// Reliable messages received.
    package var events = 0
    /// Connections ended other than by this program, by close code; 1006 where none came.
    package var closesByCode: [(code: UInt16, count: Int)] = []

    /// All zero.
    package init() {}

    private static func histogram() -> Histogram<UInt32> {
        Histogram(
            lowestDiscernibleValue: 1_000, highestTrackableValue: 60_000_000_000,
            numberOfSignificantValueDigits: .three)
    }

    /// Counts a connection's end under its close code.
    package mutating func countClose(code: UInt16) {
        addCloses(code: code, count: 1)
    }

    private mutating func addCloses(code: UInt16, count: Int) {
        if let position = closesByCode.firstIndex(where: { $0.code >= code }) {
            if closesByCode[position].code == code {
                closesByCode[position].count += count
            } else {
                closesByCode.insert((code, count), at: position)
            }
        } else {
            closesByCode.append((code, count))
        }
    }

    /// All closes, whatever the code.
    package var closes: Int { closesByCode.reduce(0) { $0 + $1.count } }

    /// Adds what another thread counted.
    package mutating func add(_ other: Measurements) {
        interArrival.add(other.interArrival)
        roundTrip.add(other.roundTrip)
        connects += other.connects
        welcomes += other.welcomes
        reconnects += other.reconnects
        resumptions += other.resumptions
        connectFailures += other.connectFailures
        snapshots += other.snapshots
        fullSnapshots += other.fullSnapshots
        undecodable += other.undecodable
        bytesReceived += other.bytesReceived
        bytesSent += other.bytesSent
        inputsSent += other.inputsSent
        marginsKnown += other.marginsKnown
        marginsNegative += other.marginsNegative
        events += other.events
        for (code, count) in other.closesByCode { addCloses(code: code, count: count) }
    }

    /// Forgets everything that was counted; keeps the histograms' memory.
    package mutating func reset() {
        var interArrival = self.interArrival
        var roundTrip = self.roundTrip
        interArrival.reset()
        roundTrip.reset()
        self = Measurements()
        self.interArrival = interArrival
        self.roundTrip = roundTrip
    }
}
