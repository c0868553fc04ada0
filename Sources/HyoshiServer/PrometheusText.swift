import NetworkTransport
import RoomCore
import ServerCore

/// The metrics in Prometheus' text format; labels are fixed, so rooms do not add series.
struct PrometheusText {
    private(set) var text = ""

    init(
        _ reports: [LoopReport], tickRate: Int, connectionCount: Int, recordings: Recordings.Counts
    ) {
        let beat = BeatDocument(reports, tickRate: tickRate)
        summary(
            "hyoshi_tick_lateness_seconds", "Start of a tick after its deadline.", beat.lateness)
        summary("hyoshi_tick_work_seconds", "Step and encoding of a room's ticks.", beat.work)
        counter("hyoshi_ticks_total", "Ticks made.", beat.ticks)
        counter(
            "hyoshi_ticks_dropped_total", "Deadlines for which no tick was made.",
            beat.droppedTicks)
        gauge("hyoshi_connections", "Open transport connections.", connectionCount)
        gauge("hyoshi_rooms", "Open rooms.", beat.rooms.count)
        gauge("hyoshi_players", "Seats that are taken.", beat.rooms.reduce(0) { $0 + $1.players })
        gauge(
            "hyoshi_spectators", "Spectators.", beat.rooms.reduce(0) { $0 + $1.spectators })
        gauge("hyoshi_recordings", "Recordings that are being written.", recordings.open)
        counter("hyoshi_recordings_started_total", "Recordings begun.", recordings.started)
        counter(
            "hyoshi_recordings_failed_total", "Recordings that ended before their room.",
            recordings.failed)
        counter(
            "hyoshi_recordings_refused_total", "Rooms not recorded for want of room.",
            recordings.refused)
        counter(
            "hyoshi_recordings_deleted_total", "Recordings deleted for want of room.",
            recordings.deleted)
        gauge(
            "hyoshi_recordings_stored_bytes", "Bytes of all recordings in the directory.",
            recordings.storedByteCount)
        counter("hyoshi_recording_bytes_total", "Bytes of recordings.", recordings.bytes)
        inputs(beat)
        serverCounters(reports)
        transportCounters(reports)
    }

    private mutating func inputs(_ beat: BeatDocument) {
        header("hyoshi_inputs_total", "Input commands by what became of them.", "counter")
        let all = beat.inputs
        let rows: [(String, UInt64)] = [
            ("applied", all.applied), ("late", all.late), ("early", all.early),
            ("repeated", all.repeated), ("dropped", all.dropped),
        ]
        for (fate, count) in rows { text += "hyoshi_inputs_total{fate=\"\(fate)\"} \(count)\n" }
    }

    /// A number that every loop's core counts.
    private struct ServerCounter {
        var name: String
        var help: String
        var value: @Sendable (ServerCounters) -> UInt64
    }

    /// What becomes of connections and messages.
    private static let connectionCounters: [ServerCounter] = [
        ServerCounter(
            name: "connections_accepted", help: "Connections that were admitted.",
            value: { $0.connectionsAccepted }),
        ServerCounter(
            name: "connections_refused", help: "Connections turned away at a limit.",
            value: { $0.connectionsRefused }),
        ServerCounter(
            name: "handshakes_refused", help: "Upgrades refused with a status.",
            value: { $0.handshakesRefused }),
        ServerCounter(
            name: "joins", help: "Players and spectators that joined.", value: { $0.joins }),
        ServerCounter(name: "resumes", help: "Seats resumed with a token.", value: { $0.resumes }),
        ServerCounter(
            name: "messages_received", help: "Messages from peers.", value: { $0.messagesReceived }),
        ServerCounter(
            name: "messages_dropped", help: "Messages dropped for a rate limit.",
            value: { $0.messagesDropped }),
        ServerCounter(
            name: "slow_readers_closed", help: "Connections closed for not reading.",
            value: { $0.slowReadersClosed }),
        ServerCounter(
            name: "silent_peers_closed", help: "Peers taken for dead.",
            value: { $0.silentPeersClosed }),
        ServerCounter(
            name: "events_relayed", help: "Reliable events relayed.", value: { $0.eventsRelayed }),
        ServerCounter(
            name: "violations", help: "Connections closed for a violation.",
            value: { $0.violations }),
    ]

    /// What becomes of snapshots.
    private static let snapshotCounters: [ServerCounter] = [
        ServerCounter(name: "snapshots_sent", help: "Snapshots sent.", value: { $0.snapshotsSent }),
        ServerCounter(
            name: "snapshots_full_sent", help: "Snapshots sent in full.",
            value: { $0.fullSnapshotsSent }),
        ServerCounter(
            name: "snapshots_coalesced",
            help: "Snapshots replaced by a newer one for a slow reader.",
            value: { $0.snapshotsCoalesced }),
        ServerCounter(
            name: "snapshot_rates_lowered", help: "Halvings of a slow reader's rate of snapshots.",
            value: { $0.ratesLowered }),
        ServerCounter(
            name: "snapshots_skipped", help: "Snapshots left out at a lowered rate.",
            value: { $0.snapshotsSkipped }),
        ServerCounter(
            name: "resyncs",
            help: "Baselines that had rolled off, so that full snapshots followed.",
            value: { $0.resyncs }),
        ServerCounter(
            name: "desyncs", help: "Reports of clients that decoded something else than was sent.",
            value: { $0.desyncs }),
        ServerCounter(
            name: "snapshot_bytes_sent", help: "Payload bytes of snapshots.",
            value: { $0.snapshotBytesSent }),
    ]

    private mutating func serverCounters(_ reports: [LoopReport]) {
        for row in Self.connectionCounters + Self.snapshotCounters {
            let sum = reports.reduce(0) { $0 + row.value($1.counters) }
            counter("hyoshi_\(row.name)_total", row.help, sum)
        }
    }

    private mutating func transportCounters(_ reports: [LoopReport]) {
        let rows: [(String, String, (LoopReport) -> UInt64)] = [
            ("wake_ups", "Cycles of a loop.", { $0.transport.wakeUps }),
            ("reads", "Reads that brought bytes.", { $0.transport.reads }),
            ("bytes_in", "Bytes read.", { $0.transport.bytesIn }),
            ("sends", "Writes that took bytes.", { $0.transport.sends }),
            ("bytes_out", "Bytes written.", { $0.transport.bytesOut }),
            ("partial_writes", "Writes taken in part.", { $0.transport.partialWrites }),
            (
                "descriptor_exhaustions", "Connections shut for want of a descriptor.",
                { $0.transport.refusedByExhaustion }
            ),
        ]
        for (name, help, value) in rows {
            header("hyoshi_loop_\(name)_total", help, "counter")
            for report in reports {
                text += "hyoshi_loop_\(name)_total{loop=\"\(report.loop)\"} \(value(report))\n"
            }
        }
    }

    private mutating func header(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        header(name, help, "counter")
        text += "\(name) \(value)\n"
    }

    private mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        header(name, help, "gauge")
        text += "\(name) \(value)\n"
    }

    private mutating func summary(
        _ name: String, _ help: String, _ distribution: BeatDocument.Distribution
    ) {
        header(name, help, "summary")
        let rows = [
            ("0.5", distribution.p50), ("0.99", distribution.p99), ("0.999", distribution.p999),
            ("1", distribution.max),
        ]
        for (quantile, value) in rows {
            text += "\(name){quantile=\"\(quantile)\"} \(Double(value) / 1e9)\n"
        }
        let sum = distribution.mean * Double(distribution.count) / 1e9
        text += "\(name)_sum \(sum)\n\(name)_count \(distribution.count)\n"
    }
}
