import Hyoshi
import TransportInterface

/// The tasks that wait for a client: to join, for a message to be taken, for the end.
struct ClientWaiters {
    typealias Join = CheckedContinuation<Result<SeatIndex?, HyoshiClientError>, Never>
    typealias Send = CheckedContinuation<Result<Void, HyoshiClientError>, Never>
    typealias End = CheckedContinuation<Void, Never>

    private struct Waiting<Continuation> {
        var token: UInt64
        var deadline: MonotonicInstant
        var messageID: UInt32 = 0
        var continuation: Continuation
    }

    private var joins: [Waiting<Join>] = []
    private var sends: [Waiting<Send>] = []
    private var ends: [End] = []

    /// When the first of them has waited for too long.
    var nextDeadline: MonotonicInstant {
        var next = MonotonicInstant.distantFuture
        for waiting in joins { next = min(next, waiting.deadline) }
        for waiting in sends { next = min(next, waiting.deadline) }
        return next
    }

    mutating func add(_ join: Join, token: UInt64, deadline: MonotonicInstant) {
        joins.append(Waiting(token: token, deadline: deadline, continuation: join))
    }

    mutating func add(
        _ send: Send, messageID: UInt32, token: UInt64, deadline: MonotonicInstant
    ) {
        sends.append(
            Waiting(token: token, deadline: deadline, messageID: messageID, continuation: send))
    }

    mutating func add(_ end: End) {
        ends.append(end)
    }

    mutating func joined(_ seat: SeatIndex?) {
        for waiting in joins { waiting.continuation.resume(returning: .success(seat)) }
        joins = []
    }

    /// The server has taken all messages up to this one.
    mutating func sent(upTo id: UInt32) {
        for waiting in sends where waiting.messageID <= id {
            waiting.continuation.resume(returning: .success(()))
        }
        sends.removeAll { $0.messageID <= id }
    }

    mutating func failSends(_ error: HyoshiClientError) {
        for waiting in sends { waiting.continuation.resume(returning: .failure(error)) }
        sends = []
    }

    /// Lets go whoever has waited for too long.
    ///
    /// - Returns: Why the client is to be stopped, where it was joining that took too long.
    mutating func expire(
        now: MonotonicInstant, trouble: HyoshiClientError?
    ) -> HyoshiClientError? {
        for waiting in sends where waiting.deadline <= now {
            waiting.continuation.resume(
                returning: .failure(
                    HyoshiClientError(
                        .timedOut, "the server has not taken the message in time; it may still")))
        }
        sends.removeAll { $0.deadline <= now }
        guard joins.contains(where: { $0.deadline <= now }) else { return nil }
        let error = trouble ?? HyoshiClientError(.timedOut, "the server has not answered in time")
        for waiting in joins where waiting.deadline <= now {
            waiting.continuation.resume(returning: .failure(error))
        }
        joins.removeAll { $0.deadline <= now }
        return error
    }

    /// The task of a waiter was cancelled.
    ///
    /// - Returns: Whether it waited to join.
    mutating func cancel(_ token: UInt64) -> Bool {
        let error = HyoshiClientError(.cancelled, "the task was cancelled")
        if let position = sends.firstIndex(where: { $0.token == token }) {
            sends.remove(at: position).continuation.resume(returning: .failure(error))
        }
        guard let position = joins.firstIndex(where: { $0.token == token }) else { return false }
        joins.remove(at: position).continuation.resume(returning: .failure(error))
        return true
    }

    /// The client has ended.
    mutating func end(_ error: HyoshiClientError) {
        for waiting in joins { waiting.continuation.resume(returning: .failure(error)) }
        joins = []
        failSends(error)
        for end in ends { end.resume() }
        ends = []
    }
}
