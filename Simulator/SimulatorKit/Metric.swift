/// What a run measures and what can be required of it.
package enum Metric: String, CaseIterable, Sendable {
    case connected, joined, delivered
    case snapshotsMean = "snapshots_mean"
    case snapshotsMin = "snapshots_min"
    case interArrivalP50 = "inter_arrival_p50"
    case interArrivalP99 = "inter_arrival_p99"
    case interArrivalP999 = "inter_arrival_p999"
    case interArrivalMax = "inter_arrival_max"
    case bytesPerClient = "bytes_per_client"
    case inputsSent = "inputs_sent"
    case inputsLate = "inputs_late"
    case inputsDropped = "inputs_dropped"
    case roundTripP50 = "round_trip_p50"
    case roundTripP99 = "round_trip_p99"
    case reconnects
    case closes
    case latenessP50 = "lateness_p50"
    case latenessP99 = "lateness_p99"
    case latenessP999 = "lateness_p999"
    case latenessMax = "lateness_max"
    case droppedTicks = "dropped_ticks"

    /// In what a metric is measured; decides which units a requirement may be written in.
    package enum Dimension: Sendable, Equatable {
        /// A number of things: no unit.
        case count
        /// A part of a whole, 0 to 1; also written in `%`.
        case ratio
        /// Per second; `Hz` may be written.
        case rate
        /// Nanoseconds; a unit must be written.
        case time
        /// Bytes per second; `B`, `kB`, `KiB` and `MB` may be written.
        case bytes
    }

    /// In what the metric is measured.
    package var dimension: Dimension {
        switch self {
        case .connected, .joined, .inputsSent, .reconnects, .closes, .droppedTicks: .count
        case .delivered, .inputsLate, .inputsDropped: .ratio
        case .snapshotsMean, .snapshotsMin: .rate
        case .bytesPerClient: .bytes
        case .interArrivalP50, .interArrivalP99, .interArrivalP999, .interArrivalMax,
            .roundTripP50, .roundTripP99,
            .latenessP50, .latenessP99, .latenessP999, .latenessMax:
            .time
        }
    }

    /// One line for people.
    package var explanation: String {
        switch self {
        case .connected: "bots with an open connection at the end"
        case .joined: "bots that took a seat in their room"
        case .delivered: "snapshots received of those due at the room's tick rate"
        case .snapshotsMean: "snapshots a second and bot, mean over the bots"
        case .snapshotsMin: "snapshots a second of the bot with the fewest"
        case .interArrivalP50: "time between snapshots, median"
        case .interArrivalP99: "time between snapshots, 99th percentile"
        case .interArrivalP999: "time between snapshots, 99.9th percentile"
        case .interArrivalMax: "time between snapshots, longest"
        case .bytesPerClient: "bytes received a second and bot, mean"
        case .inputsSent: "input messages sent by all bots"
        case .inputsLate: "part of the ticks for which a bot's input came too late"
        case .inputsDropped: "part of the inputs that the server did not apply"
        case .roundTripP50: "ping to pong with the wait for the next tick, median"
        case .roundTripP99: "ping to pong, 99th percentile"
        case .reconnects: "connections opened again after a loss"
        case .closes: "connections ended by the server or the network"
        case .latenessP50: "start of the server's ticks after their deadline, median"
        case .latenessP99: "the same, 99th percentile"
        case .latenessP999: "the same, 99.9th percentile"
        case .latenessMax: "the same, worst"
        case .droppedTicks: "ticks that the server could not make in time"
        }
    }

    /// The metric of a name, or nil.
    package init?(name: some StringProtocol) {
        self.init(rawValue: String(name))
    }
}

/// The numbers of a run: time in nanoseconds, bytes in bytes a second, everything else plain.
package struct MetricValues: Sendable {
    private var numbers = [Double?](repeating: nil, count: Metric.allCases.count)

    /// No number measured.
    package init() {}

    /// A metric's number, or nil where it could not be measured.
    package subscript(metric: Metric) -> Double? {
        get { numbers[MetricValues.index(of: metric)] }
        set { numbers[MetricValues.index(of: metric)] = newValue }
    }

    private static func index(of metric: Metric) -> Int {
        Metric.allCases.firstIndex(of: metric) ?? 0
    }
}
