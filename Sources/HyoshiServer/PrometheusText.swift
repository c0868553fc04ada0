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

    private mutating func serverCounters(_ reports: [LoopReport]) {
        func sum(_ value: (LoopReport) -> UInt64) -> UInt64 { reports.reduce(0) { $0 + value($1) } }
        let rows: [(String, String, UInt64)] = [
            (
                "connections_accepted", "Connections that were admitted.",
                sum { $0.counters.connectionsAccepted }
            ),
            (
                "connections_refused", "Connections turned away at a limit.",
                sum { $0.counters.connectionsRefused }
            ),
            (
                "handshakes_refused", "Upgrades refused with a status.",
                sum { $0.counters.handshakesRefused }
            ),
            ("joins", "Players and spectators that joined.", sum { $0.counters.joins }),
            ("resumes", "Seats resumed with a token.", sum { $0.counters.resumes }),
            ("messages_received", "Messages from peers.", sum { $0.counters.messagesReceived }),
            (
                "messages_dropped", "Messages dropped for a rate limit.",
                sum { $0.counters.messagesDropped }
            ),
            ("snapshots_sent", "Snapshots sent.", sum { $0.counters.snapshotsSent }),
            (
                "snapshots_full_sent", "Snapshots sent in full.",
                sum { $0.counters.fullSnapshotsSent }
            ),
            (
                "snapshots_coalesced", "Snapshots replaced by a newer one for a slow reader.",
                sum { $0.counters.snapshotsCoalesced }
            ),
            (
                "snapshot_rates_lowered", "Halvings of a slow reader's rate of snapshots.",
                sum { $0.counters.ratesLowered }
            ),
            (
                "snapshots_skipped", "Snapshots left out at a lowered rate.",
                sum { $0.counters.snapshotsSkipped }
            ),
            (
                "resyncs", "Baselines that had rolled off, so that full snapshots followed.",
                sum { $0.counters.resyncs }
            ),
            (
                "desyncs", "Reports of clients that decoded something else than was sent.",
                sum { $0.counters.desyncs }
            ),
            (
                "snapshot_bytes_sent", "Payload bytes of snapshots.",
                sum { $0.counters.snapshotBytesSent }
            ),
            (
                "slow_readers_closed", "Connections closed for not reading.",
                sum { $0.counters.slowReadersClosed }
            ),
            (
                "silent_peers_closed", "Peers taken for dead.",
                sum { $0.counters.silentPeersClosed }
            ),
            ("events_relayed", "Reliable events relayed.", sum { $0.counters.eventsRelayed }),
            ("violations", "Connections closed for a violation.", sum { $0.counters.violations }),
        ]
        for (name, help, value) in rows { counter("hyoshi_\(name)_total", help, value) }
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
