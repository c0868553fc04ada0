import CLinux
import Glibc
import TransportInterface

/// How bytes come and go.
extension ChaosProxy {
    /// A socket is ready.
    func handle(
        _ session: Session, _ side: ChaosSide, _ events: UInt32, now: MonotonicInstant
    ) {
        guard session.descriptors[side.rawValue] >= 0 else { return }
        if side == .target && session.isConnecting {
            finishConnecting(session, now: now)
            return
        }
        if !session.rests[side.rawValue].isEmpty { sendRest(session, side, now: now) }
        let isReadable = events & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        if isReadable { read(session, side, now: now) }
    }

    /// Reads once: one read is one write of the network model.
    private func read(_ session: Session, _ side: ChaosSide, now: MonotonicInstant) {
        let descriptor = session.descriptors[side.rawValue]
        let room = session.link.readByteCount(from: side, now: now)
        guard descriptor >= 0, room > 0 else { return }
        var count: Int64 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, initializedCount in
            count = linux_receive(descriptor, buffer.baseAddress, Int64(room))
            initializedCount = max(Int(count), 0)
        }
        if count > 0 {
            session.link.received(from: side, bytes.span, now: now)
        } else if count == 0 {
            session.link.ended(side, now: now)
        } else if count != -Int64(EAGAIN) && count != -Int64(EINTR) {
            fall(session, side, now: now)
        }
    }

    /// Does what the connection's state asks for.
    func carryOut(_ action: ChaosAction, _ session: Session, now: MonotonicInstant) {
        switch action {
        case .connect:
            connect(session, now: now)
        case .send(let side):
            let taken = send(session, side, piece[...], now: now)
            guard taken < piece.count, session.descriptors[side.rawValue] >= 0 else { return }
            session.rests[side.rawValue] = piece[taken...]
            session.link.blocked(side)
        case .endSending(let side):
            let descriptor = session.descriptors[side.rawValue]
            if descriptor >= 0 { _ = linux_shut_down_sending(descriptor) }
        case .finish(let resets):
            for side in ChaosSide.allCases {
                close(session, side, resets: resets.contains(side))
            }
        }
    }

    private func sendRest(_ session: Session, _ side: ChaosSide, now: MonotonicInstant) {
        let taken = send(session, side, session.rests[side.rawValue], now: now)
        session.rests[side.rawValue] = session.rests[side.rawValue].dropFirst(taken)
        if session.rests[side.rawValue].isEmpty { session.link.writable(side) }
    }

    /// Writes as much as the kernel takes; returns how much that was.
    private func send(
        _ session: Session, _ side: ChaosSide, _ bytes: ArraySlice<UInt8>, now: MonotonicInstant
    ) -> Int {
        let descriptor = session.descriptors[side.rawValue]
        guard descriptor >= 0 else { return bytes.count }
        let count = bytes.withUnsafeBytes {
            linux_send(descriptor, $0.baseAddress, Int64($0.count))
        }
        if count >= 0 { return Int(count) }
        guard count != -Int64(EAGAIN) && count != -Int64(EINTR) else { return 0 }
        fall(session, side, now: now)
        return bytes.count
    }

    /// A side's socket is broken: nothing more comes from it or goes to it.
    private func fall(_ session: Session, _ side: ChaosSide, now: MonotonicInstant) {
        session.link.broken(side, now: now)
        session.rests[side.rawValue] = []
    }
}
