import ClientSession
import GameProtocol
import Hyoshi
import TransportInterface

/// How connections may end for somebody who keeps to the protocol.
extension Player {
    func ended(_ end: ConnectionEnd, now: MonotonicInstant) {
        watch.digest.combine(UInt32(truncatingIfNeeded: index))
        watch.digest.combine(UInt32(end.trouble.closeCode ?? 0))
        sight.isCurrentSince = nil
        watch.tell(
            "\(name): \(end.trouble), again at \(end.retryAt.map { $0.nanoseconds(since: clock.local(now)) / 1_000_000 } ?? 0) ms from now"
        )
        if end.retryAt == nil { endedAt = now }
        switch end.trouble {
        case .notReached: watch.sites.add(Site.client("not reached"))
        case .tooSlow: watch.sites.add(Site.client("opening took too long"))
        case .lost: watch.sites.add(Site.client("connection lost"))
        case .silent: watch.sites.add(Site.client("server silent"))
        case .left: watch.sites.add(Site.client("has left"))
        case .refused(let status):
            watch.sites.add(Site.client("refused with \(status)"))
            watch.expect(
                status == 503, .endings, "\(name) was refused with \(status)")
        case .notHyoshi, .violation:
            watch.report(.endings, "\(name) says that \(end.trouble)")
        case .closed(let code, let reason):
            closed(code, reason, end, now: now)
        }
        if let retryAt = end.retryAt {
            let wait = retryAt.nanoseconds(since: clock.local(now))
            watch.expect(
                wait <= 31_000_000_000, .endings, "\(name) waits \(wait) ns before it comes again")
        }
    }

    private func closed(
        _ code: UInt16, _ reason: String, _ end: ConnectionEnd, now: MonotonicInstant
    ) {
        watch.sites.add(Site.close(code, reason))
        switch ProtocolCloseCode(rawValue: code) {
        case .left:
            watch.expect(!isInGame, .endings, "\(name) is told that it has left")
        case .goingAway, .silent:
            break
        case .kicked:
            watch.expect(isSeatForfeit, .endings, "\(name) was thrown out by nobody")
        case .tryAgainLater:
            tryAgain(reason, now: now)
        case .tokenRefused:
            refusedToken(now: now)
        case .takenOver:
            watch.report(.endings, "\(name) is told that another has its seat")
        case .webSocketError, .textMessage, .malformedMessage, .policy, .tooBig, .notAllowedNow,
            .noSuchRoom, .roomClosed, .versionNotSupported, nil:
            watch.report(.endings, "\(name) keeps to the protocol and is closed: \(end.trouble)")
        }
    }

    private func tryAgain(_ reason: String, now: MonotonicInstant) {
        // Those who mean harm come and leave between two looks.
        if reason == "room is full", !isAmongHostiles {
            watch.expect(
                wasFull(plan.room, plan.isSpectator, attemptStartedAt ?? now), .endings,
                "\(name) is told that the room is full, and it is not")
        }
    }

    /// A token that was never used resumes its seat for as long as that is held.
    private func refusedToken(now: MonotonicInstant) {
        defer { seatSeenAt = nil }
        guard let seen = seatSeenAt, !isSeatForfeit, !wasReleased(seatName),
            !siteFaults.has(.resumeRefused)
        else { return }
        watch.report(
            .resumption,
            "\(name) does not get the seat of \(seatName) back, which it had "
                + "\(now.nanoseconds(since: seen) / 1_000_000) ms ago and which was not given up")
    }
}
