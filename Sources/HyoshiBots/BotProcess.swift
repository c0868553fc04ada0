import CLinux
import Foundation
import Glibc
import NetworkTransport
import SimulatorKit
import Synchronization
import TransportInterface

/// A bot program as a child process: messages go to its standard input and come from its standard
/// output; what it writes to standard error stands in the terminal.
///
/// It has a process group of its own, so that Ctrl-C comes to this program alone, which then ends it:
/// by the end of its input, and ten seconds later by force.
final class BotProcess: BotProgram {
    let format: BotFormat
    private let command: String
    private let timeoutSeconds: Double
    private let state: Mutex<State>
    /// Its process group, as long as it may run; 0 then.
    ///
    /// Beside ``state``, which is locked while an answer is waited for.
    private let group: Atomic<pid_t>

    private struct State {
        var name: String
        var process: pid_t
        var input: Int32
        var output: Int32
        var unread: [UInt8] = []
        var isFirst = true
    }

    /// How long a program may take to start: a large library takes its time.
    private static let startSecondsMin = 60.0
    /// How long it may take to end once its input has ended: it may save what it has learnt.
    private static let endNanoseconds: UInt64 = 10_000_000_000
    /// The same for one that has failed.
    private static let failureNanoseconds: UInt64 = 200_000_000
    /// What it may write without being asked.
    private static let unaskedBytesMax = 1 << 20

    /// Starts a command of the shell.
    ///
    /// - Parameter timeoutSeconds: How long it may take for an answer.
    init(
        command: String, format: BotFormat, timeoutSeconds: Double
    ) throws(BotProgramError) {
        self.command = command
        self.format = format
        self.timeoutSeconds = timeoutSeconds
        let started = try Self.start(command)
        group = Atomic(started.process)
        state = Mutex(started)
    }

    deinit { end() }

    var name: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    /// What a command suggests: `python3 bots/chaser.py --fast` is `chaser`.
    static func name(ofCommand command: String) -> String {
        let words = command.split(separator: " ")
        let file = words.last { !$0.hasPrefix("-") && $0.contains(".") } ?? words.first ?? "program"
        let last = file.split(separator: "/").last.map(String.init) ?? "program"
        let stem = last.split(separator: ".").first.map(String.init) ?? last
        let allowed = stem.filter {
            $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_")
        }
        return allowed.isEmpty ? "program" : String(allowed.prefix(24))
    }

    // MARK: Start and end

    private static func systemError(_ number: Int32) -> String {
        String(cString: strerror(number))
    }

    private static func start(_ command: String) throws(BotProgramError) -> State {
        var toChild: [Int32] = [-1, -1]
        var fromChild: [Int32] = [-1, -1]
        var result = linux_pipe(&toChild)
        guard result == 0 else {
            throw BotProgramError("no pipe for '\(command)': \(systemError(-result))")
        }
        result = linux_pipe(&fromChild)
        guard result == 0 else {
            for descriptor in toChild { close(descriptor) }
            throw BotProgramError("no pipe for '\(command)': \(systemError(-result))")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDOUT_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This program waits for signals and ignores broken pipes; that is not to be inherited.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var process: pid_t = 0
        let words = ["/bin/sh", "-c", command].map { (word: String) in strdup(word) }
        defer { for word in words { free(word) } }
        result = posix_spawn(&process, "/bin/sh", &actions, &attributes, words + [nil], environ)
        close(toChild[0])
        close(fromChild[1])
        guard result == 0 else {
            close(toChild[1])
            close(fromChild[0])
            throw BotProgramError(
                "'\(command)' cannot be started: \(systemError(result))")
        }
        for descriptor in [toChild[1], fromChild[0]] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
        return State(
            name: name(ofCommand: command), process: process, input: toChild[1],
            output: fromChild[0])
    }

    /// Ends its input and waits until it has ended, by force if it must be.
    func end(within nanoseconds: UInt64 = BotProcess.endNanoseconds) {
        state.withLock { state in
            guard state.process > 0 else { return }
            close(state.input)
            if BotProcess.status(of: state.process, within: nanoseconds) == nil {
                kill(-state.process, SIGKILL)
                var status: Int32 = 0
                waitpid(state.process, &status, 0)
            }
            close(state.output)
            state.process = 0
            group.store(0, ordering: .releasing)
        }
    }

    /// Ends the programs of these choices by force, also while their answers are waited for.
    static func killAll(_ choices: [BotChoice]) {
        for choice in choices {
            guard let process = choice.program as? BotProcess else { continue }
            let group = process.group.load(ordering: .acquiring)
            if group > 0 { kill(-group, SIGKILL) }
        }
    }

    /// Ends the programs of these choices.
    ///
    /// - Parameter haveFailed: Whether they are to end at once: what they have learnt is worth nothing.
    static func endAll(_ choices: [BotChoice], haveFailed: Bool = false) {
        for choice in choices {
            (choice.program as? BotProcess)?.end(
                within: haveFailed ? failureNanoseconds : endNanoseconds)
        }
    }

    /// The status of a process that ends in time, else nil.
    private static func status(of process: pid_t, within nanoseconds: UInt64) -> Int32? {
        let deadline = MonotonicClock.now().advanced(byNanoseconds: nanoseconds)
        var status: Int32 = 0
        while waitpid(process, &status, WNOHANG) == 0 {
            guard MonotonicClock.now() < deadline else { return nil }
            usleep(5_000)
        }
        return status
    }

    // MARK: Messages

    func send(_ message: [UInt8]) throws(BotProgramError) {
        do throws(BotProgramError) {
            try locked { (state) throws(BotProgramError) in try self.send(message, &state) }
        } catch {
            end(within: Self.failureNanoseconds)
            throw error
        }
    }

    func receive(byteCountMax: Int) throws(BotProgramError) -> [UInt8] {
        do throws(BotProgramError) {
            return try locked { (state) throws(BotProgramError) in
                try self.receive(byteCountMax, &state)
            }
        } catch {
            end(within: Self.failureNanoseconds)
            throw error
        }
    }

    private func locked<Result: Sendable>(
        _ body: (inout State) throws(BotProgramError) -> Result
    ) throws(BotProgramError) -> Result {
        try state.withLock { (state) throws(BotProgramError) -> Result in try body(&state) }
    }

    private func send(_ message: [UInt8], _ state: inout State) throws(BotProgramError) {
        let deadline = deadline(state)
        var sent = 0
        while sent < message.count {
            let events = try wait(state, writing: true, until: deadline)
            if events.canRead { try read(&state, max: Self.unaskedBytesMax) }
            guard events.canWrite else { continue }
            let count = message[sent...].withUnsafeBytes {
                Glibc.write(state.input, $0.baseAddress, $0.count)
            }
            if count > 0 {
                sent += count
            } else if errno != EAGAIN, errno != EINTR {
                throw hasEnded(&state)
            }
        }
    }

    private func receive(
        _ byteCountMax: Int, _ state: inout State
    ) throws(BotProgramError) -> [UInt8] {
        let deadline = deadline(state)
        while true {
            if let answer = try takeAnswer(&state, byteCountMax: byteCountMax) {
                state.isFirst = false
                return answer
            }
            _ = try wait(state, writing: false, until: deadline)
            try read(&state, max: byteCountMax + 4)
        }
    }

    /// A whole answer, where one has come.
    private func takeAnswer(
        _ state: inout State, byteCountMax: Int
    ) throws(BotProgramError) -> [UInt8]? {
        var head = 0
        var count = 0
        switch format {
        case .json:
            guard let end = state.unread.firstIndex(of: UInt8(ascii: "\n")) else {
                guard state.unread.count <= byteCountMax else { throw tooLong(byteCountMax) }
                return nil
            }
            count = end
        case .msgpack:
            guard state.unread.count >= 4 else { return nil }
            head = 4
            count = state.unread.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
        guard count <= byteCountMax else { throw tooLong(byteCountMax) }
        let tail = format == .json ? 1 : 0
        guard state.unread.count >= head + count + tail else { return nil }
        let answer = Array(state.unread[head..<head + count])
        state.unread.removeSubrange(..<(head + count + tail))
        return answer
    }

    private func tooLong(_ byteCountMax: Int) -> BotProgramError {
        BotProgramError(
            "'\(command)' answered with more than the \(byteCountMax) octets that an answer can "
                + "have; standard output is for answers, everything else goes to standard error")
    }

    /// How long it may take for the answer that is waited for.
    private func patienceSeconds(_ state: borrowing State) -> Double {
        state.isFirst ? max(timeoutSeconds, Self.startSecondsMin) : timeoutSeconds
    }

    private func deadline(_ state: borrowing State) -> MonotonicInstant {
        MonotonicClock.now().advanced(byNanoseconds: UInt64(patienceSeconds(state) * 1e9))
    }

    /// Waits until the program takes or gives something.
    private func wait(
        _ state: borrowing State, writing: Bool, until deadline: MonotonicInstant
    ) throws(BotProgramError) -> (canRead: Bool, canWrite: Bool) {
        var polled = [pollfd(fd: state.output, events: Int16(POLLIN), revents: 0)]
        if writing {
            polled.append(pollfd(fd: state.input, events: Int16(POLLOUT), revents: 0))
        }
        while true {
            let left = deadline.nanoseconds(since: MonotonicClock.now()) / 1_000_000
            let count = poll(&polled, nfds_t(polled.count), Int32(clamping: left))
            if count > 0 { break }
            guard count == 0 || errno != EINTR else { continue }
            throw BotProgramError(
                "'\(command)' did not answer within "
                    + "\(Format.fixed(patienceSeconds(state), decimals: 1)) s (--bot-timeout)")
        }
        return (polled[0].revents != 0, writing && polled[1].revents != 0)
    }

    /// Takes what has come.
    private func read(_ state: inout State, max: Int) throws(BotProgramError) {
        guard state.unread.count <= max else { throw tooLong(max) }
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        let count = Glibc.read(state.output, &piece, piece.count)
        if count > 0 {
            state.unread.append(contentsOf: piece[..<count])
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            throw hasEnded(&state)
        }
    }

    /// How it has ended: it has closed its output or its input, and so it should end.
    private func hasEnded(_ state: inout State) -> BotProgramError {
        guard let status = Self.status(of: state.process, within: 2_000_000_000) else {
            return BotProgramError("'\(command)' has closed its output")
        }
        close(state.input)
        close(state.output)
        state.process = 0
        group.store(0, ordering: .releasing)
        if status & 0x7F != 0 {
            return BotProgramError("'\(command)' was ended by signal \(status & 0x7F)")
        }
        let code = status >> 8 & 0xFF
        switch code {
        case 127: return BotProgramError("'\(command)' cannot be found")
        default: return BotProgramError("'\(command)' ended with exit code \(code)")
        }
    }
}
